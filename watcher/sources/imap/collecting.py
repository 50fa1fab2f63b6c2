"""From the list of a folder to messages: outlines, then texts, then the child that reads them.

A mail that a server cannot give ends the session, and the next session would end at it too.
So what was asked for when a session ended is asked for again behind everything else, in ever
smaller batches; a mail at which sessions end twice while it is asked for alone is said to be
unreadable.
"""

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace

from watcher.core.model import Channel, Message
from watcher.errors import SourceUnavailable
from watcher.sources.imap.ahead import ahead
from watcher.sources.imap.assembly import assemble
from watcher.sources.imap.cursor import look
from watcher.sources.imap.fetching import Entry
from watcher.sources.imap.session import MailboxSession
from watcher.sources.sandbox import Sandbox

BATCHES = (200, 14, 1, 1)
"""Mails asked for at once, by how often a session ended while they were asked for."""

FIRST = 50
"""The first of many batches is smaller: child and judge wait for it with nothing to do."""

HEAVY = 8 * 1024 * 1024
"""Bytes of mail in a batch; about three are held in memory at once."""

_HEAVIEST = 2 * 1024 * 1024
_ASKED_AGAIN = 10
_ALONE = 2

Fetched = tuple[tuple[Entry, ...], dict[int, bytes] | None]
Collected = tuple[tuple[Entry, ...], tuple[Message, ...]]


class Collector:
    """Collects the mails of one folder, and remembers at which of them sessions ended."""

    def __init__(self, source: str, sandbox: Sandbox) -> None:
        self._source = source
        self._sandbox = sandbox
        self._ends: Counter[int] = Counter()
        self._ends_whole: Counter[int] = Counter()

    def collect(
        self, session: MailboxSession, entries: Sequence[Entry], uidvalidity: int
    ) -> Generator[Collected, None, None]:
        """Yield entries of the open folder with their messages; a mail that is gone has none.

        Where they are more than one batch, one is fetched while the child reads the one before
        and whoever takes them judges the one before that.

        Raises:
            SourceUnavailable: the session ended, or no child can be started. What was not
                yielded is to be asked for again.
        """
        if len(entries) <= BATCHES[0]:
            return self._read(self._fetched(session, entries, BATCHES[0]), uidvalidity)
        fetched = ahead(self._fetched(session, entries, FIRST), name="mail-fetching")
        return ahead(self._read(fetched, uidvalidity), name="mail-reading")

    def _fetched(
        self, session: MailboxSession, entries: Iterable[Entry], first: int
    ) -> Generator[Fetched, None, None]:
        """Yield entries with what is worth reading of each; None where it is not asked for."""
        for batch, ends in self._batches(entries, first):
            if ends >= len(BATCHES):
                yield batch, None
                continue
            try:
                mails = self._mails(session, [entry.uid for entry in batch])
            except SourceUnavailable:
                self._ends.update(entry.uid for entry in batch)
                raise
            yield batch, mails

    def _read(
        self, fetched: Generator[Fetched, None, None], uidvalidity: int
    ) -> Generator[Collected, None, None]:
        with closing(fetched):  # whatever happens, nobody fetches behind our back
            for batch, mails in fetched:
                messages = map(_unreadable, batch) if mails is None else self._parsed(mails, batch)
                yield (
                    batch,
                    tuple(
                        replace(message, source=self._source, place=f"{uidvalidity}.{uid}")
                        for uid, message in messages
                    ),
                )
                for entry in batch:
                    del self._ends[entry.uid]

    def whole(self, session: MailboxSession, uid: int) -> bytes | None:
        """Return all of a mail; None where it is gone or ends every session."""
        if self._ends_whole[uid] >= _ALONE:
            return None
        try:
            mail = session.whole(uid)
        except SourceUnavailable:
            self._ends_whole[uid] += 1
            raise
        del self._ends_whole[uid]
        return mail

    def _batches(
        self, entries: Iterable[Entry], first: int
    ) -> Iterator[tuple[tuple[Entry, ...], int]]:
        """Part mails into batches, each with how often a session ended at it; those last.

        In the first batch are at most `first`.
        """
        room = first
        batch: list[Entry] = []
        weight = ends = 0
        for entry in sorted(entries, key=lambda entry: (self._ends[entry.uid], entry.uid)):
            heavy = min(entry.size, _HEAVIEST)
            most = min(room, BATCHES[min(ends, len(BATCHES) - 1)])
            full = len(batch) >= most or weight + heavy > HEAVY
            if batch and (full or self._ends[entry.uid] != ends):
                yield tuple(batch), ends
                batch, weight, room = [], 0, BATCHES[0]
            ends = self._ends[entry.uid]
            batch.append(entry)
            weight += heavy
        if batch:
            yield tuple(batch), ends

    def _mails(self, session: MailboxSession, uids: Sequence[int]) -> dict[int, bytes]:
        """Return what is worth reading of each mail as one small mail; without those gone."""
        mails = _small_mails(session, uids)
        absent = [uid for uid in uids if uid not in mails]
        if absent:
            mails |= _small_mails(session, absent)
            for uid in [uid for uid in absent if uid not in mails][:_ASKED_AGAIN]:
                mail = session.whole(uid)
                if mail is not None:
                    mails[uid] = mail
        return mails

    def _parsed(
        self, mails: Mapping[int, bytes], batch: Sequence[Entry]
    ) -> Iterator[tuple[int, Message]]:
        """Have the child read mails; one that names no date is as old as the server says."""
        received = {entry.uid: entry.received_at for entry in batch}
        given = [(raw, received[uid]) for uid, raw in mails.items()]
        yield from zip(mails, self._sandbox.read_mails(given, self._source), strict=True)


def _small_mails(session: MailboxSession, uids: Sequence[int]) -> dict[int, bytes]:
    """Fetch outlines and the parts worth reading; where those do not tell all, the whole mail."""
    outlines = session.outlines(uids)
    wanted = {one.uid: one.parts for one in outlines if one.parts}
    parts = session.parts(wanted) if wanted else {}
    mails: dict[int, bytes] = {}
    for one in outlines:
        mail = None
        if one.parts is not None:
            mail = assemble(one.header, one.parts, parts.get(one.uid, {}))
        if mail is None:
            mail = session.whole(one.uid)
        if mail is not None:
            mails[one.uid] = mail
    return mails


def _unreadable(entry: Entry) -> tuple[int, Message]:
    """Return what stands for a mail that no session survives."""
    return entry.uid, Message(
        id=look(entry.size, entry.received_at),
        channel=Channel.EMAIL,
        received_at=entry.received_at,
        unreadable="imap.not_given",
    )
