"""imapclient over our own connection, without its debug output.

imapclient logs whole messages at DEBUG and turns its debug level on by itself: the level is
put back and its loggers are held at WARNING, whatever the program sets.
"""

import logging

from imapclient import IMAPClient

from watcher.sources.imap.connection import Fate, Limits, Link, Server

_LOGGERS = ("imapclient", "imapclient.imapclient", "imapclient.imaplib", "imapclient.tls")


class Client(IMAPClient):  # type: ignore[misc]  # imapclient names no types
    """An `IMAPClient` that knows no way to a server but `Link`.

    Folder names go in and come out as they are on the wire.
    """

    def __init__(self, server: Server, limits: Limits, fate: Fate) -> None:
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.WARNING)
        self._to = server, limits, fate
        super().__init__(server.host, server.port, timeout=limits.command)
        self.folder_encode = False
        self.normalise_times = False
        self._imap.debug = 0

    @property
    def link(self) -> Link:
        """The connection."""
        link = self._imap
        assert isinstance(link, Link)  # noqa: S101  tells the type checker what was made below
        return link

    def _create_IMAP4(self) -> Link:  # noqa: N802  imapclient's name
        return Link(*self._to)
