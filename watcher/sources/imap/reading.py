"""One folder of a mailbox: what is new in it is read, judged and remembered, window by window.

The order is the contract: the cursor moves behind a window in the commit of its last messages,
so that a session that ends anywhere costs no mail. What was fetched when it ended is judged
at once and not fetched again.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from watcher.clock import Clock
from watcher.errors import SourceUnavailable
from watcher.sources.imap.collecting import Collector
from watcher.sources.imap.cursor import MOST_LOOKS, Backlog, FolderCursor, look, unseen
from watcher.sources.imap.fetching import Entry
from watcher.sources.imap.known import added, passed_over
from watcher.sources.imap.ports import Desk
from watcher.sources.imap.session import FolderState, MailboxSession
from watcher.sources.imap.windows import WINDOW, Walk, by_uid, first_since
from watcher.sources.items import Item, Progress
from watcher.sources.sandbox import Sandbox

NEW_BETWEEN = 10
"""After so many windows of a folder's past one looks whether something new has come."""

DISTRUST_PAUSE, LONGEST_DISTRUST_PAUSE = timedelta(hours=1), timedelta(days=1)
"""Before a span is read once more because UIDs do not fit under an equal UIDVALIDITY; each
time twice as long, for a server may give numbers that never fit."""

COMPARE_AGAIN = timedelta(days=1)
"""After so long all UIDs of the span are compared with those that were looked at."""

COMPARE_LATEST = timedelta(hours=1)
COMPARED = 100
"""The latest so many are compared more often: a number that comes late comes soon after."""

_LATEST = 200


class FolderReader:
    """Reads one folder; belongs to the thread of its account."""

    def __init__(  # noqa: PLR0913  what one folder's reading rests on
        self,
        *,
        folder: str,
        source: str,
        history: timedelta,
        desk: Desk,
        sandbox: Sandbox,
        clock: Clock,
    ) -> None:
        self.folder = folder
        self.source = source
        self._history = history
        self._desk = desk
        self._clock = clock
        self._collector = Collector(source, sandbox)
        self._cursor: FolderCursor | None = None
        self._loaded = False
        self._seen: FolderState | None = None
        self._done: set[tuple[int, int]] = set()
        self._distrusted_at: datetime | None = None
        self._distrust_pause = DISTRUST_PAUSE
        self._start: int | None = None
        self._here: frozenset[int] = frozenset()
        self._compared_at: datetime | None = None

    def is_new(self, state: FolderState) -> bool:
        """Tell whether a folder may hold something unread; what STATUS says is only a hint."""
        return state != self._seen or state.uidnext is None or not state.uidvalidity

    def look(self, session: MailboxSession) -> bool:
        """Open the folder and read what is new; True where anything was.

        Raises:
            SourceUnavailable: the session ended, the folder is gone, or nothing can be stored.
        """
        state = session.examine(self.folder)
        if not self._loaded:
            self._cursor = FolderCursor.from_position(self._desk.cursor(self.source))
            self._loaded = True
        cursor = self._cursor
        read = False
        if not state.uidvalidity:
            read = self._compare_looks(session, state)
        elif cursor is None or cursor.uidvalidity != state.uidvalidity:
            self._begin(session, state, first_run=cursor is None or cursor.first_run)
        elif state.uidnext is not None and state.uidnext <= cursor.last_uid and self._may_doubt():
            self._begin_again(session, state, first_run=cursor.first_run)
        if state.uidvalidity:
            read |= self._read_past(session)
            read |= self._read_new(session)
            read |= self._read_late(session)
        self._settle(session)
        self._seen = state
        return read

    def compare(self, session: MailboxSession) -> bool:
        """Read what is new in the folder that is open and in which one has just waited."""
        cursor = self._cursor
        if cursor is None or not cursor.uidvalidity or cursor.backlog is not None:
            return self.look(session)
        read = self._read_new(session)
        read |= self._read_late(session)
        self._settle(session)
        return read

    def _settle(self, session: MailboxSession) -> None:
        self._fetch_originals(session)
        self._desk.checked(self.source)

    def _begin(self, session: MailboxSession, state: FolderState, *, first_run: bool) -> None:
        """Set the cursor to the folder's last mail, and all of the chosen span before it."""
        since = self._clock.now() - self._history
        last = by_uid(session.entries(state.exists, state.exists))
        if state.exists and not last:
            raise SourceUnavailable("imap.renumbered")
        if not last:
            before = (state.uidnext or 1) - 1
            self._commit((), self._begun(uidvalidity=state.uidvalidity, last_uid=before))
            return
        top = last[-1]
        self._start = start = first_since(session, state.exists, since)
        near = by_uid(session.entries(max(1, start - 1), start)) if start <= state.exists else ()
        backlog, before = None, top.uid
        if near:
            oldest = near[-1].uid
            backlog = Backlog(after=oldest - 1, until=top.uid, since=int(since.timestamp()))
            before = near[0].uid if len(near) > 1 else 0 if start == 1 else backlog.after
        begun = self._begun(uidvalidity=state.uidvalidity, last_uid=top.uid)
        self._commit(
            (),
            replace(
                begun,
                last_look=look(top.size, top.received_at),
                backlog=backlog,
                first_run=first_run and backlog is not None,
                known=added((), [before, top.uid]),
            ),
        )

    def _begun(self, *, uidvalidity: int, last_uid: int) -> FolderCursor:
        """Return the cursor of a folder that is empty; a UID of 0 stands below all there are."""
        return FolderCursor(
            uidvalidity=uidvalidity,
            last_uid=last_uid,
            known=added((), [0]),
            compared_at=int(self._clock.now().timestamp()),
        )

    def _read_past(self, session: MailboxSession) -> bool:
        """Read what the cursor says is left of the span, oldest first."""
        walk: Walk | None = None
        began = windows = 0
        while (cursor := self._cursor) is not None and (backlog := cursor.backlog) is not None:
            # Opening a large folder costs its server much, so that is done only now and then
            # and where mails came or went: then sequence numbers have shifted.
            if walk is None or windows % NEW_BETWEEN == 0 or not session.is_unchanged():
                state = session.examine(self.folder)
                if state.uidvalidity != cursor.uidvalidity:
                    raise SourceUnavailable("imap.renumbered")
                walk = walk or Walk(session, state.exists, self._start)
                walk.exists = state.exists
            entries = walk.after(backlog.after)
            self._start = None  # right for once: a later session finds its own way
            since = datetime.fromtimestamp(backlog.since, UTC)
            due = [one for one in entries if one.uid <= backlog.until and one.received_at >= since]
            over = not entries or entries[-1].uid >= backlog.until
            then = replace(
                cursor.noting(_looks([one for one in entries if one.uid <= backlog.until])),
                backlog=None if over else replace(backlog, after=entries[-1].uid),
                first_run=cursor.first_run and not over,
            )
            began = began or (entries[0].sequence if entries else 1)
            at = entries[-1].sequence if entries else walk.exists
            progress = Progress(read=at - began + 1, total=max(1, walk.exists - began + 1))
            self._judge(session, due, then, first_run=cursor.first_run, progress=progress)
            windows += 1
            if windows % NEW_BETWEEN == 0:
                self._read_new(session)
        return windows > 0

    def _read_new(self, session: MailboxSession) -> bool:
        """Read all mails with UIDs over the last one."""
        read = False
        while (cursor := self._cursor) is not None:
            listed = by_uid(session.entries_from(max(1, cursor.last_uid)))
            if listed and listed[0].uid == cursor.last_uid and cursor.last_look:
                seen = look(listed[0].size, listed[0].received_at)
                if seen != cursor.last_look and self._may_doubt():
                    state = session.examine(self.folder)
                    self._begin_again(session, state, first_run=cursor.first_run)
                    return self._read_past(session) or read
            fresh = [one for one in listed if one.uid > cursor.last_uid][:WINDOW]
            if not fresh:
                break
            last = fresh[-1]
            seen = look(last.size, last.received_at)
            then = replace(cursor.noting(_looks(fresh)), last_uid=last.uid, last_look=seen)
            self._judge(session, fresh, then)
            read = True
        return read

    def _read_late(self, session: MailboxSession) -> bool:
        """Read what lies under numbers that were passed over, or are another mail's now."""
        now, cursor = self._clock.now(), self._cursor
        if cursor is None or cursor.backlog is not None:
            return False
        at = datetime.fromtimestamp(cursor.compared_at, UTC)
        everything = abs(now - at) >= COMPARE_AGAIN
        latest = self._compared_at or at
        if not everything and abs(now - latest) < COMPARE_LATEST:
            return False
        state = session.examine(self.folder)
        if state.uidvalidity != cursor.uidvalidity:
            raise SourceUnavailable("imap.renumbered")
        exists, since = state.exists, now - self._history
        first = first_since(session, exists, since) if everything else max(1, exists - COMPARED)
        there = [
            one
            for low in range(first, exists + 1, WINDOW)
            for one in session.entries(low, min(exists, low + WINDOW - 1))
            if one.uid <= cursor.last_uid and one.received_at >= since
        ]
        if cursor.contradicts(_looks(there)) and self._may_doubt():
            self._begin_again(session, state, first_run=cursor.first_run)
            return self._read_past(session)
        late = [one for one in by_uid(tuple(there)) if passed_over(cursor.known, one.uid)]
        if late or everything:
            compared_at = int(now.timestamp()) if everything else cursor.compared_at
            noted = cursor.noting(_looks(late if cursor.known else there))
            self._judge(session, late, replace(noted, compared_at=compared_at))
        self._compared_at = now
        # What came before the folder was opened anew is not told of any more.
        return self._read_new(session) or bool(late)

    def _compare_looks(self, session: MailboxSession, state: FolderState) -> bool:
        """Read the latest mails that look new, where UIDs mean nothing for long."""
        cursor = self._cursor
        known = cursor.looks if cursor is not None and not cursor.uidvalidity else ()
        since = self._clock.now() - self._history
        listed: list[Entry] = []
        high = state.exists
        while high and len(listed) < MOST_LOOKS:
            low = max(1, high - _LATEST + 1)
            window = by_uid(session.entries(low, high))
            listed[:0] = window
            new = unseen([look(one.size, one.received_at) for one in window], known)
            if not any(new) or all(one.received_at < since for one in window):
                break
            high = low - 1
        looks = [look(one.size, one.received_at) for one in listed]
        new = unseen(looks, known[-len(listed) :])
        fresh = [
            one
            for one, is_new in zip(listed, new, strict=True)
            if is_new and (known or one.received_at >= since)
        ]
        self._here = frozenset()
        if not fresh and cursor is not None and not cursor.uidvalidity:
            return False
        further = [seen for seen, is_new in zip(looks, new, strict=True) if is_new]
        then = FolderCursor(uidvalidity=0, last_uid=0, looks=(*known, *further)[-MOST_LOOKS:])
        self._done.clear()
        self._judge(session, fresh, then, first_run=cursor is None)
        self._here = frozenset(one.uid for one in fresh)
        return bool(fresh)

    def _judge(
        self,
        session: MailboxSession,
        entries: Sequence[Entry],
        then: FolderCursor,
        *,
        first_run: bool = False,
        progress: Progress | None = None,
    ) -> None:
        """Fetch and judge mails, and commit the cursor that stands behind them."""
        validity = then.uidvalidity
        due = [entry for entry in entries if (validity, entry.uid) not in self._done]
        batches = self._collector.collect(session, due, validity)
        left = len(due)
        held: list[Item] = []
        with closing(batches):  # whatever happens, nobody fetches behind our back
            for batch, messages in batches:
                held += messages
                left -= len(batch)
                if left and self._cursor is not None:
                    self._commit(held, self._cursor, first_run=first_run)
                    self._done.update((validity, entry.uid) for entry in batch)
                    held = []
        if progress is not None:
            held.append(progress)
        self._commit(held, then, first_run=first_run)
        self._done.clear()

    def _commit(
        self, items: Sequence[Item], cursor: FolderCursor, *, first_run: bool = False
    ) -> None:
        position = cursor.to_position()
        self._desk.judge(items, source=self.source, first_run=first_run, position=position)
        self._cursor = cursor

    def _may_doubt(self) -> bool:
        """Tell whether to read the span again because the server's numbers do not fit."""
        at = self._distrusted_at
        return at is None or self._clock.now() - at >= self._distrust_pause

    def _begin_again(self, session: MailboxSession, state: FolderState, *, first_run: bool) -> None:
        """Begin anew, and doubt the same server later next time.

        It is noted only once it was done: what a lost line kept from it is done next time.
        """
        self._begin(session, state, first_run=first_run)
        now = self._clock.now()
        if self._distrusted_at is not None:
            passed = now - self._distrusted_at
            longer = min(LONGEST_DISTRUST_PAUSE, 2 * self._distrust_pause)
            self._distrust_pause = longer if passed < LONGEST_DISTRUST_PAUSE else DISTRUST_PAUSE
        self._distrusted_at = now

    def _fetch_originals(self, session: MailboxSession) -> None:
        """Fetch whole the mails of cases that alert, once each."""
        cursor = self._cursor
        for number, place in self._desk.wanted(self.source):
            validity, _, uid = place.partition(".")
            known = cursor is not None and validity == str(cursor.uidvalidity) and uid.isdecimal()
            # Without a UIDVALIDITY another mail may bear the number in another session.
            known = known and (validity != "0" or int(uid) in self._here)
            mail = self._collector.whole(session, int(uid)) if known else None
            self._desk.keep(self.source, number, mail)


def _looks(entries: Sequence[Entry]) -> list[tuple[int, str]]:
    return [(one.uid, look(one.size, one.received_at)) for one in entries]
