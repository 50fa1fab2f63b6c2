"""Record notices for ever and say the number of each once it is stored; made to be killed."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from watcher.core.model import (
    Alert,
    Case,
    Channel,
    Judgement,
    Kind,
    Match,
    Message,
    Notice,
    Phrase,
    Urgency,
    Verdict,
)
from watcher.store import Cursor, Store

START = datetime(2026, 3, 1, tzinfo=UTC)


def case(number: int) -> Case:
    message = Message(
        id=str(number),
        channel=Channel.SMS,
        received_at=START + timedelta(minutes=number),
        sender="1069000011",
        text=f"【山海贷】第 {number} 次提醒",
    )
    return Case(
        message=message,
        notice=Notice(kind=Kind.OVERDUE),
        match=Match(),
        judgement=Judgement(verdict=Verdict.STALE, row="some-row"),
        summary=Phrase(id="core.summary"),
        key=str(number),
        alert=Alert(urgency=Urgency.NORMAL),
    )


with Store.open(Path(sys.argv[1]), START) as store:
    known = store.cursor("loop")
    # Steps back by two: what was read and perhaps not acknowledged is read again.
    number = max(0, known.position["number"] - 2) if known else 0
    while True:
        store.record(
            [case(number), case(number + 1)],
            cursor=Cursor(source="loop", position={"number": number}),
            now=START,
        )
        print(number + 1, flush=True)  # noqa: T201  the acknowledgement that the test reads
        number += 2
