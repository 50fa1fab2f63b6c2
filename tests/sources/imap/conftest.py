from collections.abc import Iterator

import pytest

from bench.imap_server import NETEASE, ImapServer
from tests.mailboxes import Notebook
from watcher.sources.sandbox import Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer() as server:
        yield server
        assert server.violations == ()


@pytest.fixture
def polled() -> Iterator[ImapServer]:
    """A server without IDLE."""
    with ImapServer(personality=NETEASE) as server:
        yield server
        assert server.violations == ()


@pytest.fixture
def desk() -> Notebook:
    return Notebook()
