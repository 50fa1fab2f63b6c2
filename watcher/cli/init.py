"""`loan-watcher init`: the first start, step by step; what stands already is not asked again."""

import os
import pwd
import re
import sys
from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path
from typing import Any, Final

import click
from rich.text import Text

from watcher.cli import account, service
from watcher.cli.context import Context, pass_context
from watcher.cli.discover import discover
from watcher.cli.failures import report
from watcher.cli.flow import Flow
from watcher.cli.given import load_rule_data, own_loans, own_rules
from watcher.cli.manager import Manager
from watcher.cli.named import tell_if_unknown
from watcher.cli.scan import scan
from watcher.cli.spoken import spoken
from watcher.cli.standing import Standing, look
from watcher.clock import SystemClock
from watcher.core.lenders import Directory
from watcher.errors import SourceUnavailable, UserError, WatcherError
from watcher.secrets import look_for_secret
from watcher.sources.likely import Likely, find_exports, likely_folders
from watcher.userfiles import ledger_edits
from watcher.userfiles.config_file import ConfigFile, check_account
from watcher.userfiles.folders import config_folder, home_folder
from watcher.userfiles.ledger_file import LedgerFile

FINE: Final = 0
OUTSIDE: Final = 3
MOST_PLACES: Final = 5
SECONDS: Final = 20.0
"""How long files are looked into in search of exports."""

_YES: Final = frozenset({"y", "yes", "是", "好"})
_NO: Final = frozenset({"n", "no", "否", "不"})
_HAN = re.compile("[\u4e00-\u9fff]")


class Outcome(Enum):
    """How a step ended."""

    STANDS = auto()
    """There was nothing to do."""
    DONE = auto()
    SKIPPED = auto()
    ABSENT = auto()
    """It cannot be had here, which was said."""
    FAILED = auto()


class Guide:
    """Asks, as long as somebody answers: at a terminal, or by lines of a pipe.

    Once a pipe has ended nothing is asked any more, and each step says how it is done by hand.
    """

    def __init__(self, speaker: Context) -> None:
        self.speaker = speaker
        self.at_terminal = sys.stdin.isatty()
        self.ended = False
        speaker.asks = True  # the questions of other commands, too, are answered by the pipe

    def ask(self, phrase_id: str, default: str = "") -> str | None:
        """Return what is answered to a phrase, the default to an empty line; None at the end."""
        if self.ended:
            return None
        said = self.speaker.say(phrase_id)
        try:
            answer = click.prompt(said, default=default, show_default=bool(default), err=True)
        except click.Abort:
            self.end()
            return None
        return str(answer).strip()

    def agrees(self, phrase_id: str, *, default: bool = True) -> bool:
        """Return whether the answer is yes, the default to an empty line; nobody's answer is no."""
        while (answer := self.ask(phrase_id)) is not None:
            if not answer:
                return default
            if answer.lower() in _YES | _NO:
                return answer.lower() in _YES
            self.speaker.hint(self.speaker.say("init.yes_or_no"))
        return False

    def end(self) -> None:
        """Take in that there are no more answers; at a terminal that is the wish to stop."""
        if self.at_terminal:
            raise click.Abort
        click.echo(err=True)  # the question had no answer to end its line
        self.ended = True

    def tell(self, phrase_id: str, **values: object) -> None:
        """Print a phrase as a paragraph."""
        self.speaker.print(phrase_id, **values)


Step = Callable[[Guide], Outcome]


@spoken("init.help")
@pass_context
def init(speaker: Context) -> int:
    """Go through all steps, and say what comes next."""
    guide = Guide(speaker)
    ConfigFile.open(_config_path())  # a mistake in it would keep each step from its end
    guide.tell("init.intro")
    try:
        outcomes = [_taken(guide, number, name) for number, name in enumerate(STEPS, 1)]
    except (click.Abort, KeyboardInterrupt):
        speaker.hint(f"\n{speaker.say('init.stopped')}")
        raise
    speaker.console.print()
    left = {Outcome.SKIPPED, Outcome.ABSENT, Outcome.FAILED}.intersection(outcomes)
    guide.tell("init.done_in_part" if left else "init.done")
    guide.tell("init.next")
    tell_if_unknown(speaker)
    return OUTSIDE if Outcome.FAILED in outcomes else FINE


def _taken(guide: Guide, number: int, name: str) -> Outcome:
    """Take a step; whatever keeps it from its end is said, and the next one is taken."""
    speaker = guide.speaker
    what = speaker.say(f"init.{name}.title")
    title = speaker.say("init.step", number=number, count=len(STEPS), what=what)
    speaker.console.print()
    speaker.console.print(Flow(Text(title, style="bold")))
    try:
        outcome = STEPS[name](guide)
    except click.Abort:  # a question of another command's
        guide.end()
        outcome = Outcome.SKIPPED
    except WatcherError as failure:
        report(speaker, failure)
        outcome = Outcome.FAILED
        # What a pipe still holds was meant for this step: a code must not answer the next.
        guide.ended = guide.ended or not guide.at_terminal
    if outcome in {Outcome.SKIPPED, Outcome.FAILED}:
        guide.tell(f"init.{name}.by_hand")
    return outcome


def _holder(guide: Guide) -> Outcome:
    directory = Directory.of(load_rule_data(guide.speaker, *own_rules()).lenders)
    stands = LedgerFile.open(own_loans(), directory).ledger.holder.name
    if stands:
        guide.tell("init.holder.stands", name=stands)
        return Outcome.STANDS
    guide.tell("init.holder.why")
    name = guide.ask("init.holder.ask", default=_own_name())
    if not name:
        return Outcome.SKIPPED
    ledger_edits.name_holder(LedgerFile.open(own_loans(), directory), name)
    guide.tell("init.holder.done", name=name)
    return Outcome.DONE


def _own_name() -> str:
    """Return the name that the system knows the user by, if notices could name them so."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_gecos.split(",")[0].strip()
    except KeyError:
        return ""
    return name if _HAN.search(name) else ""


def _account(guide: Guide) -> Outcome:
    stands = ConfigFile.open(_config_path()).config.accounts
    if stands:
        guide.tell("init.account.stands", addresses=[one.address for one in stands])
        return Outcome.STANDS
    guide.tell("init.account.why")
    while address := guide.ask("init.account.ask"):
        try:
            check_account({"address": address}, address)
            account.add(
                guide.speaker, address, _kept(guide, address), from_stdin=not guide.at_terminal
            )
        except WatcherError as failure:
            if not guide.at_terminal:
                raise
            if failure.says == "account.code_missing":  # an empty line, which skips a step
                break
            report(guide.speaker, failure)
            guide.tell("init.account.again")
        else:
            return Outcome.DONE
    return Outcome.SKIPPED


def _kept(guide: Guide, address: str) -> dict[str, Any]:
    """Return where the code is to be kept: in a file only where there is no keyring, if allowed."""
    if look_for_secret("", environ=os.environ) != "absent":
        return {}
    guide.tell("init.account.no_keyring")
    if not guide.agrees("init.account.ask_file", default=False):
        raise SourceUnavailable("init.account.no_place")
    return {"code_file": config_folder() / f"{Path(address).name}.code"}


def _sms(guide: Guide) -> Outcome:
    stands = ConfigFile.open(_config_path()).config.sms
    if stands:
        guide.tell("init.sms.stands", paths=[_short(one.path) for one in stands])
        return Outcome.STANDS
    guide.tell("init.sms.why")
    home = home_folder()
    found = find_exports(likely_folders(home, os.environ), most=MOST_PLACES, seconds=SECONDS)
    for number, one in enumerate(found, 1):
        guide.tell("init.sms.found", number=number, folder=_short(one.folder), file=one.file.name)
    if not found:
        guide.tell("init.sms.none_found")
    question = "init.sms.ask_which" if found else "init.sms.ask_where"
    while (answer := guide.ask(question, default="1" if found else "")) not in {None, "", *_NO}:
        path = _meant(str(answer), found)
        if path.exists():
            ConfigFile.open(_config_path()).with_sms(_short(path)).save()
            guide.tell("init.sms.done", path=_short(path))
            return Outcome.DONE
        if not guide.at_terminal:
            raise UserError("init.sms.no_folder", {"path": str(path)})
        guide.tell("init.sms.no_folder", path=path)
    return Outcome.SKIPPED


def _meant(answer: str, found: tuple[Likely, ...]) -> Path:
    """Return the place that an answer means: a number of the list, or a path."""
    if answer.isdecimal() and 1 <= int(answer) <= len(found):
        return found[int(answer) - 1].folder
    return Path(os.path.expanduser(answer)).absolute()  # noqa: PTH111  Path raises where no home is known


def _short(path: Path) -> str:
    """Return a path as people write it, from their home on."""
    home = home_folder()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def _scan(guide: Guide) -> Outcome:
    config = ConfigFile.open(_config_path()).config
    if not (config.accounts or config.sms):
        guide.tell("init.scan.no_sources")
        return Outcome.SKIPPED
    standing = _look(guide)
    loans = len(standing.ledger.loans) if standing.ledger else 0
    if loans and not standing.never_read:
        guide.tell("init.scan.stands", count=loans)
        return Outcome.STANDS
    context = click.get_current_context()
    code = FINE
    if standing.never_read:
        guide.tell("init.scan.why")
        if not guide.agrees("init.scan.ask"):
            return Outcome.SKIPPED
        exports = tuple(one.path for one in config.sms if one.path.exists())
        if exports and not loans:
            # First the loans: what is scanned is judged by the ledger as it is then.
            guide.tell("init.scan.discover")
            context.invoke(discover, paths=exports)
            guide.speaker.console.print()
        code = context.invoke(scan, paths=(), since=None, no_notify=True)
    if config.accounts or not standing.never_read:
        guide.speaker.console.print()
        guide.tell("init.scan.discover")
        context.invoke(discover)
    return Outcome.FAILED if code == OUTSIDE else Outcome.DONE


def _service(guide: Guide) -> Outcome:
    try:
        stands = service.standing(Manager(os.environ))
    except WatcherError as failure:
        report(guide.speaker, failure)
        return Outcome.ABSENT
    if stands.sound:
        guide.tell("init.service.stands")
        return Outcome.STANDS
    guide.tell("init.service.why" if not stands.installed else "init.service.again")
    if not guide.agrees("init.service.ask"):
        return Outcome.SKIPPED
    code = click.get_current_context().invoke(service.install, shown=False)
    return Outcome.FAILED if code else Outcome.DONE


def _look(guide: Guide) -> Standing:
    standing = look(guide.speaker.phrases, SystemClock())
    if standing.unreadable is not None:
        raise standing.unreadable
    return standing


def _config_path() -> Path:
    return config_folder() / "config.toml"


STEPS: Final[dict[str, Step]] = {
    "holder": _holder,
    "account": _account,
    "sms": _sms,
    "scan": _scan,
    "service": _service,
}
