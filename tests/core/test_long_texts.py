"""A long text costs little, and a fraud anywhere in it is found."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Channel, Field, Holder, Message, Verdict
from watcher.core.pieces import WINDOW, Part, parts_of
from watcher.core.pipeline import process
from watcher.core.spans import Outside, united

FRAUD = "您的网贷已严重逾期，请添加微信kefu7731协商还款，否则移交法务上门催收。"
REPEATED = (
    "楼下新开了一家面馆，味道不错，周末一起去吃吧。",
    "周报：本周完成了三项任务，下周继续跟进客户的反馈。\n",
)
ROWS = (
    "第{n}批，快递已到{n}号柜，{n}人在等。\n",
    "<p>本月第{n}笔 ￥{n}.00</p>",
)
DEMANDS = (
    "您的借款已逾期12天，应还1350.00元，请尽快还款。",
    "【招联金融】您尾号2231的借款已逾期3天，应还500.50元，请于3月5日前还款。",
)
ENOUGH = 4 * WINDOW


def mail(text: str) -> Message:
    received_at = datetime(2026, 6, 15, 2, tzinfo=UTC)
    return Message(id="m", channel=Channel.EMAIL, received_at=received_at, text=text)


def parts(text: str) -> list[Part]:
    return list(parts_of(mail(text)))


def table(rows: str) -> Message:
    return replace(mail(""), text=None, html=rows) if rows.startswith("<") else mail(rows)


def windows_of(text: str) -> list[Part]:
    return [part for part in parts(text) if part.kept is None]


@pytest.mark.parametrize("said", REPEATED)
def test_a_text_repeated_over_and_over_is_read_once(said: str) -> None:
    assert len(parts(said * (ENOUGH // len(said)))) < len(parts(said * (WINDOW // len(said)))) + 2


@pytest.mark.parametrize("said", REPEATED)
@pytest.mark.parametrize("at", [0, WINDOW, ENOUGH // 2, ENOUGH])
def test_a_fraud_anywhere_in_a_repeated_text_is_found(rules: Rules, said: str, at: int) -> None:
    before, behind = said * (at // len(said)), said * ((ENOUGH - at) // len(said))

    case = process(
        mail(before + FRAUD + behind), rules, Ledger.of(Holder(), (), rules.directory), History()
    )

    assert case.judgement.verdict is Verdict.FRAUDULENT
    quotes = [one.quote for one in case.judgement.signals]
    assert all(len(before) <= one.start < one.end <= len(before + FRAUD) for one in quotes)
    assert {one.field for one in quotes} == {Field.TEXT}


@pytest.mark.parametrize("row", ROWS)
def test_more_rows_of_a_table_are_not_read(row: str) -> None:
    rows = "".join(row.format(n=n) for n in range(1_000, 9_000))

    assert len(list(parts_of(table(rows)))) <= len(rows) / WINDOW / 2


@pytest.mark.parametrize(
    "row",
    [
        "加微信kefu{n}协商您逾期的网贷，否则上门。",
        "您逾期的网贷请联系1380013{n}私下协商，否则上门。",
        "序号{n}，快递已到，账号622202{n}。",
    ],
)
def test_rows_that_differ_by_whom_to_reach_are_all_read(row: str) -> None:
    rows = "".join(row.format(n=n) for n in range(1_000, 6_000))

    assert len(windows_of(rows)) == len(rows) // WINDOW + 1


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("at", [1_001, 3_000, 8_999])
def test_a_fraud_among_the_rows_of_a_table_is_found(rules: Rules, row: str, at: int) -> None:
    rows = "".join(row.format(n=n) + FRAUD * (n == at) for n in range(1_000, 9_000))

    case = process(table(rows), rules, Ledger.of(Holder(), (), rules.directory), History())

    assert case.judgement.verdict is Verdict.FRAUDULENT


@pytest.mark.parametrize(
    "hidden", [FRAUD, "".join(f"{word}★" for word in FRAUD)], ids=["plain", "broken-up"]
)
@pytest.mark.parametrize("demand", DEMANDS)
def test_a_fraud_far_behind_a_demand_is_found(rules: Rules, demand: str, hidden: str) -> None:
    days = "".join(f"第{day}天去了公园，看到{day * 7}只鸟。" for day in range(3 * WINDOW // 14))
    ledger = Ledger.of(Holder(), (), rules.directory)

    alone = process(mail(demand + days), rules, ledger, History())
    case = process(mail(demand + days + hidden + days), rules, ledger, History())

    assert alone.judgement.verdict in {Verdict.UNSURE, Verdict.NOT_MINE}
    assert case.judgement.verdict is Verdict.FRAUDULENT


SPANS = st.lists(st.tuples(st.integers(0, 6), st.integers(1, 9))).map(
    lambda steps: [
        (at, at + size)
        for at, (_, size) in zip(accumulate(step for step, _ in steps), steps, strict=True)
    ]
)


@given(SPANS, SPANS)
def test_what_is_left_outside_touches_nothing_that_is_passed_over(
    spans: list[tuple[int, int]], passed_over: list[tuple[int, int]]
) -> None:
    left = [
        (start, end)
        for start, end in spans
        if not any(first < end and start < last for first, last in passed_over)
    ]

    outside = Outside({"said": spans, "never": []}, united(passed_over))

    assert outside.get("said", []) == left
    assert dict(outside) == ({"said": left} if left else {})
