"""The evidence that proposals rest on is found without reading all of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Case, Holder, Kind, Verdict
from watcher.core.proposals import proposals
from watcher.store import Store


def test_what_is_told_gives_the_same_proposals_as_the_whole_history(
    store: Store, make_case: Callable[..., Case], now: datetime, rules: Rules
) -> None:
    def about(minutes: int, kind: Kind, lender: str, *marks: str) -> Case:
        verdict = None if kind in (Kind.DISBURSEMENT, Kind.SETTLEMENT_RECEIPT) else Verdict.NOT_MINE
        case = make_case(f"第{minutes}条", minutes=minutes, verdict=verdict)
        assert case.evidence is not None
        evidence = replace(case.evidence, kind=kind, lenders=(lender,), marks=frozenset(marks))
        return replace(case, notice=replace(case.notice, kind=kind), evidence=evidence)

    told_of = [
        about(0, Kind.DISBURSEMENT, "L050"),
        about(1, Kind.SETTLEMENT_RECEIPT, "L050"),
        about(2, Kind.OVERDUE, "L050", "residual"),
        about(3, Kind.DUE_REMINDER, "L050"),
        about(4, Kind.DISBURSEMENT, "L004"),
        about(5, Kind.SETTLEMENT_RECEIPT, "L004"),
    ]
    besides = [
        about(6, Kind.COLLECTION, "L050"),
        about(7, Kind.DUE_REMINDER, "L001"),
        about(8, Kind.OVERDUE, "L001", "returned"),
    ]
    store.record([*told_of, *besides], now=now)
    told = list(store.told())
    assert [one.message_id for one in told] == [case.message.id for case in told_of]
    ledger = Ledger.of(Holder(), (), rules.directory)
    found = proposals(told, ledger, rules.directory)
    assert found == proposals(store.history(), ledger, rules.directory)
    assert {one.lender: one.settled_on is not None for one in found} == {
        "招联消费金融": False,
        "微粒贷": True,
    }
