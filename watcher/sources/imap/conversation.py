"""Commands and answers over one connection: each has an end, and each failure is one of ours.

Rules for this file: a failure is raised where no exception is being handled, for its context
would hold what the server said and what we sent. After a failure the conversation is over.
"""

import contextlib
import imaplib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from watcher.clock import SystemClock
from watcher.errors import NO_VALUES, SourceUnavailable
from watcher.sources.imap.client import Client
from watcher.sources.imap.connection import MOST_ANSWER, MOST_LITERAL, Fate, Limits, Server
from watcher.sources.imap.replies import FAILURES, clean, farewell, reason

_CLOSING = 2.0
_LONGEST_COUNT = 12

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """That the server answered NO, with its line as it may be shown."""

    reply: str = field(repr=False)


class Conversation:
    """Speaks with a server; used by one thread, except for `stop`.

    `exists` is how many mails the open folder holds as far as the server has told, `idles`
    whether the server has IDLE, and `news` whether it has told of a change since `news` was
    last set to False.
    """

    def __init__(self, server: Server, limits: Limits) -> None:
        """Connect; raises SourceUnavailable."""
        fate = Fate()
        failure: SourceUnavailable | None = None
        try:
            self.client = Client(server, limits, fate)
        except FAILURES as error:
            said = farewell(error)
            failure = (
                SourceUnavailable(reason(error, fate))
                if said is None
                else SourceUnavailable("imap.bye", {"reply": clean(said)})
            )
        if failure is not None:
            raise failure
        self.exists = 0
        self.idles = False
        self._recent = 0
        self.news = False
        self.hidden: tuple[str, ...] = ()
        self._link = self.client.link
        self._limits = limits
        self._fate = fate
        self._stopped = threading.Event()
        self._end: tuple[str, Mapping[str, object]] | None = None

    def ask(
        self,
        call: Callable[[], T],
        *,
        seconds: float | None = None,
        literal: int = MOST_LITERAL,
        answer: int = MOST_ANSWER,
        unknown_too: bool = False,
    ) -> T | Refused:
        """Return what `call` returns, or that the server refused it: NO.

        `literal` and `answer` are the most bytes that one literal and all of the answer may
        have. With `unknown_too` BAD counts as a refusal. Raises SourceUnavailable.
        """
        self._still_alive()
        self._link.begin(self._limits.command if seconds is None else seconds, literal, answer)
        self._link.answered = None
        refused: Refused | None = None
        try:
            returned = call()
        except FAILURES as error:
            refused = self._failed(error, unknown_too=unknown_too)
        self._link.deadline.lift()
        self._listen()
        # A deadline may have passed, or a thread stopped us, just after the last byte.
        self._still_alive()
        return returned if refused is None else refused

    def must(
        self, call: Callable[[], T], *, literal: int = MOST_LITERAL, answer: int = MOST_ANSWER
    ) -> T:
        """Return what `call` returns; a refusal ends the conversation."""
        returned = self.ask(call, literal=literal, answer=answer)
        if isinstance(returned, Refused):
            self._over("imap.command_refused", {"reply": returned.reply})
            self._still_alive()
        return returned  # type: ignore[return-value]  # a Refused was raised above

    def wait(self, seconds: float) -> bool:
        """Wait at most so long, or one stretch of IDLE; True where the server told of a change."""
        clock = SystemClock()
        ends = clock.monotonic() + min(seconds, self._limits.idle)
        # What came between two commands lies in our buffer, where IDLE does not see it.
        self.ask(self.client.noop)
        idle = self.idles
        if not self.news and idle and ends > clock.monotonic():
            refused = self.ask(
                lambda: self._idle(ends),
                seconds=ends - clock.monotonic() + self._limits.command,
                unknown_too=True,
            )
            idle = self.idles = not isinstance(refused, Refused)
        if not self.news and not idle:
            self._stopped.wait(max(0.0, ends - clock.monotonic()))
            self.ask(self.client.noop)
        news, self.news = self.news, False
        return news

    def _idle(self, ends: float) -> None:
        clock, link = SystemClock(), self._link
        tag = link._command("IDLE")  # noqa: SLF001  imaplib of Python 3.11 has no IDLE of its own
        while link._get_response() is not None:  # noqa: SLF001
            if link.tagged_commands.get(tag):
                link._command_complete("IDLE", tag)  # noqa: SLF001
                raise imaplib.IMAP4.error
        self._listen()
        while not self.news and (left := ends - clock.monotonic()) > 0:
            # An end of the connection is an exception here, not silence.
            if not link.wait_for_data(left):
                break
            link._get_response()  # noqa: SLF001
            link._check_bye()  # noqa: SLF001
            self._listen()
        link.send(b"DONE\r\n")
        link._command_complete("IDLE", tag)  # noqa: SLF001

    def stop(self) -> None:
        """End the conversation from any thread; whoever waits in it fails at once."""
        self._link.cut("imap.closed")
        self._stopped.set()

    def close(self) -> None:
        """Say goodbye, which takes at most two seconds, and let the connection go."""
        if self._end is None:
            with contextlib.suppress(SourceUnavailable):
                self.ask(self.client.logout, seconds=min(_CLOSING, self._limits.command))
        self._over("imap.closed")

    def _failed(self, error: BaseException, *, unknown_too: bool) -> Refused | None:
        """Tell a refusal, after which the conversation goes on, from its end."""
        kind, data = self._link.answered or ("", [])
        broken = isinstance(error, imaplib.IMAP4.abort | OSError) or self._fate.fault is not None
        reply = clean(data, self.hidden)
        if not broken and (kind == "NO" or (unknown_too and kind == "BAD")):
            return Refused(reply=reply)
        bye = self._link.untagged_responses.get("BYE")
        if self._fate.fault in {None, "imap.lost"} and bye:
            self._over("imap.bye", {"reply": clean(bye, self.hidden)})
        elif kind == "BAD" and not broken:
            self._over("imap.command_refused", {"reply": reply})
        else:
            self._over(reason(error, self._fate))
        return None

    def _listen(self) -> None:
        """Note what the server told of by itself, and forget it: imaplib would keep it all."""
        told = self._link.untagged_responses
        exists, recent = _last_count(told, "EXISTS"), _last_count(told, "RECENT")
        before = self.exists, self._recent
        if exists is not None:
            self.exists = exists
        else:
            self.exists = max(0, self.exists - len(told.get("EXPUNGE", ())))
        if recent is not None:
            self._recent = recent
        # Some servers repeat both numbers whatever they are asked. Where a mail goes as another
        # comes, the numbers are the same.
        changed = before != (self.exists, self._recent)
        self.news = self.news or changed or "VANISHED" in told or "EXPUNGE" in told
        for kind in [kind for kind in told if kind != "CAPABILITY"]:
            del told[kind]

    def _over(self, says: str, values: Mapping[str, object] = NO_VALUES) -> None:
        self._end = self._end or (says, values)
        self._link.cut(says)
        self._link.shutdown()

    def _still_alive(self) -> None:
        if self._end is None and self._fate.fault is not None:
            self._over(self._fate.fault)
        if self._end is not None:
            raise SourceUnavailable(*self._end)


def _last_count(told: Mapping[str, Sequence[object]], kind: str) -> int | None:
    """Return the last number that a server told of a kind."""
    counts = [one for one in told.get(kind, ()) if isinstance(one, bytes) and one.isdigit()]
    return int(counts[-1][:_LONGEST_COUNT]) if counts else None
