"""`loan-watcher rules backtest`: which verdicts a change of rules would change, before it counts.

Every message is judged twice, by the rules in force and by the changed ones, each time with
the history that those rules make of the messages before. Nothing is written.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from watcher.cli import given, stored
from watcher.cli.batch import read_lines
from watcher.cli.context import Context
from watcher.cli.flow import Flow
from watcher.cli.marked import is_of, load_marks, named, spoken
from watcher.cli.show import excerpt
from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import SEVERITY, Case, Message, Verdict
from watcher.core.pipeline import process
from watcher.core.rules import Rule
from watcher.core.ruletests import hits, views_of_message
from watcher.sources.jsonlines import message_from_json, parse_line
from watcher.userfiles.marked import Marked
from watcher.userfiles.patterns import user_pattern

NO_VERDICT: Final = "none"


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two rule sets, with the history that grows while it judges."""

    rules: Rules
    ledger: Ledger
    history: History = field(default_factory=lambda: History.of(()))

    def judge(self, message: Message) -> Case:
        """Judge a message and remember what it teaches."""
        case = process(message, self.rules, self.ledger, self.history)
        if case.evidence is not None:
            self.history.add(case.evidence)
        return case

    def hit_by(self, message: Message, suspects: frozenset[str]) -> set[str]:
        """Return which of some rules fit a message."""
        views = views_of_message(message, self.rules, self.ledger)
        tried = (one for one in self.rules.compiled if one.rule.id in suspects)
        return {one.rule.id for one in tried if hits(one, views)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A message whose verdict the changed rules change; `rules` are those that fit it."""

    message: Message
    before: Verdict | None
    after: Verdict | None
    rules: tuple[str, ...]

    @property
    def milder(self) -> bool:
        """Whether the new verdict is less grave."""
        return SEVERITY[self.after] < SEVERITY[self.before]


@dataclass(frozen=True, slots=True)
class MarkedChange:
    """A verdict that the user called wrong: what both rule sets say now."""

    mark: Marked
    before: str
    after: str


class Backtest:
    """Compares two rule sets on one message after another; `changes` are the mildest first.

    `marked` says what becomes of the `marks`, once it is finished.
    """

    def __init__(self, live: Side, changed: Side, marks: Sequence[Marked] = ()) -> None:
        self._live, self._changed = live, changed
        self._marks = list(marks)
        self.marked: list[MarkedChange] = []
        self._suspects = differing(live.rules, changed.rules)
        self._changes: list[Change] = []
        self.messages = 0

    def run(self, messages: Iterable[Message]) -> None:
        """Judge messages by both rule sets, in the order in which they are given."""
        for message in messages:
            self.messages += 1
            before, after = self._live.judge(message), self._changed.judge(message)
            for mark in [one for one in self._marks if is_of(one, message)]:
                self._note(mark, before, after)
            if before.judgement.verdict is after.judgement.verdict:
                continue
            rules = self._live.hit_by(message, self._suspects)
            rules |= self._changed.hit_by(message, self._suspects)
            change = Change(
                message=message,
                before=before.judgement.verdict,
                after=after.judgement.verdict,
                rules=tuple(sorted(rules)),
            )
            self._changes.append(change)

    def finish(self) -> None:
        """Judge the marked messages too that were not among the others."""
        for mark in tuple(self._marks):
            self._note(mark, self._live.judge(mark.message), self._changed.judge(mark.message))

    def _note(self, mark: Marked, before: Case, after: Case) -> None:
        self._marks.remove(mark)
        verdicts = (named(one.judgement.verdict) for one in (before, after))
        self.marked.append(MarkedChange(mark, *verdicts))

    @property
    def changes(self) -> list[Change]:
        """Every change, those to a milder verdict first."""
        return sorted(self._changes, key=lambda change: not change.milder)


def differing(live: Rules, changed: Rules) -> frozenset[str]:
    """Return the ids of rules that one rule set has and the other lacks or words otherwise."""
    one, other = ({rule.id: _effect(rule) for rule in _all(rules)} for rules in (live, changed))
    return frozenset(id_ for id_ in one.keys() | other.keys() if one.get(id_) != other.get(id_))


def with_drafts(rules: Rules) -> Rules:
    """Return the rule set in which the user's own drafts count as if they were stable."""
    data = rules.data
    notices, signals = (tuple(map(_stable, each)) for each in (data.notices, data.signals))
    return Rules.compile(replace(data, notices=notices, signals=signals), user_pattern)


def backtest(
    speaker: Context, folders: tuple[Path, ...], loans: Path | None, files: tuple[Path, ...]
) -> int:
    """Compare the rules in force with those of further folders, drafts included, and print."""
    for path in (*files, *([loans] if loans else [])):
        given.must_be_readable(path)
    live = given.load_rules(speaker, *given.own_rules())
    changed = with_drafts(given.load_rules(speaker, *given.own_rules(), *folders))
    ledger = given.load_ledger(speaker, loans or given.own_loans(), live)
    other = Ledger.of(ledger.holder, ledger.loans, changed.directory)
    marks = load_marks(*given.own_rules(), *folders)
    test = Backtest(Side(live, ledger), Side(changed, other), marks)
    bad_lines = 0
    if files:
        for file in files:
            lines = _Lines(speaker, file)
            test.run(lines)
            bad_lines += lines.bad
    else:
        with stored.reading() as store:
            test.run(store.messages())
    test.finish()
    if speaker.json:
        speaker.print_json(_form(test))
    else:
        _print(speaker, test, differs=live.data != changed.data)
    return 2 if bad_lines else 0


class _Lines:
    """The messages of a file of JSON Lines; a line that cannot be read is named and counted."""

    def __init__(self, speaker: Context, file: Path) -> None:
        self._speaker = speaker
        self._file = file
        self.bad = 0

    def __iter__(self) -> Iterator[Message]:
        """Yield the messages in the order of their lines."""
        number = 0
        source = os.open(self._file, os.O_RDONLY | os.O_CLOEXEC)
        try:
            for lines in read_lines(source):
                for line in lines:
                    number += 1
                    message = self._message(line, number)
                    if message is not None:
                        yield message
        finally:
            os.close(source)

    def _message(self, line: bytes | None, number: int) -> Message | None:
        says = "source.line_too_long"
        if line is not None:
            try:
                return message_from_json(parse_line(line))
            except ValueError as error:
                says = str(error.args[0])
        self.bad += 1
        place = self._speaker.phrases.show(f"{self._file}:{number}")
        self._speaker.hint(f"{place}: {self._speaker.say(says)}")
        return None


def _all(rules: Rules) -> tuple[Rule, ...]:
    return (*rules.notices, *rules.signals)


def _effect(rule: Rule) -> Rule:
    return replace(rule, tests=(), sources=(), valid_until=None)


def _stable(rule: Rule) -> Rule:
    return replace(rule, draft=False) if rule.draft and not rule.shipped else rule


def _name(verdict: Verdict | None) -> str:
    return verdict.value if verdict else NO_VERDICT


def _form(test: Backtest) -> dict[str, object]:
    changes = test.changes
    counts = Counter((_name(change.before), _name(change.after)) for change in changes)
    return {
        "messages": test.messages,
        "changed": len(changes),
        "counts": [{"from": one, "to": to, "count": n} for (one, to), n in counts.items()],
        "changes": [
            {
                "id": change.message.id,
                "received_at": change.message.received_at.isoformat(),
                "from": change.before.value if change.before else None,
                "to": change.after.value if change.after else None,
                "rules": list(change.rules),
                "text": excerpt(change.message),
            }
            for change in changes
        ],
        "marked": [
            {
                "case": one.mark.case,
                "from": one.before,
                "to": one.after,
                "expected": one.mark.verdict,
                "says": one.mark.says,
            }
            for one in test.marked
        ],
    }


def _print(speaker: Context, test: Backtest, *, differs: bool) -> None:
    say, show, console = speaker.say, speaker.phrases.show, speaker.console
    changes = test.changes
    if not differs:
        speaker.hint(say("cli.backtest.same_rules"))
    speaker.print("cli.backtest.compared", messages=test.messages, changed=len(changes))
    _print_marked(speaker, test.marked)
    if not changes:
        return
    counts = Counter((change.before, change.after, change.milder) for change in changes)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for (before, after, milder), count in counts.items():
        arrow = f"{say(f'verdict.{_name(before)}')} → {say(f'verdict.{_name(after)}')}"
        table.add_row(show(count), arrow, Text(say("cli.backtest.milder") if milder else ""))
    console.print(table)
    zone = given.own_zone()
    for change in changes:
        head = Text(f"\n{show(change.message.id)}  ", style="bold")
        head.append(show(change.message.received_at.astimezone(zone)), style="not bold dim")
        console.print(head)
        verdicts = (say(f"verdict.{_name(one)}") for one in (change.before, change.after))
        console.print("  " + " → ".join(verdicts))
        rules = show(change.rules) if change.rules else say("cli.backtest.no_rule")
        console.print("  " + say("cli.backtest.by", rules=rules))
        console.print(Padding(Flow(Text(excerpt(change.message), style="dim")), (0, 0, 0, 2)))


def _print_marked(speaker: Context, marked: Sequence[MarkedChange]) -> None:
    if marked:
        speaker.print("marked.compared", count=len(marked))
    for one in marked:
        before, after = (spoken(speaker, verdict) for verdict in (one.before, one.after))
        wanted = one.mark.verdict
        expected = spoken(speaker, wanted) if wanted else speaker.say("web.case.wrong_unknown")
        case = one.mark.case
        speaker.print("marked.line", case=case, before=before, after=after, expected=expected)
