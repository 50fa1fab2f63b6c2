from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.notification_server import session_bus


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[str]:
    """A private session bus: its address."""
    with session_bus(tmp_path / "bus") as address:
        yield address
