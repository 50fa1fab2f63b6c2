from collections.abc import Callable
from datetime import date
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.core import extract
from watcher.core.text import Folding, Reading

FOLDING = Folding.of({"а": "a", "期": "期"}, {"v信": "微信"})
RECEIVED = date(2026, 7, 17)
MEBIBYTE = 1 << 20
LIMIT_SECONDS = 0.6
"""Three times the 0.2 s that a message may cost, for a machine that is busy."""

FINDERS: dict[str, Callable[[Reading], tuple[object, ...]]] = {
    "amounts": lambda reading: extract.find_amounts(reading.plain),
    "days": lambda reading: extract.find_days(reading.plain, RECEIVED),
    "overdue days": lambda reading: extract.find_overdue_days(reading.plain),
    "tails": lambda reading: extract.find_tails(reading.plain),
    "phones": lambda reading: extract.find_phones(reading.plain),
    "links": extract.find_links,
    "signatures": lambda reading: extract.find_signatures(reading.plain),
    "people": lambda reading: extract.find_people(reading.plain),
}

PIECES = (
    "0123456789",
    "一二三〇零十百千万亿",
    "年月日号",
    "元块角分¥$",
    "尾号",
    "【】[]()",
    "尊敬的",
    "李晓",
    "先生",
    "逾期",
    "还款日",
    "转告",
    "http://",
    "hxxp",
    "evil.top",
    "www",
    ".",
    "点",
    "。",
    ":",
    "/",
    "@",
    "-",
    "*",
    " ",
    "\n",
    ",",
    "%2F",
    "\ud800",
    "\x00",
    "\u200b",
    "QQ",
    "+86",
    "xn--",
    "本月",
    "今天",
    "·",
)
LIKELY = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)


@given(ANY_TEXT | LIKELY, st.dates())
def test_no_text_makes_an_extractor_fail_and_all_spans_lie_in_it(text: str, received: date) -> None:
    reading = FOLDING.read(text)
    found: list[object] = [*extract.find_days(reading.plain, received)]
    for finder in FINDERS.values():
        found += finder(reading)

    for one in found:
        start, end = one.start, one.end  # type: ignore[attr-defined]
        assert 0 <= start < end <= len(reading.plain)
    for start, end in extract.find_person_ids(reading.plain):
        assert 0 <= start < end <= len(reading.plain)
    extract.number_form(text)


@given(LIKELY)
def test_findings_stand_in_the_order_of_the_text(text: str) -> None:
    reading = FOLDING.read(text)
    for finder in FINDERS.values():
        starts = [one.start for one in finder(reading)]  # type: ignore[attr-defined]
        assert starts == sorted(starts)


@pytest.mark.parametrize("finder", FINDERS.values(), ids=FINDERS.keys())
@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "12 ",
        "1 ",
        "a",
        "a.",
        ".com",
        "【",
        " ",
        "\n",
        "://",
        "http://",
        "a b c . ",
        "尾号",
        "*1",
        "一",
        "尊敬的",
        "转告李",
        "借款人",
        "卡1234",
        "1月",
        "1,",
        "1-",
        "逾期",
        "a@",
        "1.1.1.1/",
        "(",
        "还款日15日",
        "http://a.com/?u=http%3A%2F%2Fb.com",
        "a.b.c.d.e.f.g.h.",
        "点",
        "李晓您",
        "您好",
    ],
)
def test_a_mebibyte_of_anything_costs_little(
    finder: Callable[[Reading], tuple[object, ...]], unit: str
) -> None:
    reading = FOLDING.read((unit * MEBIBYTE)[:MEBIBYTE])
    started = process_time()
    finder(reading)

    assert process_time() - started < LIMIT_SECONDS
