from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon.home import Home, home_of
from tests.notification_server import session_bus


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with home_of(tmp_path / "home") as home:
        yield home


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[str]:
    with session_bus(tmp_path / "b") as address:
        yield address
