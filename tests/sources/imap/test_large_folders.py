"""Folders with very many mails, and answers whose lines are very long."""

import os
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from bench.imap_server import Content, ImapServer
from tests.conftest import LONG
from tests.mailboxes import NOW, Notebook, deliver, look, mail, reader
from watcher.sources.items import Item
from watcher.sources.sandbox import Sandbox

MAILS = 1_000_000 if os.environ.get(LONG) else 30_000


def test_the_span_of_a_very_large_folder_is_read_with_few_commands(
    server: ImapServer, desk: Notebook, sandbox: Sandbox
) -> None:
    long_ago = NOW - timedelta(days=200)
    server.account().folder().append([(long_ago, Content(mail(0, at=long_ago)))] * MAILS)
    deliver(server.account(), *range(1, 301))
    look(reader(desk, sandbox), server)

    assert desk.numbers == list(range(1, 301))
    assert len(server.commands) < 40
    assert server.until(lambda: server.connections[-1].over)
    assert server.connections[-1].sent < 1_000_000
    assert not look(reader(desk, sandbox), server)
    assert len(server.commands) < 50


class _Patient(Notebook):
    """Judges the first batch only once the server has been asked for the third."""

    def __init__(self, server: ImapServer) -> None:
        super().__init__()
        self._server = server
        self.waited: list[bool] = []

    def judge(
        self, items: Iterable[Item], *, source: str, first_run: bool, position: Mapping[str, Any]
    ) -> None:
        found = list(items)
        if found and not self.waited:
            self.waited.append(self._server.until(self._is_ahead, seconds=20))
        super().judge(found, source=source, first_run=first_run, position=position)

    def _is_ahead(self) -> bool:
        return sum("BODYSTRUCTURE" in one.text for one in self._server.commands) > 2


def test_the_next_mails_are_fetched_while_the_first_are_judged(
    server: ImapServer, sandbox: Sandbox
) -> None:
    deliver(server.account(), *range(1, 401))
    desk = _Patient(server)
    look(reader(desk, sandbox), server)

    assert desk.waited == [True]
    assert desk.numbers == list(range(1, 401))


class _Sprawling(Content):
    """A mail whose structure takes a line of more than a million bytes."""

    @property
    def structure(self) -> bytes:
        name = b"a" * 1_200_000
        return b'("TEXT" "PLAIN" ("NAME" "' + name + b'") NIL NIL "8BIT" 100 3)'


def test_a_mail_whose_structure_is_a_line_without_end_is_read_all_the_same(
    server: ImapServer, desk: Notebook, sandbox: Sandbox
) -> None:
    deliver(server.account(), 1, 2)
    sprawling = mail(3).replace(b"\n", b"\r\n")
    server.account().folder().append([(NOW, _Sprawling(sprawling))])
    deliver(server.account(), 4)
    look(reader(desk, sandbox), server)

    assert server.until(lambda: server.connections[-1].over)
    assert server.connections[-1].sent > 1_200_000
    assert desk.numbers == [1, 2, 3, 4]
    assert not any(message.unreadable for message in desk.messages)
