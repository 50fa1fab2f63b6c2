"""What kind a text is worded as, whatever single words a recogniser knows."""

from datetime import UTC, datetime

import pytest

from watcher.core.history import History
from watcher.core.kinds import figures_masked
from watcher.core.knowledge import RuleData, Rules
from watcher.core.ledger import Ledger
from watcher.core.lenders import Lender
from watcher.core.model import Channel, Field, Holder, Kind, Message
from watcher.core.pieces import Part
from watcher.core.pipeline import heard, open_view, process
from watcher.core.recognise import Recognised, recognise
from watcher.core.rules import Conditions, Literal, Rule, Text
from watcher.core.weights import Weights

WEIGHTS = {
    Kind.DUE_REMINDER: Weights(bias=-100, phrases={"应还": 300, "月供": 100}),
    Kind.OVERDUE: Weights(bias=-100, phrases={"应还": 100, "没见着": 600, "差一点": 300}),
    Kind.PAYMENT_RECEIPT: Weights(bias=-100, phrases={"搞定": 900, "¥": 50}),
    Kind.OTHER: Weights(bias=0, phrases={"搞定": -200}),
}


def due(*, shipped: bool = True) -> Rule:
    return Rule(
        id="example.due",
        title=Text(zh="例", en="example"),
        kind=Kind.DUE_REMINDER,
        conditions=Conditions(any=(Literal("应还"), Literal("月供"))),
        shipped=shipped,
    )


def fee() -> Rule:
    return Rule(
        id="example.residual",
        title=Text(zh="例", en="example"),
        mark="residual",
        conditions=Conditions(any=(Literal("余息"),)),
    )


def tried() -> Rule:
    """A rule that says nothing: for it, every text with a sum is read."""
    return Rule(
        id="example.draft",
        title=Text(zh="例", en="example"),
        kind=Kind.STATEMENT,
        conditions=Conditions(any=(Literal("元"), Literal("搞定"))),
        draft=True,
    )


def compiled(*notices: Rule) -> Rules:
    lender = Lender(id="P1", name="招联金融", kind="platform")
    notices = (*notices, tried())
    return Rules.compile(RuleData(notices=notices, kinds=WEIGHTS, lenders=(lender,)))


RULES = compiled(due(), fee())


def recognised(text: str, rules: Rules = RULES) -> Recognised:
    received = datetime(2026, 7, 20, 1, tzinfo=UTC)
    message = Message(id="1", channel=Channel.SMS, received_at=received, text=text)
    ledger = Ledger.of(Holder(), (), rules.directory)
    opened = open_view(message, Part(field=Field.TEXT, text=text), rules, ledger)
    assert opened is not None
    view, hits = opened
    view = heard(view, rules, ledger)
    return recognise(view, hits.notices, rules.settled, rules.kinds)


def test_a_demand_is_of_the_kind_that_it_is_clearly_worded_as_and_quotes_what_showed_it() -> None:
    found = recognised("【招联金融】应还500.00元没见着。")
    assert found.kind is Kind.OVERDUE
    assert found.kinds[Kind.OVERDUE].text == "应还"


def test_a_slight_likelihood_leaves_what_was_recognised() -> None:
    assert recognised("【招联金融】月供差一点500.00元。").kind is Kind.DUE_REMINDER


def test_what_names_no_lender_is_not_weighed() -> None:
    assert recognised("应还500.00元没见着。").kind is Kind.DUE_REMINDER


def test_a_sum_that_falls_due_on_a_day_ahead_is_not_overdue() -> None:
    ahead = recognised("【招联金融】7月25日应还500.00元没见着。")
    passed = recognised("【招联金融】7月15日应还500.00元没见着。")
    assert (ahead.kind, passed.kind) == (Kind.DUE_REMINDER, Kind.OVERDUE)


def test_what_is_left_of_a_fee_keeps_its_kind() -> None:
    assert recognised("【招联金融】余息应还5.00元没见着。").kind is Kind.DUE_REMINDER


def test_what_a_users_recogniser_hears_keeps_its_kind() -> None:
    rules = compiled(due(shipped=False))
    assert recognised("【招联金融】应还500.00元没见着。", rules).kind is Kind.DUE_REMINDER


def test_a_text_without_a_recogniser_is_a_receipt_only_with_a_sum() -> None:
    assert recognised("【招联金融】这期500.00元搞定。").kind is Kind.PAYMENT_RECEIPT
    assert recognised("【招联金融】这期搞定。").kind is Kind.OTHER


@pytest.mark.parametrize("calming", ["", "谢谢。", "本期搞定500.00元。", "祝您生活愉快!"])
def test_a_demand_that_no_recogniser_knows_is_found_whatever_stands_beside_it(
    calming: str,
) -> None:
    found = recognised(f"{calming}【招联金融】500.00元没见着。{calming}")
    assert found.kind is Kind.OVERDUE
    assert "没见着" in found.kinds[Kind.OVERDUE].text


def test_figures_of_a_kind_look_alike() -> None:
    assert (
        figures_masked("7月3日还1234.56元,共1,200元,尾号5520,2026-07-03") == "@还¥元,共¥元,尾号#,@"
    )


class TestWithTheRulesThatShip:
    """Wordings that no recogniser knows, weighed with what was learned."""

    @staticmethod
    def kind_of(text: str, rules: Rules) -> Kind:
        received = datetime(2026, 7, 20, 1, tzinfo=UTC)
        message = Message(id="1", channel=Channel.SMS, received_at=received, text=text)
        ledger = Ledger.of(Holder(), (), rules.directory)
        return process(message, rules, ledger, History.of(())).notice.kind

    @pytest.mark.parametrize(
        "text",
        [
            "【招联金融】代扣回执：卡5520支取612.40元，拆分为本金580.00元、息32.40元，剩余8期。",
            "【招联金融】收到612.40元（本580.00/息32.40），七月这笔不再拖欠。",
        ],
    )
    def test_a_receipt_that_speaks_of_principal_and_arrears_demands_nothing(
        self, text: str, rules: Rules
    ) -> None:
        assert self.kind_of(text, rules) is Kind.PAYMENT_RECEIPT

    def test_a_receipt_beside_a_demand_leaves_the_demand(self, rules: Rules) -> None:
        text = "【招联金融】收到612.40元（本580.00/息32.40）。另有300.00元已逾期，请尽快还款。"
        assert self.kind_of(text, rules) in (Kind.OVERDUE, Kind.DUE_REMINDER)

    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            (
                "【招联金融】因卡片状态异常，7月应还612.40元代扣没能完成，请更换。",
                Kind.DEBIT_FAILED,
            ),
            ("【招联金融】您的612.40元还挂在账上，到期日已过去，请今天处理。", Kind.OVERDUE),
        ],
    )
    def test_the_kinds_of_demands_are_told_apart_by_the_whole_wording(
        self, text: str, kind: Kind, rules: Rules
    ) -> None:
        assert self.kind_of(text, rules) is kind
