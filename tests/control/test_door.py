"""The socket in the state folder: who can come in, and how long its path may be."""

import os
from pathlib import Path

import pytest

from watcher.control import door


@pytest.fixture(params=["short", "long"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A state folder; of the long one no address of a socket could hold the path."""
    parts = ["s"] if request.param == "short" else ["长" * 30, "x" * 100]
    folder = tmp_path.joinpath(*parts)
    folder.mkdir(parents=True)
    return folder


def test_what_listens_is_reached_and_belongs_to_the_user_alone(folder: Path) -> None:
    before = os.umask(0)
    try:
        server = door.listen(folder)
    finally:
        os.umask(before)
    with server:
        assert (folder / door.FILE).stat().st_mode & 0o777 == 0o600
        client = door.connect(folder, 5)
        assert client is not None
        with client, server.accept()[0] as accepted:
            assert door.is_own(accepted)
            client.sendall(b"here")
            assert accepted.recv(4) == b"here"


def test_where_nobody_listens_nobody_answers(folder: Path) -> None:
    assert door.connect(folder, 5) is None
    door.listen(folder).close()
    assert (folder / door.FILE).exists()
    assert door.connect(folder, 5) is None


def test_what_a_killed_daemon_left_behind_is_replaced(folder: Path) -> None:
    door.listen(folder).close()
    with door.listen(folder):
        client = door.connect(folder, 5)
        assert client is not None
        client.close()
