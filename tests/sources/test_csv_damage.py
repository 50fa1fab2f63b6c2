"""Tables with damage: a row costs at most itself, and none costs much time."""

import time
from pathlib import Path

import pytest

from tests.sources.exports import read
from tests.sources.prefixes import assert_prefixes_are_sound
from tests.sources.tables import DUE, HEADER, RECEIVED, table
from watcher.sources import csvfile


def test_bare_quotes_and_separators_in_a_text_cost_nothing(tmp_path: Path) -> None:
    content = (
        "号码,类型,时间,内容\n"
        '95555,接收,2026-03-05 10:15:30,您的"白条"到期\n'
        '95555,接收,2026-03-05 10:15:30,"您的"白条"到期"\n'
        "95555,接收,2026-03-05 10:15:30,应还1,352.29元,请及时还款\n"
        '95555,接收,2026-03-05 10:15:30,"后"\n'
    )

    reading = read(tmp_path, content)

    assert reading.texts == [
        '您的"白条"到期',
        '您的"白条"到期',
        "应还1,352.29元,请及时还款",
        "后",
    ]
    assert [message.unreadable for message in reading.messages] == [None] * 4


def test_a_quote_that_is_never_closed_costs_its_own_row(tmp_path: Path) -> None:
    good = [("", "95555", "接收", "2026-03-05 10:15:30", f"第{n}条") for n in range(5000)]
    bad = '"没有收尾,95555,接收,2026-03-05 10:15:30,x\r\n'

    reading = read(tmp_path, table(HEADER) + bad + table(*good))

    assert reading.texts[1:] == [f"第{n}条" for n in range(5000)]
    assert reading.messages[0].unreadable == "source.damaged_record"


def test_a_row_with_too_few_cells_is_shown_as_damaged(tmp_path: Path) -> None:
    reading = read(tmp_path, table(HEADER, RECEIVED, ("", "95555"), RECEIVED))

    assert [one.unreadable for one in reading.messages] == [None, "source.damaged_record", None]


def test_many_damaged_rows_are_counted_and_not_each_shown(tmp_path: Path) -> None:
    reading = read(tmp_path, table(HEADER, *[RECEIVED] * 900, *[("x", "y")] * 500))

    assert len(reading.messages) == 1000
    assert reading.damage[0].values == {"count": 400}


def test_a_cell_at_the_limit_of_spreadsheets_is_marked_as_cut(tmp_path: Path) -> None:
    [message] = read(tmp_path, table(HEADER, (*RECEIVED[:4], "还" * 32_767))).messages

    assert message.unreadable == "source.text_cut"


def test_a_last_row_that_nothing_ends_may_be_cut(tmp_path: Path) -> None:
    whole = read(tmp_path, table(HEADER, RECEIVED)[:-2])
    more = read(tmp_path, table((*HEADER, "卡槽"), (*RECEIVED, "1"))[:-2])
    inside = read(tmp_path, table(HEADER, RECEIVED, RECEIVED[:4])[:-2] + ',"第一行\n第二')

    assert [message.unreadable for message in whole.messages] == ["source.damaged_record"]
    assert [message.unreadable for message in more.messages] == [None]
    assert (inside.texts, inside.reasons) == ([DUE], ["source.ends_early_uncounted"])


def test_blank_rows_and_an_empty_table_give_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, table(HEADER, ("",) * 5, RECEIVED) + "\r\n\r\n").texts == [DUE]
    assert read(tmp_path, table(HEADER)).finished[0].records == 0


def test_every_prefix_of_a_table_gives_no_wrong_record() -> None:
    rows = [
        (
            "",
            "10690000123456",
            "接收" if n % 4 else "发送",
            "2026-03-05 10:15:30",
            f'{DUE * 8}{n}\n"a",b',
        )
        for n in range(300)
    ]

    assert_prefixes_are_sound(table(HEADER, *rows).encode(), csvfile.read)


@pytest.mark.parametrize(
    "content",
    [
        '"a\n' * 1_000_000,
        "," * 3_000_000,
        '"' * 3_000_001,
        'a,"' * 500_000,
        "还" * 1_500_000,
    ],
)
def test_no_table_takes_more_time_than_its_size_explains(tmp_path: Path, content: str) -> None:
    started = time.process_time()
    reading = read(tmp_path, table(HEADER, *[RECEIVED] * 2000) + content)

    assert time.process_time() - started < 10
    assert DUE in reading.texts
    assert len(reading.finished) == 1
