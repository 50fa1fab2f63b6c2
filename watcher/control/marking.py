"""What the user says is wrong about a case: kept with it, and proposed as a test of the rules."""

from datetime import datetime
from pathlib import Path

from watcher.control.commands import MarkWrong
from watcher.errors import UserError
from watcher.store import Store, StoredCase
from watcher.userfiles.marked import NOTHING, VERDICTS, Marked, remove_mark, write_mark


def mark_wrong(
    store: Store, stored: StoredCase, deed: MarkWrong, now: datetime, rules: Path
) -> None:
    """Keep an objection or take it back; no verdict changes by it.

    `rules` is the user's own folder.

    Raises:
        UserError: there is no such verdict, or there are too many marks.
        SourceUnavailable: the disk refuses.
    """
    if deed.text is None:
        remove_mark(rules, deed.case)
        store.mark_wrong(deed.case, None, now)
        return
    if deed.verdict is not None and deed.verdict not in VERDICTS:
        raise UserError("control.no_verdict", {"verdict": deed.verdict, "known": VERDICTS})
    leading = stored.leading
    verdict = leading.judgement.verdict
    write_mark(
        rules,
        Marked(
            case=deed.case,
            message=leading.message,
            judged=verdict.value if verdict else NOTHING,
            verdict=deed.verdict,
            says=deed.text,
            rules=tuple(dict.fromkeys(one.rule for one in leading.judgement.signals)),
        ),
    )
    store.mark_wrong(deed.case, deed.text, now)
