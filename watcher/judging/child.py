"""The judge in a child process: reads the rules when told to, and judges what it is given.

It opens no file but those of rules, and ends when its parent does.
"""

import signal
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from watcher.core.knowledge import SMALL, Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Case, Holder
from watcher.errors import Problem
from watcher.judging import wire
from watcher.judging.here import JudgeHere
from watcher.judging.process import heard_from_parent
from watcher.phrases import LANGUAGES, Phrases
from watcher.systemd import leave_no_core
from watcher.userfiles.providers import read_providers
from watcher.userfiles.rules import read_rules
from watcher.userfiles.shipped import shipped_folder


def main() -> None:
    """Answer the parent until it hangs up; whatever is wrong, nothing is written anywhere."""
    leave_no_core()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # systemd tells all of a service; the parent ends us
    serve(heard_from_parent())


def serve(parent: Connection) -> None:
    """Carry out the orders of a parent until it hangs up."""
    judge = _Judge()
    with suppress(EOFError, OSError):
        while True:
            for answer in judge.answers(wire.decode_order(parent.recv_bytes())):
                parent.send_bytes(wire.encode(answer))


class _Judge:
    """What one parent's child knows."""

    def __init__(self) -> None:
        self._judge: JudgeHere | None = None
        self._problems: tuple[Problem, ...] = ()
        """Of the rules, as they were read last."""

    def answers(self, order: Any) -> Iterator[object]:
        """Carry out an order; yield what is answered to it."""
        if isinstance(order, wire.Read):
            yield self._read(order)
            return
        judge = self._judge
        assert judge is not None  # noqa: S101  the rules come first
        match order:
            case wire.Owe():
                judge.ledger = Ledger.of(order.holder, order.loans, judge.rules.directory)
            case wire.Forget():
                judge.forget()
            case wire.Remember():
                judge.remember(order.evidence)
            case wire.Judge():
                for found in judge.judge(order.messages, tuple):
                    yield (
                        wire.Judged(case=found)
                        if isinstance(found, Case)
                        else wire.Judged(error=found.error, at=found.at)
                    )
            case wire.WriteBook():
                yield self._book(order, judge.rules)

    def _read(self, order: wire.Read) -> wire.Found:
        """Read the rules; those that were right before stay until others are."""
        problems: list[tuple[Problem, ...]] = []
        for place, own in enumerate(order.own):
            rules, found = _read_rules(*([Path(own)] if own else []))
            problems.append(found)
            if rules is not None:
                ledger = Ledger.of(Holder(), (), rules.directory)
                self._judge = JudgeHere(rules, ledger)
                self._problems = problems[0]
                return _found(place, problems[0], rules)
            if self._judge is not None:
                break
        self._problems = problems[0]
        return wire.Found(problems=wire.written(problems[0]))

    def _book(self, order: wire.WriteBook, rules: Rules) -> object:
        from watcher.web.start import write_book  # noqa: PLC0415  most children are never asked

        problems = (*self._problems, *wire.read_back(order.problems))
        language = next(one for one in LANGUAGES if one == order.language)
        return write_book(rules, problems, Phrases(language), Path(order.own))


def _read_rules(*own: Path) -> tuple[Rules | None, tuple[Problem, ...]]:
    """Read what ships and the user's; a mistake in the providers spoils the rules too."""
    folders = [shipped_folder() / "rules", *(folder for folder in own if folder.is_dir())]
    rules, problems = read_rules(*folders)
    providers, more = read_providers(*folders)
    return (rules if providers is not None else None), (*problems, *more)


def _found(place: int, problems: tuple[Problem, ...], rules: Rules) -> wire.Found:
    return wire.Found(
        read=place,
        problems=wire.written(problems),
        lenders=rules.directory.lenders,
        letters={**SMALL, **rules.data.characters.single},
        checklists=tuple(rules.checklists.values()),
    )
