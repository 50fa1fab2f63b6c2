"""`loan-watcher evidence`: a case with its proof in one file, and the check of such a file."""

from pathlib import Path

import click

from watcher.casework.gathering import gather
from watcher.casework.packing import Pack, write_pack
from watcher.casework.verifying import verify
from watcher.cli import given, stored
from watcher.cli.context import Context, pass_context
from watcher.cli.spoken import json_option, option, spoken
from watcher.control.deeds import found
from watcher.core.knowledge import Rules
from watcher.errors import UserError
from watcher.userfiles.folders import state_folder


@spoken("evidence.help")
@click.argument("case_id", type=int, metavar="[ID]", required=False)
@option("--into", type=click.Path(path_type=Path), metavar="FOLDER", says="evidence.option.into")
@option(
    "--verify",
    "checked",
    type=click.Path(path_type=Path),
    metavar="FILE.zip",
    says="evidence.option.verify",
)
@json_option
@pass_context
def evidence(
    speaker: Context, case_id: int | None, into: Path | None, checked: Path | None
) -> None:
    """Write the pack of a case, or check one."""
    if (case_id is None) == (checked is None):
        raise UserError("evidence.one_of")
    if checked is not None:
        _verify(speaker, checked)
    elif case_id is not None:
        _write(speaker, case_id, into)


def _write(speaker: Context, case_id: int, into: Path | None) -> None:
    folder = into or _asked(speaker)
    with stored.reading() as store:
        found(store, case_id)  # reading the rules takes a second
        rules = given.load_rules(speaker, *given.own_rules())
        ledger = given.load_ledger(speaker, given.own_loans(), rules)
        material = gather(
            store, state_folder(), case_id, ledger, lambda *step: _words(speaker, rules, *step)
        )
    if material is None:
        raise UserError("explain.unknown_id", {"id": case_id})
    _tell(speaker, write_pack(material, speaker.phrases, folder))


def _words(speaker: Context, rules: Rules, checklist: str, step: str) -> str | None:
    known = rules.checklists.get(checklist)
    for one in known.steps if known else ():
        if one.id == step:
            return one.text.zh if speaker.language == "zh" else one.text.en
    return None


def _asked(speaker: Context) -> Path:
    """Ask where to; where nobody can answer, say what to write."""
    if not speaker.asks:
        raise UserError("evidence.into_missing")
    answer = click.prompt(speaker.say("evidence.ask_into"), default=str(Path.cwd()), err=True)
    return Path(str(answer).strip()).expanduser()


def _tell(speaker: Context, pack: Pack) -> None:
    if speaker.json:
        speaker.print_json(
            {
                "path": str(pack.path.absolute()),
                "bytes": pack.size,
                "sha256": pack.sha256,
                "files": pack.files,
                "new": pack.anew,
                "private": pack.private,
                "flaws": [
                    {"file": one.called, "condition": one.condition.value} for one in pack.flaws
                ],
            }
        )
    else:
        said = "evidence.written" if pack.anew else "evidence.there_already"
        speaker.print(said, count=pack.files)
        path = speaker.phrases.show(str(pack.path.absolute()))
        speaker.console.print(path, soft_wrap=True)  # to be copied whole
        speaker.print("evidence.number", sha256=pack.sha256)
        speaker.print("evidence.write_down")
    for flaw in pack.flaws:
        condition = speaker.say(f"evidence.condition.{flaw.condition.value}")
        speaker.hint(speaker.say("evidence.flaw", file=flaw.called, condition=condition))
    if not pack.private:
        speaker.hint(speaker.say("evidence.not_private"))
    speaker.hint(speaker.say("evidence.warning"))


def _verify(speaker: Context, path: Path) -> None:
    checked = verify(path)
    if speaker.json:
        form = {"files": checked.files, "bytes": checked.size, "sha256": checked.sha256}
        speaker.print_json({"whole": True, **form})
        return
    speaker.print("evidence.verify.whole", file=path.name, count=checked.files)
    speaker.print("evidence.number", sha256=checked.sha256)
    speaker.hint(speaker.say("evidence.verify.means"))
