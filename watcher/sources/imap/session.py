"""One signed-in session with a mailbox: looking only, and every command has an end.

Rules for this file: the folder is opened with EXAMINE and read with BODY.PEEK; SEARCH, which
lies on some servers, is never sent. Whatever goes wrong leaves as `SourceUnavailable` or
`CredentialsRefused`, raised where no exception is being handled, for its context would hold
what the server said and what we sent. After a failure a session is dead.
"""

import imaplib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from imapclient.imap_utf7 import encode as encode_folder

from watcher.clock import SystemClock
from watcher.errors import CredentialsRefused, SourceUnavailable, WatcherError
from watcher.sources.budget import BLOCK_LIMIT, MAIL_LIMIT
from watcher.sources.imap.connection import MOST_LITERAL, Limits, Server
from watcher.sources.imap.conversation import Conversation, Refused
from watcher.sources.imap.fetching import (
    ENTRY_ITEMS,
    OUTLINE_ITEMS,
    PIECE,
    PLAIN_OUTLINE_ITEMS,
    Entry,
    Outline,
    batches,
    by_uid,
    entry,
    in_batches,
    outline,
    sections,
    uid_set,
)
from watcher.sources.imap.replies import (
    Group,
    clean,
    fetched,
    flag_names,
    folder_name,
    grouped,
    is_bad_sign_in,
    is_expunged,
    is_for_later,
    is_unsafe,
    listed,
    section,
)
from watcher.sources.imap.signin import SignIn, identify_to, sign_in_to, traces
from watcher.sources.imap.structure import Part

MOST_FOLDERS = 5_000
_MOST_MAILS_ANSWER = 96 * 1024 * 1024

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    r"""A folder as LIST names it, with its flags such as `\Junk` or `\Noselect`."""

    name: str = field(repr=False)
    flags: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderState:
    """What a server says of a folder; `uidvalidity` is 0 where it names none."""

    uidvalidity: int
    uidnext: int | None
    exists: int


class MailboxSession:
    """A session with one account, used by one thread except for `stop`."""

    def __init__(self, conversation: Conversation) -> None:
        self._talk = conversation
        self._client = conversation.client
        self._link = conversation.client.link
        self._wire_names: dict[str, str] = {}

    @classmethod
    def open(
        cls,
        server: Server,
        sign_in: SignIn,
        *,
        identify: bool = True,
        limits: Limits = Limits(),  # noqa: B008  a frozen value
    ) -> Self:
        """Connect and sign in.

        Raises `SourceUnavailable`, and `CredentialsRefused` with the server's `reply` where
        it does not take the credentials.
        """
        session = cls(Conversation(server, limits))
        failure = session._sign_in(sign_in, identify=identify)
        if failure is not None:
            session.close()
            raise failure
        return session

    def _sign_in(self, sign_in: SignIn, *, identify: bool) -> WatcherError | None:
        """Return how the credentials were refused, None where they were taken."""
        self._talk.hidden = tuple(traces(sign_in))
        try:
            answer = self._talk.ask(lambda: sign_in_to(self._client, sign_in), unknown_too=True)
            if isinstance(answer, Refused):
                values = {"reply": answer.reply}
                if is_for_later(answer.reply):
                    return SourceUnavailable("imap.busy", values)
                return CredentialsRefused("imap.refused", values)
            self._talk.idles = self._talk.must(lambda: bool(self._client.has_capability("IDLE")))
            if identify:
                self._talk.ask(lambda: identify_to(self._client), unknown_too=True)
        except SourceUnavailable as error:
            failure = error
        else:
            self._talk.hidden = ()
            return None
        if is_bad_sign_in(str(failure.values.get("reply", ""))):
            return CredentialsRefused("imap.refused", failure.values)
        return failure

    @property
    def can_idle(self) -> bool:
        """Whether the server has IDLE."""
        return self._talk.idles

    def folders(self) -> tuple[Folder, ...]:
        """Return the account's folders."""

        def ask() -> list[Any]:
            kind, data = self._link._simple_command("LIST", '""', '"*"')  # noqa: SLF001
            self._client._checkok("list", kind, data)  # noqa: SLF001
            listed: list[Any] = self._link.untagged_responses.pop("LIST", [])
            return listed

        found: list[Folder] = []
        for group in grouped(self._allowed(self._talk.ask(ask))):
            match listed(group):
                case (tuple() as flags, _, bytes() | int() as name):
                    folder = self._named(name if isinstance(name, bytes) else b"%d" % name)
                    found.append(Folder(name=folder, flags=flag_names(flags)))
        return tuple(found[:MOST_FOLDERS])

    def _named(self, wire: bytes) -> str:
        """Return a folder's name, and remember how the server wrote it."""
        name = folder_name(wire)
        if wire.isascii() and wire.decode("ascii").isprintable():
            self._wire_names[name] = wire.decode("ascii")
        return name

    def _wire(self, folder: str) -> str:
        written: str = encode_folder(folder).decode("ascii")
        return self._wire_names.get(folder, written)

    def status(self, folder: str) -> FolderState:
        """Ask after a folder without opening it."""
        items = ("MESSAGES", "UIDNEXT", "UIDVALIDITY")
        return self._state(lambda: self._client.folder_status(self._wire(folder), items))

    def examine(self, folder: str) -> FolderState:
        """Open a folder for looking."""
        state = self._state(lambda: self._client.select_folder(self._wire(folder), readonly=True))
        self._talk.news = False
        self._talk.exists = state.exists
        return state

    def is_unchanged(self) -> bool:
        """Ask whether mails came to the open folder, or went, since it was opened."""
        self._talk.ask(self._client.noop)
        return not self._talk.news

    def _state(self, ask: Callable[[], Mapping[bytes, object]]) -> FolderState:
        values = self._allowed(self._talk.ask(ask))
        exists = _number(values, b"EXISTS")
        return FolderState(
            uidvalidity=_number(values, b"UIDVALIDITY") or 0,
            uidnext=_number(values, b"UIDNEXT"),
            exists=(_number(values, b"MESSAGES") or 0) if exists is None else exists,
        )

    @staticmethod
    def _allowed(answer: T | Refused) -> T:
        """Return an answer; raise where the folder, or the program, is refused."""
        if not isinstance(answer, Refused):
            return answer
        values = {"reply": answer.reply}
        if is_unsafe(answer.reply):
            raise CredentialsRefused("imap.refused", values)
        if is_for_later(answer.reply):
            raise SourceUnavailable("imap.busy", values)
        raise SourceUnavailable("imap.no_folder", values)

    def entries(self, first: int, last: int) -> tuple[Entry, ...]:
        """Return the mails from one sequence number to another of the open folder, ascending."""
        last = min(last, self._talk.exists)
        if not 0 < first <= last:
            return ()
        groups = self._fetch(f"{first}:{last}", ENTRY_ITEMS, uid=False)
        return tuple(one for one in self._entries(groups).values() if first <= one.sequence <= last)

    def entries_from(self, uid: int, limit: int = 1000) -> tuple[Entry, ...]:
        """Return the first `limit` mails of the open folder whose UID is at least `uid`."""
        if self._talk.exists > limit:
            # The server would list them all: see first that there are not too many.
            probe = self.entries(self._talk.exists - limit, self._talk.exists - limit)
            if not probe or probe[0].uid >= uid:
                first = self._first_from(uid)
                return self.entries(first, first + limit - 1)
        groups = self._fetch(f"{uid}:*", ENTRY_ITEMS)
        # The last mail is listed even where its UID is smaller.
        return tuple(one for one in self._entries(groups).values() if one.uid >= uid)[:limit]

    def _first_from(self, uid: int) -> int:
        """Return the lowest sequence number whose mail has at least this UID."""
        low, high = 1, self._talk.exists
        while low < high:
            middle = (low + high) // 2
            seen = self.entries(middle, middle)
            if seen and seen[0].uid < uid:
                low = middle + 1
            else:
                high = middle
        return low

    def _entries(self, groups: Iterable[Group]) -> dict[int, Entry]:
        now = SystemClock().now()
        found: list[Entry] = []
        for group in groups:
            answer = fetched(group)
            one = None if answer is None else entry(*answer, now)
            if one is not None:
                found.append(one)
        return {one.uid: one for one in sorted(found, key=lambda one: one.uid)}

    def outlines(self, uids: Sequence[int]) -> tuple[Outline, ...]:
        """Return the outlines of mails, ascending by UID; one that is gone is left out."""
        now = SystemClock().now()
        found: list[Outline] = []
        for batch in in_batches(uids):
            mails, unreadable = by_uid(self._fetch_headers(batch, OUTLINE_ITEMS), batch)
            missing = [uid for uid in batch if uid not in mails]
            if unreadable and missing:
                again, _ = by_uid(self._fetch_headers(missing, PLAIN_OUTLINE_ITEMS), missing)
                mails.update(again)
            outlined = (outline(mails[uid], now) for uid in sorted(mails))
            found += [one for one in outlined if one is not None]
        return tuple(found)

    def parts(self, wanted: Mapping[int, Sequence[Part]]) -> Mapping[int, Mapping[str, bytes]]:
        """Return the sections of mails that their outlines named, and those of their headers.

        A mail that is gone is left out, and so is a section that the server does not give.
        """
        found: dict[int, dict[str, bytes]] = {}
        for batch in batches(wanted):
            groups = self._fetch(
                uid_set(batch.uids),
                batch.items,
                literal=2 * batch.largest,
                answer=_MOST_MAILS_ANSWER,
            )
            for uid, items in by_uid(groups, batch.uids)[0].items():
                found.setdefault(uid, {}).update(sections(items, batch.parts))
        return found

    def whole(self, uid: int, limit: int = MAIL_LIMIT) -> bytes | None:
        """Return a mail, cut after `limit` bytes; None where it is gone."""
        mail = bytearray()
        size = 0
        while len(mail) < limit:
            asked = ("UID", "RFC822.SIZE", f"BODY.PEEK[]<{len(mail)}.{PIECE}>")
            groups = self._fetch(str(uid), asked, literal=2 * PIECE)
            items = by_uid(groups, (uid,))[0].get(uid, {})
            piece = section(items, "")
            if piece is None:
                return bytes(mail) if mail and len(mail) >= size else None
            size = _number(items, b"RFC822.SIZE") or size
            mail += piece
            if len(piece) != PIECE:
                break
        return bytes(mail[:limit])

    def wait(self, seconds: float) -> bool:
        """Wait for a change in the open folder, at most so long or one stretch of IDLE.

        True where the server told of one; either way only UIDs tell what is there. Without
        IDLE the time passes and the server is asked once more.
        """
        return self._talk.wait(seconds)

    def stop(self) -> None:
        """End the session from any thread; whoever waits in it gets SourceUnavailable at once."""
        self._talk.stop()

    def close(self) -> None:
        """Sign out, which takes at most two seconds."""
        self._talk.close()

    def _fetch_headers(self, uids: Iterable[int], items: Iterable[str]) -> Iterator[Group]:
        return self._fetch(uid_set(uids), items, literal=2 * BLOCK_LIMIT, answer=_MOST_MAILS_ANSWER)

    def _fetch(
        self,
        mails: str,
        items: Iterable[str],
        *,
        uid: bool = True,
        literal: int = MOST_LITERAL,
        answer: int = _MOST_MAILS_ANSWER,
    ) -> Iterator[Group]:
        """Ask for items of mails; imapclient's own `fetch` knows no ranges."""
        words = ("FETCH", mails, f"({' '.join(items)})")

        def ask() -> list[Any]:
            kind, data = self._link._simple_command(*(("UID", *words) if uid else words))  # noqa: SLF001
            # Of mails that were expunged meanwhile nothing came, of the others all did.
            if kind != "OK" and not is_expunged(clean(data)):
                raise imaplib.IMAP4.error
            got: list[Any] = self._link.untagged_responses.pop("FETCH", [])
            return got

        return grouped(self._talk.must(ask, literal=literal, answer=answer))


def _number(values: Mapping[bytes, object], key: bytes) -> int | None:
    """Return a number that a server gave, alone or in a list."""
    given = values.get(key)
    if isinstance(given, list | tuple) and given:
        given = given[-1]
    if isinstance(given, bytes) and given.isdigit():
        given = int(given)
    return given if isinstance(given, int) and given >= 0 else None
