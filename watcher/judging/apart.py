"""A judge in a child process, which leaves when nothing comes and is called again.

The rules are a third of what the program needs in memory, and for most of a day no message
comes. What the child knows, its parent can tell the next one: judging changes nothing else.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Final, TypeVar

import structlog

from watcher.clock import Clock
from watcher.core.ledger import Ledger
from watcher.core.lenders import Directory
from watcher.core.letters import Letters
from watcher.core.model import Case, Holder, Message
from watcher.core.rules import Checklist
from watcher.errors import Problem, SourceUnavailable
from watcher.ingest import Past, Unjudged
from watcher.judging import wire
from watcher.judging.process import Child, Gone
from watcher.phrases import Language
from watcher.store import codec
from watcher.web.book import Book

IDLE: Final = 300.0
"""Seconds without a message after which the child leaves; to call the next costs one of CPU."""

READ_WITHIN: Final = 60.0
"""Seconds. A busy machine may start a child late."""

JUDGED_WITHIN: Final = 30.0
"""Seconds; no message takes a tenth. Two such waits are over before systemd takes us to hang."""

PORTION = 4_000_000
"""Characters of messages in a record, or one message."""

AT_ONCE: Final = 2_000
"""Pieces of evidence in a record."""

_Answer = TypeVar("_Answer")
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the rules say that is asked for without judging: who lenders are, and what to do."""

    directory: Directory = field(repr=False)
    checklists: Mapping[str, Checklist] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What reading the rules found; `problems` are those met with the first folder.

    `read` is the place of the folder with which they are right, and `terms` are theirs; None
    where the rules that counted before stay.
    """

    read: int
    terms: Terms | None
    problems: tuple[Problem, ...]


class JudgeApart:
    """Judges in a child; belongs to one thread at a time."""

    def __init__(self, clock: Clock, child: Child | None = None) -> None:
        """Take over a child that was started before; otherwise one is started when needed."""
        self._clock = clock
        self._child = child
        self._own: Sequence[Path | None] = (None,)
        self._ledger = Ledger.of(Holder(), (), Directory.of(()))
        self._has_rules = self._knows_ledger = self._knows_past = False
        self._used_at = clock.monotonic()

    @property
    def ledger(self) -> Ledger:
        """The ledger by which is judged."""
        return self._ledger

    @ledger.setter
    def ledger(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._knows_ledger = False

    @property
    def pid(self) -> int | None:
        """The child's process id; None while there is none."""
        return None if self._child is None else self._child.pid

    def read(self, own: Sequence[Path | None]) -> Reading:
        """Read the rules that ship, with the first of these folders with which they are right.

        Where the first is wrong, the rules of before stay as long as the child does.

        Raises:
            SourceUnavailable: no child can be started.
        """
        self._own = own
        found = self._answered(self._read)
        return Reading(
            read=found.read or 0,
            terms=None if found.read is None else _terms(found),
            problems=wire.read_back(found.problems),
        )

    def judge(self, messages: Sequence[Message], past: Past) -> Iterator[Case | Unjudged]:
        """Judge messages by the past and by each other, in their order.

        One that ends two children is left unjudged.

        Raises:
            SourceUnavailable: no child can be started.
        """
        found: list[Case | Unjudged] = []
        alone = -1
        while (at := len(found)) < len(messages):
            some = messages[at : at + 1] if at == alone else _portion(messages, at)
            try:
                for one in _judged(self._answered(lambda: self._told(past, found)), some):
                    found.append(one)
                    yield one
                self._used_at = self._clock.monotonic()
            except (Gone, ValueError):
                self.close()
                if len(found) == alone:
                    found.append(Unjudged(error=Gone.__name__, at="judging"))
                    yield found[-1]
                alone = len(found)
            except GeneratorExit:
                self.close()  # what it still says is about messages that nobody waits for
                raise

    def forget(self) -> None:
        """Ask for the past again before the next message is judged."""
        self._knows_past = False

    def book(self, language: Language, own: Path, problems: Iterable[Problem]) -> Book:
        """Have written down what the page says; `problems` are those that are not of rules.

        Raises:
            SourceUnavailable: no child can be started.
        """
        order = wire.WriteBook(language=language, own=str(own), problems=wire.written(problems))
        return self._answered(lambda: _asked(self._ready(), order, Book))

    def rest(self) -> None:
        """Let the child leave if nothing has come for long."""
        if self._child is not None and self._clock.monotonic() - self._used_at >= IDLE:
            self.close()

    def close(self) -> None:
        """End the child, if there is one."""
        if self._child is not None:
            _log.info("judge-left", pid=self._child.pid)
            self._child.end()
            self._child = None
        self._has_rules = self._knows_ledger = self._knows_past = False

    def _answered(self, ask: Callable[[], _Answer]) -> _Answer:
        """Return what a child answers; one that has gone since is replaced by another."""
        for _ in range(2):
            try:
                answer = ask()
            except (Gone, ValueError):
                self.close()
            except OSError as error:
                raise SourceUnavailable("judging.no_child") from error
            else:
                self._used_at = self._clock.monotonic()
                return answer
        raise SourceUnavailable("judging.no_child")

    def _read(self) -> wire.Found:
        """Have the rules read, by a new child where there is none."""
        if self._child is None:
            self._child = Child()
            _log.info("judge-called", pid=self._child.pid)
        own = tuple("" if one is None else str(one) for one in self._own)
        found = _asked(self._child, wire.Read(own=own), wire.Found)
        if found.read is not None:
            self._has_rules, self._knows_ledger, self._knows_past = True, False, False
        return found

    def _ready(self) -> Child:
        """Return a child that has the rules."""
        if not self._has_rules:
            self._read()
        if self._child is None or not self._has_rules:
            raise SourceUnavailable("judging.no_child")
        return self._child

    def _told(self, past: Past, found: Iterable[Case | Unjudged]) -> Child:
        """Return a child that knows what its parent knows; `found` is not in the past yet."""
        child = self._ready()
        if not self._knows_ledger:
            owe = wire.Owe(holder=self._ledger.holder, loans=self._ledger.loans)
            child.say(wire.encode(owe))
            self._knows_ledger = True
        if not self._knows_past:
            child.say(wire.encode(wire.Forget()))
            evidence = (one.evidence for one in found if isinstance(one, Case))
            fresh = (codec.dumps(one) for one in evidence if one is not None)
            everything = chain(past(), fresh)
            while some := tuple(islice(everything, AT_ONCE)):
                child.say(wire.encode(wire.Remember(evidence=some)))
            self._knows_past = True
        return child


def _portion(messages: Sequence[Message], first: int) -> Sequence[Message]:
    """Return as many messages, at least one, as fit into a record."""
    size = 0
    for at in range(first, len(messages)):
        size += len(messages[at].text or "") + len(messages[at].html or "")
        if size > PORTION:
            return messages[first : max(at, first + 1)]
    return messages[first:]


def _asked(child: Child, order: object, kind: type[_Answer]) -> _Answer:
    child.say(wire.encode(order))
    return wire.decode(kind, child.hear(READ_WITHIN))


def _judged(child: Child, messages: Sequence[Message]) -> Iterator[Case | Unjudged]:
    child.say(wire.encode(wire.Judge(messages=tuple(messages))))
    for message in messages:
        answer = wire.decode(wire.Judged, child.hear(JUDGED_WITHIN))
        if answer.case is None:
            yield Unjudged(error=answer.error, at=answer.at)
        else:
            yield replace(answer.case, message=message)


def _terms(found: wire.Found) -> Terms:
    letters = Letters(found.letters)
    return Terms(
        directory=Directory.of(found.lenders, lambda text: text.translate(letters)),
        checklists={one.id: one for one in found.checklists},
    )
