"""Whether mail servers can be reached, asked without signing in."""

import socket
from pathlib import Path

from bench.imap_server import ImapServer
from watcher.clock import SystemClock
from watcher.sources.imap.connection import Server
from watcher.sources.imap.reach import reach_all

SECONDS = 20.0
"""Generous: a busy machine must not look like a server that does not answer."""


def said(*servers: Server, seconds: float = SECONDS) -> list[str | None]:
    return [one.says if one else None for one in reach_all(servers, seconds)]


def test_a_server_is_reached_without_anyone_signing_in() -> None:
    with ImapServer() as server:
        known = Server(host=server.host, port=server.port, ca_file=Path(server.ca_file))
        stranger = Server(host=server.host, port=server.port)
        assert said(known, stranger) == [None, "imap.certificate"]
        assert server.violations == ()
        assert {command.name for command in server.commands} <= {"CAPABILITY", "LOGOUT"}


def test_a_server_that_is_not_there_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert said(Server(host="127.0.0.1", port=port)) == ["imap.unreachable"]


def test_a_server_that_never_answers_is_waited_for_no_longer_than_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        begun = SystemClock().monotonic()
        assert said(Server(host="127.0.0.1", port=port), seconds=0.3) == ["imap.unreachable"]
        assert SystemClock().monotonic() - begun < SECONDS
