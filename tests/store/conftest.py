from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from watcher.core.model import (
    Alert,
    Case,
    Channel,
    Evidence,
    Judgement,
    Kind,
    Match,
    Message,
    Notice,
    Phrase,
    Urgency,
    Verdict,
)
from watcher.store import Store

NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)
MakeCase = Callable[..., Case]

URGENCY = {Verdict.FRAUDULENT: Urgency.CRITICAL, Verdict.LAGGING: Urgency.LOW}


@pytest.fixture
def now() -> datetime:
    return NOON


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def store(folder: Path, now: datetime) -> Iterator[Store]:
    with Store.open(folder, now) as opened:
        yield opened


@pytest.fixture
def make_case() -> MakeCase:
    def make(  # noqa: PLR0913  each is what some test varies
        text: str = "【山海贷】您的借款 100.00 元已逾期，请尽快还款。",
        *,
        minutes: float = 0,
        sender: str | None = "1069000011",
        verdict: Verdict | None = Verdict.STALE,
        key: str = "山海贷/100.00/",
        kept: bool = True,
    ) -> Case:
        message = Message(
            id=f"{text}/{minutes}",
            channel=Channel.SMS,
            received_at=NOON + timedelta(minutes=minutes),
            sender=sender,
            text=text,
        )
        evidence = Evidence(
            message_id=message.id,
            received_at=message.received_at,
            kind=Kind.OVERDUE,
            verdict=verdict,
            amount=Decimal("100.00"),
        )
        silent = verdict in (None, Verdict.EXPECTED)
        urgency = URGENCY.get(verdict, Urgency.NORMAL) if verdict else Urgency.NORMAL
        return Case(
            message=message,
            notice=Notice(kind=Kind.OVERDUE, amount=Decimal("100.00")),
            match=Match(lender="山海贷"),
            judgement=Judgement(verdict=verdict, row="some-row"),
            summary=Phrase(id="core.summary", values={"amount": Decimal("100.00")}),
            key=key,
            alert=None if silent else Alert(urgency=urgency),
            evidence=evidence if kept else None,
        )

    return make
