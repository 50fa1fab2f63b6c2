import gzip
import json
from argparse import Namespace
from pathlib import Path

import pytest

from bench.corpora import Row, active_ledger, corpora_folder, distinct, measure, shape
from watcher.core.knowledge import RuleData, Rules
from watcher.core.lenders import Lender

RULES = Rules.compile(
    RuleData(
        lenders=(
            Lender(id="mountain", name="青山消费", kind="bank", aliases=("青山",)),
            Lender(id="mountain-plus", name="青山消费加", kind="bank"),
            Lender(id="river", name="大河贷", kind="bank"),
        )
    )
)


def row(text: str, identity: str = "1") -> Row:
    return Row(id=identity, text=text, label="x")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("应还1200元", "应还7元"),
        ("点 t.cn/aB3", "点 t.cn/Zq9"),
        ("尊敬的苗小禾先生，您好", "尊敬的欧阳小云先生，您好"),
        ("尊敬的{name}，您好", "尊敬的{borrowerName}，您好"),
        ("苗女士您好", "司马女士您好"),
    ],
)
def test_numbers_letters_and_the_person_addressed_make_no_other_shape(one: str, other: str) -> None:
    assert shape(one) == shape(other)


def test_other_words_make_another_shape() -> None:
    assert shape("应还1200元") != shape("已还1200元")


def test_rows_of_one_shape_count_once_and_the_first_stays() -> None:
    rows = [row("应还12元", "a"), row("已还12元", "b"), row("应还90元", "c")]
    assert [one.id for one in distinct(rows)] == ["a", "b"]


def test_the_ledger_has_an_active_loan_at_each_lender_named_and_at_no_other() -> None:
    ledger = active_ledger([row("青 山 消费加提醒您"), row("今天天气好")], RULES)
    assert [loan.id for loan in ledger.loans] == ["mountain-plus"]
    assert all(loan.status == "active" for loan in ledger.loans)


def test_absent_corpora_are_said_to_be_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOAN_WATCHER_CORPORA", str(tmp_path / "none"))
    assert measure(Namespace(quick=True, misses=False)) == {"absent": True}
    assert "not here" in capsys.readouterr().out


def test_labels_are_compared_with_what_was_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOAN_WATCHER_CORPORA", str(tmp_path))
    assert corpora_folder() == tmp_path
    labelled = [
        ("a", "您的大河贷已逾期3天，欠款812.00元，请尽快还款。", True, False),
        ("b", "晚上一起吃饭吗？", False, False),
        ("c", "【大河贷】您本期还款812.00元已扣款成功。", False, True),
        ("d", "您的大河贷已逾期5天，欠款97.20元，请尽快还款。", True, False),
    ]
    with (tmp_path / "labelled.jsonl").open("w", encoding="utf-8") as file:
        for identity, text, demands, settles in labelled:
            form = {
                "id": identity,
                "text": text,
                "sender": None,
                "label": "some",
                "demands_payment": demands,
                "settlement_evidence": settles,
            }
            file.write(json.dumps(form) + "\n")
    with gzip.open(tmp_path / "unlabelled.jsonl.gz", "wt", encoding="utf-8") as file:
        for identity, group, text in (
            ("u", "personal", "明天爬山去"),
            ("v", "ham", "快递到了，取件码{code}"),
            ("w", "spam", "最低价清仓"),
        ):
            file.write(json.dumps({"id": identity, "text": text, "class": group}) + "\n")
    numbers = measure(Namespace(quick=True, misses=True))
    assert numbers == {
        "demand_recall": 1.0,
        "demand_false": 0.0,
        "receipt_recall": 1.0,
        "chat_alerts": 0,
        "chat_messages": 2,
    }
    assert "labelled" in capsys.readouterr().out
