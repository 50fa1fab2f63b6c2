"""The standard library's IMAP client, for what is asked of the scripted server."""

import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from bench.imap_server import ImapServer

SHORT = b"Subject: short\r\n\r\nHello.\r\n"


class Client(imaplib.IMAP4_SSL):
    """The library's client, with what it lacks."""

    def __init__(self, server: ImapServer, *, ca_file: str = "", host: str = "") -> None:
        context = ssl.create_default_context(cafile=ca_file or server.ca_file)
        super().__init__(host or server.host, server.port, ssl_context=context, timeout=5)

    def command(self, text: str) -> tuple[str, list[str]]:
        """Send a command and return how it ended, and all lines of the answer."""
        tag = self._new_tag().decode()
        self.send(f"{tag} {text}\r\n".encode())
        lines: list[str] = []
        while not (lines and lines[-1].startswith(tag)):
            lines.append(self.line())
        return lines[-1].split()[1], lines

    def line(self) -> str:
        line = self.readline()
        if not line:
            raise EOFError
        return line.decode("utf-8", "replace").rstrip("\r\n")


@contextmanager
def connected(server: ImapServer) -> Iterator[Client]:
    client = Client(server)
    try:
        yield client
    finally:
        with suppress(OSError):  # it may be closed already
            client.shutdown()


@contextmanager
def signed_in(server: ImapServer, folder: str | None = "INBOX") -> Iterator[Client]:
    account = server.account()
    with connected(server) as client:
        client.login(account.user, account.password)
        if folder is not None:
            assert client.select(f'"{folder}"', readonly=True)[0] == "OK"
        yield client


def fetch(client: Client, uids: str, items: str) -> list[Any]:
    kind, data = client.uid("FETCH", uids, items)
    assert kind == "OK"
    return data
