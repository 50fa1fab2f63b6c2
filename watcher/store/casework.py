"""What the user did with a case: steps ticked off, checklists asked for, verdicts objected to.

The writing functions run inside a transaction of their caller's and return whether there is
such a case.
"""

import sqlite3
from datetime import datetime

from watcher.store import codec
from watcher.store.records import Casework, Objection, Tick, from_ms, to_ms


def of_case(database: sqlite3.Connection, case: int) -> Casework:
    """Return what the user did with a case; nothing where there is no such case."""
    ticks = database.execute(
        "SELECT checklist, step, done_at, note FROM steps WHERE case_id = ?", (case,)
    )
    chosen = database.execute(
        "SELECT checklist FROM chosen_checklists WHERE case_id = ? ORDER BY chosen_at, checklist",
        (case,),
    )
    objection = database.execute(
        "SELECT text, made_at FROM objections WHERE case_id = ?", (case,)
    ).fetchone()
    return Casework(
        ticks=tuple(
            Tick(
                checklist=checklist,
                step=step,
                done_at=None if done_at is None else from_ms(done_at),
                note=note,
            )
            for checklist, step, done_at, note in ticks
        ),
        chosen=tuple(checklist for (checklist,) in chosen),
        objection=(
            None
            if objection is None
            else Objection(text=objection[0], made_at=from_ms(objection[1]))
        ),
    )


def tick(  # noqa: PLR0913, PLR0917  one deed
    database: sqlite3.Connection,
    case: int,
    checklist: str,
    step: str,
    done_at: datetime | None,
    note: str | None,
) -> bool:
    """Note that a step was done, with the user's words; neither takes the note away.

    A step that was done keeps the day on which it was ticked first.
    """
    if not _is_known(database, case):
        return False
    if done_at is None and not note:
        database.execute(
            "DELETE FROM steps WHERE case_id = ? AND checklist = ? AND step = ?",
            (case, checklist, step),
        )
        return True
    database.execute(
        "INSERT INTO steps (case_id, checklist, step, done_at, note) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (case_id, checklist, step) DO UPDATE SET note = excluded.note, done_at = CASE"
        " WHEN excluded.done_at IS NOT NULL THEN coalesce(done_at, excluded.done_at) END",
        (
            case,
            codec.whole(checklist),
            codec.whole(step),
            None if done_at is None else to_ms(done_at),
            codec.whole(note) or None,
        ),
    )
    return True


def choose(database: sqlite3.Connection, case: int, checklist: str, now: datetime | None) -> bool:
    """Lay a checklist beside a case's own ones; None as the time takes it away."""
    if not _is_known(database, case):
        return False
    if now is None:
        database.execute(
            "DELETE FROM chosen_checklists WHERE case_id = ? AND checklist = ?", (case, checklist)
        )
        return True
    database.execute(
        "INSERT OR IGNORE INTO chosen_checklists (case_id, checklist, chosen_at) VALUES (?, ?, ?)",
        (case, codec.whole(checklist), to_ms(now)),
    )
    return True


def mark_wrong(database: sqlite3.Connection, case: int, text: str | None, now: datetime) -> bool:
    """Keep what the user says is wrong about a case, in place of what was said before.

    None takes it back; "" says that something is wrong and not what.
    """
    if not _is_known(database, case):
        return False
    if text is None:
        database.execute("DELETE FROM objections WHERE case_id = ?", (case,))
        return True
    database.execute(
        "INSERT OR REPLACE INTO objections (case_id, text, made_at) VALUES (?, ?, ?)",
        (case, codec.whole(text), to_ms(now)),
    )
    return True


def dismiss(database: sqlite3.Connection, matter: str, now: datetime) -> None:
    """Keep that what a proposal is about is not to be proposed any more."""
    database.execute(
        "INSERT OR IGNORE INTO dismissed_proposals (matter, dismissed_at) VALUES (?, ?)",
        (matter, to_ms(now)),
    )


def _is_known(database: sqlite3.Connection, case: int) -> bool:
    return database.execute("SELECT 1 FROM cases WHERE id = ?", (case,)).fetchone() is not None
