"""A notice on an instalment that was paid: what is said of a loan that is still open."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Case, Channel, Holder, Loan, LoanStatus, Message, Verdict
from watcher.core.pipeline import process
from watcher.phrases import LANGUAGES, Language, Phrases

ZONE = ZoneInfo("Asia/Shanghai")
OPEN = Loan(
    id="open",
    lender="微粒贷",
    status=LoanStatus.ACTIVE,
    due_day=10,
    monthly_amount=Decimal("1500.00"),
)
PAID_ON = date(2026, 11, 10)


def noticed(rules: Rules, days: int) -> Case:
    """Judge a demand for an instalment so many days after it was paid."""
    ledger = Ledger.of(Holder(), [OPEN], rules.directory)
    history = History.of(())
    cases = []
    for text, on in (
        ("【微众银行】您的微粒贷本期已成功还款1500.00元。", PAID_ON),
        (
            "【微众银行】您的微粒贷11月10日应还1500.00元已逾期，请尽快还款。",
            PAID_ON + timedelta(days=days),
        ),
    ):
        at = datetime(on.year, on.month, on.day, 10, tzinfo=ZONE)
        message = Message(id=text, channel=Channel.SMS, received_at=at, sender="95384", text=text)
        cases.append(process(message, rules, ledger, history))
        if cases[-1].evidence is not None:
            history.add(cases[-1].evidence)
    return cases[-1]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("days", "verdict"), [(1, Verdict.LAGGING), (30, Verdict.STALE)])
def test_a_loan_that_is_open_is_not_called_settled(
    rules: Rules, days: int, verdict: Verdict, language: Language
) -> None:
    case = noticed(rules, days)
    assert case.judgement.verdict is verdict
    said = Phrases(language).render(case.summary)
    assert ("还没有结清" if language == "zh" else "still open") in said
    assert "—" not in said  # nothing that is not known stands in it


def test_an_instalment_just_paid_is_looked_at_again_when_records_must_have_caught_up(
    rules: Rules,
) -> None:
    alert = noticed(rules, 1).alert
    assert alert is not None
    assert alert.recheck_on == PAID_ON + timedelta(days=8)
    assert noticed(rules, 30).alert is not None
    assert noticed(rules, 30).alert.recheck_on is None  # type: ignore[union-attr]
