"""`loan-watcher rules`: look at, check and test the rules."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table
from rich.text import Text

from watcher.cli import given
from watcher.cli.context import Context, pass_context
from watcher.cli.marked import hold, load_marks, spoken
from watcher.cli.spoken import SpokenGroup, json_option, option
from watcher.core.knowledge import Rules
from watcher.core.model import Message
from watcher.core.rules import Rule
from watcher.core.rules import Text as Bilingual
from watcher.errors import UserError

if TYPE_CHECKING:
    from watcher.core.ruletests import RuleTestFailure

FOLDERS = option(
    "--rules", "folders", type=click.Path(path_type=Path), multiple=True, says="cli.option.rules"
)


@click.group(cls=SpokenGroup, says="cli.rules.help")
def rules() -> None:
    """Look at, check and test the rules."""


@rules.command("list", says="cli.rules.list")
@FOLDERS
@json_option
@pass_context
def list_rules(speaker: Context, folders: tuple[Path, ...]) -> None:
    """List all rules: recognisers, marks and signals."""
    loaded = _load(speaker, folders)
    found = (*loaded.notices, *loaded.signals)
    if speaker.json:
        speaker.print_json([_form(rule) for rule in found])
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("id", "effect", "title"):
        said = speaker.say(f"cli.rules.column_{name}")
        table.add_column(said, overflow="fold", no_wrap=name == "id")
    for rule in found:
        table.add_row(rule.id, _effect(speaker, rule), _said(speaker, rule.title))
    speaker.console.print(table)


@rules.command("check", says="cli.rules.check")
@FOLDERS
@option("--verbose", is_flag=True, says="cli.rules.verbose")
@pass_context
def check_rules(speaker: Context, folders: tuple[Path, ...], *, verbose: bool) -> None:
    """Read every rule file thoroughly and report all mistakes."""
    loaded = _load(speaker, folders, thorough=True)
    load_marks(*given.own_rules(), *folders)
    given.load_providers(speaker, *given.own_rules(), *folders)
    given.load_letters(speaker, *given.own_rules(), *folders, checklists=loaded.checklists)
    if verbose:
        from watcher.core.ruletests import lonely_rules  # noqa: PLC0415  takes its time

        lonely = lonely_rules(loaded, _example_messages())
        speaker.print("cli.rules.lonely", count=len(lonely), rules=lonely)
    speaker.print(
        "cli.rules.sound",
        notices=len(loaded.notices),
        signals=len(loaded.signals),
        lenders=len(loaded.directory.lenders),
    )


@rules.command("test", says="cli.rules.test")
@FOLDERS
@pass_context
def test_rules(speaker: Context, folders: tuple[Path, ...]) -> int:
    """Run every rule's own tests."""
    from watcher.core.ruletests import run_rule_tests  # noqa: PLC0415  no other command runs them

    loaded = _load(speaker, folders)
    marks = load_marks(*given.own_rules(), *folders)
    asked = [one for one in marks if one.verdict]
    ledger = given.load_ledger(speaker, given.own_loans(), loaded)
    wrong = [one for one in hold(asked, loaded, ledger) if one.fails]
    count = len(asked) + sum(len(rule.tests) for rule in (*loaded.notices, *loaded.signals))
    failures = run_rule_tests(loaded)
    if len(asked) < len(marks):
        speaker.hint(speaker.say("marked.unasked", count=len(marks) - len(asked)))
    if not failures and not wrong:
        speaker.print("cli.rules.passed", count=count)
        return 0
    speaker.print("cli.rules.failed", failed=len(failures) + len(wrong), count=count)
    for held in wrong:
        expected, now = (spoken(speaker, str(one)) for one in (held.mark.verdict, held.now))
        speaker.print("marked.fails", case=held.mark.case, expected=expected, now=now)
    for failure in failures:
        what = speaker.say(f"cli.rules.{_failing(failure)}")
        speaker.console.print(
            f"  {failure.rule}: {what}: {speaker.phrases.show(failure.test.text)}"
        )
    return 2


@rules.command("backtest", says="cli.rules.backtest")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[JSONL]...")
@FOLDERS
@option("--loans", type=click.Path(path_type=Path), says="cli.option.loans")
@json_option
@pass_context
def backtest_rules(
    speaker: Context, files: tuple[Path, ...], folders: tuple[Path, ...], loans: Path | None
) -> int:
    """List the verdicts that a change of rules would change."""
    from watcher.cli.backtest import backtest  # noqa: PLC0415  no other command judges twice

    _must_be_folders(folders)
    return backtest(speaker, folders, loans, files)


@rules.command("show", says="cli.rules.show")
@click.argument("rule_id", metavar="ID")
@FOLDERS
@json_option
@pass_context
def show_rule(speaker: Context, rule_id: str, folders: tuple[Path, ...]) -> None:
    """Show one rule with its sources and its tests."""
    loaded = _load(speaker, folders)
    by_id = {rule.id: rule for rule in (*loaded.notices, *loaded.signals)}
    rule = by_id.get(rule_id)
    if rule is None:
        raise _unknown(rule_id, by_id)
    if speaker.json:
        speaker.print_json(_form(rule))
        return
    say, show = speaker.say, speaker.phrases.show
    console = speaker.console
    console.print(Text(f"{rule.id}  {_said(speaker, rule.title)}", style="bold"))
    console.print(f"{_effect(speaker, rule)} · {say(f'cli.rules.{_origin(rule)}')}")
    if rule.sources:
        console.print(f"{say('cli.rules.sources')}: {show(rule.sources)}")
    if rule.valid_until:
        console.print(f"{say('cli.rules.valid_until')}: {show(rule.valid_until)}")
    console.print(say("cli.rules.tests"))
    for test in rule.tests:
        expected = say("cli.rules.hit" if test.hit else "cli.rules.near_miss")
        console.print(f"  · {expected}: {show(test.text)}")


def _load(speaker: Context, folders: tuple[Path, ...], *, thorough: bool = False) -> Rules:
    _must_be_folders(folders)
    return given.load_rules(speaker, *given.own_rules(), *folders, thorough=thorough)


def _must_be_folders(folders: tuple[Path, ...]) -> None:
    for folder in folders:
        if not folder.is_dir():
            raise UserError("cli.no_file", {"file": str(folder)})


def _example_messages() -> tuple[Message, ...]:
    from importlib.resources import as_file, files  # noqa: PLC0415  as above

    from watcher.sources.files import read_path  # noqa: PLC0415  as above

    with as_file(files("watcher").joinpath("demo")) as folder:
        return tuple(one for one in read_path(folder / "inbox") if isinstance(one, Message))


def _unknown(rule_id: str, known: Iterable[str]) -> UserError:
    near = get_close_matches(rule_id, known, n=1)
    if near:
        return UserError("cli.rules.nearest", {"id": rule_id, "name": near[0]})
    return UserError("cli.rules.unknown", {"id": rule_id})


def _said(speaker: Context, text: Bilingual) -> str:
    return text.zh if speaker.language == "zh" else text.en


def _origin(rule: Rule) -> str:
    return "shipped" if rule.shipped else "own"


def _failing(failure: "RuleTestFailure") -> str:
    if failure.overlooked:
        return "overlooked"
    return "missed" if failure.test.hit else "wrongly_hit"


def _effect(speaker: Context, rule: Rule) -> str:
    if rule.kind is not None:
        effect = speaker.say(f"kind.{rule.kind.value}")
    elif rule.strength is not None:
        effect = speaker.say(f"cli.verdict.strength_{rule.strength.value}")
    else:
        effect = speaker.say("cli.rules.effect_mark", name=rule.mark)
    return f"{effect} · {speaker.say('cli.rules.draft')}" if rule.draft else effect


def _form(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "title": {"zh": rule.title.zh, "en": rule.title.en},
        "kind": rule.kind.value if rule.kind else None,
        "mark": rule.mark,
        "strength": rule.strength.value if rule.strength else None,
        "status": "draft" if rule.draft else "stable",
        "shipped": rule.shipped,
        "sources": list(rule.sources),
        "valid_until": rule.valid_until.isoformat() if rule.valid_until else None,
        "tests": len(rule.tests),
    }
