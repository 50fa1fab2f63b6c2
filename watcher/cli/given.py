"""The rules and the ledger that a command judges by, read with every mistake reported."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from watcher.cli.context import Context
from watcher.clock import SystemClock
from watcher.core.correspondence import Letter
from watcher.core.knowledge import RuleData, Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Holder
from watcher.errors import Problem, UserError
from watcher.userfiles.folders import config_folder
from watcher.userfiles.letters import read_letters
from watcher.userfiles.loans import read_loans
from watcher.userfiles.problems import render
from watcher.userfiles.providers import Providers, read_providers
from watcher.userfiles.rules import read_rule_data, read_rules
from watcher.userfiles.shipped import shipped_folder

Value = TypeVar("Value")


def shipped_rules() -> Path:
    """Return the folder of the rules that ship with the program."""
    return shipped_folder() / "rules"


def own_rules() -> tuple[Path, ...]:
    """Return the folder of the user's own rules, where there is one."""
    folder = config_folder() / "rules"
    return (folder,) if folder.is_dir() else ()


def own_loans() -> Path:
    """Return where the user's ledger is kept."""
    return config_folder() / "loans.toml"


def own_zone() -> ZoneInfo:
    """Return the holder's time zone; a ledger that is wrong keeps no time from being shown."""
    from watcher.control.letters import zone_of  # noqa: PLC0415  the batch tells no times

    try:
        return zone_of(own_loans())
    except UserError:
        return ZoneInfo(Holder().timezone)


def must_be_readable(path: Path) -> None:
    """Refuse a path that was named on the command line and cannot be read."""
    try:
        exists = path.exists()
    except PermissionError:
        raise UserError("cli.not_readable", {"file": str(path)}) from None
    except OSError:  # a name too long to be one
        exists = False
    if not exists:
        raise UserError("cli.no_file", {"file": str(path)})
    if not os.access(path, os.R_OK):
        raise UserError("cli.not_readable", {"file": str(path)})


def load_rules(speaker: Context, *added: Path, thorough: bool = False) -> Rules:
    """Read the shipped rules and the folders laid over them; `UserError` with all mistakes.

    Warnings are for those who edit rules: they are said where reading is `thorough`.
    """
    today = SystemClock().now().date() if thorough else None
    rules, problems = read_rules(shipped_rules(), *added, today=today, thorough=thorough)
    if rules is None or thorough:
        return sound(speaker, rules, problems)
    return rules


def load_rule_data(speaker: Context, *added: Path) -> RuleData:
    """Read the rules as `load_rules` does, for their words alone: nothing is compiled."""
    data, problems = read_rule_data(shipped_rules(), *added)
    return sound(speaker, data, () if data else problems)


def load_letters(
    speaker: Context, *added: Path, checklists: Collection[str]
) -> Mapping[str, Letter]:
    """Read the shipped letters and those beside them; `UserError` with all mistakes."""
    letters, problems = read_letters(shipped_rules(), *added, checklists=checklists)
    return sound(speaker, letters, problems)


def load_providers(speaker: Context, *added: Path) -> Providers:
    """Read the shipped mail providers and those laid over them; `UserError` with all mistakes."""
    providers, problems = read_providers(shipped_rules(), *added)
    return sound(speaker, providers, problems)


def load_ledger(speaker: Context, path: Path, rules: Rules) -> Ledger:
    """Read a ledger; `UserError` with all its mistakes."""
    ledger, problems = read_loans(path, rules.directory)
    return sound(speaker, ledger, problems)


def sound(speaker: Context, value: Value | None, problems: tuple[Problem, ...]) -> Value:
    """Return a value that was read, its warnings said; `UserError` with all problems."""
    if value is None:
        raise UserError("cli.problems", problems=problems)
    for problem in problems:
        speaker.hint(render(problem, speaker.phrases))
    return value
