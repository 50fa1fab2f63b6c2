"""What is on the screen, what may be shown next, and what is to be taken off it again."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from watcher.core.model import Phrase, Urgency, Verdict
from watcher.store import codec, outbox
from watcher.store.connection import reading, transaction
from watcher.store.records import PopUpSeen, Topic, WaitingAlert, from_ms, to_ms

DAY: Final = timedelta(days=1)
NUDGE: Final = "plyer"

_OPEN_DIGESTS = (
    " topic = 'digest' AND case_id IS NULL AND state = 'shown'"
    " AND EXISTS (SELECT 1 FROM alerts AS part WHERE part.part_of = alerts.id"
)


@dataclass(frozen=True, slots=True)
class PopUps:
    """What whoever shows alerts asks of an open store; belongs to the thread of that store."""

    database: sqlite3.Connection

    def waiting(self, now: datetime, fraud_for: timedelta) -> tuple[WaitingAlert, ...]:
        """Return what waits, and frauds shown a day ago, unless `fraud_for` is over for them."""
        with reading():
            again = outbox.repeating(self.database, now - DAY, now - fraud_for)
            return (*outbox.pending(self.database, now), *again)

    def gather(self, parts: Sequence[WaitingAlert], summary: Phrase, now: datetime) -> int:
        """Return the number of one alert for several; it counts for nothing until it is shown."""
        fraud = any(one.verdict is Verdict.FRAUDULENT for one in parts)
        with transaction(self.database):
            # Others that were never shown; one that is waiting for a summary has parts.
            self.database.execute(
                "DELETE FROM alerts WHERE topic = 'digest' AND case_id IS NULL AND state = 'acked'"
                " AND shown_at IS NULL AND NOT EXISTS"
                " (SELECT 1 FROM alerts AS part WHERE part.part_of = alerts.id)",
            )
            inserted = self.database.execute(
                "INSERT INTO alerts (topic, state, verdict, urgency, count, summary, created_at)"
                " VALUES (?, 'acked', ?, ?, ?, ?, ?)",
                (
                    Topic.DIGEST,
                    Verdict.FRAUDULENT if fraud else None,
                    Urgency.CRITICAL if fraud else Urgency.NORMAL,
                    len(parts),
                    codec.dumps(summary),
                    to_ms(now),
                ),
            )
        return int(inserted.lastrowid or 0)

    def mark_gathered(  # noqa: PLR0913, PLR0917  what there is to know of a pop-up
        self,
        number: int,
        parts: Sequence[WaitingAlert],
        backend: str,
        server_id: int | None,
        now: datetime,
        server: str | None,
    ) -> None:
        """Note that the desktop took one alert for several: each was shown by it."""
        with transaction(self.database):
            self.database.execute("UPDATE alerts SET state = 'pending' WHERE id = ?", (number,))
            outbox.mark_shown(self.database, number, backend, server_id, now, server)
            self.database.executemany(
                "UPDATE alerts SET state = 'shown', part_of = ?, backend = ?, shown_at = ?,"
                " first_shown_at = coalesce(first_shown_at, ?), attempts = attempts + 1"
                " WHERE id = ? AND state IN ('pending', 'shown')",
                [(number, backend, to_ms(now), to_ms(now), part.id) for part in parts],
            )
            self.database.execute(
                "UPDATE cases SET status = 'open', snoozed_until = NULL WHERE status = 'snoozed'"
                " AND snoozed_until <= ? AND id IN"
                " (SELECT case_id FROM alerts WHERE part_of = ? AND state = 'shown')",
                (to_ms(now), number),
            )

    def lost(self, now: datetime) -> int:
        """Queue what a server took with it and nobody acknowledged, each once a day at most.

        What was told of by one pop-up for several waits for its turn again, each on its own.
        """
        with transaction(self.database):
            self.database.execute(
                "UPDATE alerts SET state = 'acked' WHERE"  # noqa: S608  fixed
                f"{_OPEN_DIGESTS} AND part.state = 'shown')",
            )
            changed = self.database.execute(
                "UPDATE alerts SET state = 'pending', restored_at = ? WHERE state = 'shown'"
                " AND (restored_at IS NULL OR restored_at <= ?)",
                (to_ms(now), to_ms(now - DAY)),
            )
            self.database.execute(
                "UPDATE alerts SET server = NULL, server_id = NULL WHERE server_id IS NOT NULL",
            )
        return changed.rowcount

    def superseded(self) -> tuple[PopUpSeen, ...]:
        """Return what is on a screen although the user has dealt with it elsewhere."""
        with transaction(self.database):
            self.database.execute(
                "UPDATE alerts SET state = 'acked' WHERE"  # noqa: S608  fixed
                f"{_OPEN_DIGESTS}) AND NOT EXISTS (SELECT 1 FROM alerts AS part"
                " WHERE part.part_of = alerts.id AND part.state <> 'acked')",
            )
            rows = self.database.execute(
                "SELECT alerts.id, coalesce(server, ''), server_id FROM alerts"
                " LEFT JOIN cases ON cases.id = alerts.case_id WHERE server_id IS NOT NULL"
                " AND (state = 'acked' OR (state = 'pending' AND cases.status = 'snoozed'))",
            ).fetchall()
        return tuple(
            PopUpSeen(alert_id=alert, server=server, server_id=number)
            for alert, server, number in rows
        )

    def mark_closed(self, alert_id: int) -> None:
        """Note that the pop-up of an alert is on no screen any more."""
        with transaction(self.database):
            self.database.execute(
                "UPDATE alerts SET server = NULL, server_id = NULL WHERE id = ?", (alert_id,)
            )

    def at(self, server: str, server_id: int) -> int | None:
        """Return which alert a server shows under a number, if it is one of ours."""
        with reading():
            row = self.database.execute(
                "SELECT id FROM alerts WHERE server_id = ? AND server = ? AND state = 'shown'"
                " ORDER BY shown_at DESC LIMIT 1",
                (server_id, server),
            ).fetchone()
        return None if row is None else int(row[0])

    def shown_since(self, moment: datetime) -> tuple[datetime, ...]:
        """Return when there were pop-ups since a moment, nudges among them."""
        with reading():
            rows = self.database.execute(
                "SELECT shown_at FROM popups WHERE shown_at > ? ORDER BY shown_at",
                (to_ms(moment),),
            ).fetchall()
        return tuple(from_ms(shown) for (shown,) in rows)

    def may_nudge(self, now: datetime) -> bool:
        """Note a nudge without words, unless there was one within a day."""
        with transaction(self.database):
            last = self.database.execute(
                "SELECT 1 FROM popups WHERE backend = ? AND shown_at BETWEEN ? AND ?",
                (NUDGE, to_ms(now - DAY) + 1, to_ms(now)),
            ).fetchone()
            if last is None:
                self.database.execute(
                    "INSERT INTO popups (backend, count, shown_at) VALUES (?, 1, ?)",
                    (NUDGE, to_ms(now)),
                )
        return last is None

    def warn_of_flood(self, summary: Phrase, most: int, within: timedelta, now: datetime) -> bool:
        """Queue a warning, once a day, where more cases than `most` alerted within some time."""
        written = codec.dumps(summary)
        with transaction(self.database):
            (came,) = self.database.execute(
                "SELECT count(*) FROM alerts WHERE created_at > ? AND topic = 'case'",
                (to_ms(now - within),),
            ).fetchone()
            warned = self.database.execute(
                "SELECT 1 FROM alerts WHERE created_at > ? AND topic = 'program' AND summary = ?",
                (to_ms(now - DAY), written),
            ).fetchone()
            if came <= most or warned is not None:
                return False
            outbox.withdraw(self.database, summary)
            outbox.announce(self.database, summary, Urgency.NORMAL, now)
        return True
