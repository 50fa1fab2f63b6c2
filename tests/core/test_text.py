from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.core.letters import REMEMBERED, Letters
from watcher.core.text import Folding
from watcher.userfiles.rules import read_rules

RULES = Path(__file__).resolve().parents[2] / "rules"
MEBIBYTE = 1 << 20


def _shipped() -> Folding:
    rules, _ = read_rules(RULES)
    assert rules is not None
    characters = rules.data.characters
    return Folding.of(characters.single, characters.variants)


FOLDING = _shipped()
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
DISGUISED = st.text(
    st.sampled_from("逾期还款蒸信v微 .·*\n_-~|\u200b\u00ad\ufe0f😀①１貸ａ\ud800\x00㍿"), max_size=40
)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("１２３ＡＢｃ，：（）", "123ABc,:()"),
        ("您的貸款已逾期，請還款", "您的贷款已逾期,请还款"),
        ("逾\u200b期\u202e\u2066", "逾期"),
        ("c\u043cb\u0441", "cmbc"),
        ("1️⃣①⑴❶⒈１", "111111"),
        ("⑩❿🔟⒇", "10101020"),
        ("zhēng xìn", "zheng xin"),
        ("逾̶期̶", "逾期"),
        ("两行\r\n字\t表", "两行\n字\t表"),
        ("a\u2028b\u0085c", "a\nb\nc"),
        ("½ ㏠ ㍿", "1/2 1日 株式会社"),
    ],
)
def test_every_way_to_write_a_character_is_folded_to_one(written: str, read: str) -> None:
    assert FOLDING.read(written).plain == read


@pytest.mark.parametrize("nothing", ["\ue000", "\U0010fffd", "\u0378", "\uffff", "\ufdd0"])
def test_codes_without_a_character_of_their_own_hide_no_word(nothing: str) -> None:
    reading = FOLDING.read(nothing.join("安全账户"))
    assert reading.dense == "安全账户"
    assert reading.dense_span(0, 4) == (0, 7)


def test_a_han_character_newer_than_the_tables_stays() -> None:
    assert FOLDING.read("王\U000323b0明").dense == "王\U000323b0明"


def test_a_lone_surrogate_becomes_a_replacement_and_control_characters_vanish() -> None:
    reading = FOLDING.read("还\ud800款\x00\x07日\x1b[0m")

    assert reading.plain == "还\ufffd款日[0m"
    reading.plain.encode()


@pytest.mark.parametrize("wedge", [" ", ".", "·", "\n", "*", "__", "-~-", "😀", "丨", "★", " . "])
def test_what_is_put_inside_a_word_is_gone_from_the_dense_text(wedge: str) -> None:
    reading = FOLDING.read(f"您已逾{wedge}期3天")

    at = reading.dense.index("逾期")
    start, end = reading.dense_span(at, at + 2)
    assert reading.original[start:end] == f"逾{wedge}期"


@pytest.mark.parametrize("wedge", [" ", ".", "·", "-", "/"])
def test_latin_letters_that_stand_one_by_one_are_read_as_a_word(wedge: str) -> None:
    spelt = wedge.join("ToDesk")
    reading = FOLDING.read(f"请装 {spelt} 报码")

    at = reading.dense.index("ToDesk")
    start, end = reading.dense_span(at, at + 6)
    assert reading.original[start:end] == spelt


@pytest.mark.parametrize(
    "kept", ["A/B/C", "e.g. a b", "no. 1.2.3.4", "甲A. 乙B. 丙C. 丁D.", "is a b c", "a b c day"]
)
def test_three_letters_or_the_letters_of_a_list_are_no_word(kept: str) -> None:
    reading = FOLDING.read(kept)

    assert reading.dense == reading.plain


@pytest.mark.parametrize(
    "kept", ["还款,逾期", "还款。逾期", "逾----期", "日 15 号", "还款:逾期", "合同4430,702.19元"]
)
def test_clauses_numbers_and_long_rules_stay_apart_in_the_dense_text(kept: str) -> None:
    reading = FOLDING.read(kept)

    assert reading.dense is reading.plain


def test_the_commas_within_a_number_are_left_out_and_quoted_again() -> None:
    reading = FOLDING.read("应还12,345,678.90元,尾号5512,1234")

    assert reading.dense == "应还12345678.90元,尾号5512,1234"
    start, end = reading.dense_span(2, 13)
    assert reading.original[start:end] == "12,345,678.90"


def test_a_disguised_word_is_spelt_the_usual_way_and_quoted_as_it_stood() -> None:
    reading = FOLDING.read("专业 Zheng 信修复，加V信联系，崔.收停")

    assert "微信" in reading.dense
    at = reading.dense.index("催收")
    start, end = reading.dense_span(at, at + 2)
    assert reading.original[start:end] == "崔.收"


@pytest.mark.parametrize(
    ("written", "read"),
    [("请加未信详谈", "请加微信详谈"), ("消除征锌记录", "消除征信记录"), ("您已逾棋", "您已逾期")],
)
def test_a_character_that_sounds_alike_is_read_as_the_one_it_stands_for(
    written: str, read: str
) -> None:
    assert FOLDING.read(written).dense == read


@pytest.mark.parametrize(
    "ordinary",
    [
        "安徽信用社",
        "归还宽限三天",
        "维修福利基金",
        "单位信息",
        "打车代驾",
        "小学升初中",
        "整洁清爽",
    ],
)
def test_ordinary_words_that_only_look_disguised_stay_as_they_are(ordinary: str) -> None:
    assert FOLDING.read(f"我在{ordinary}").dense == f"我在{ordinary}"


def test_a_disguise_inside_a_latin_word_is_none() -> None:
    assert FOLDING.read("电视TV信号").dense == "电视TV信号"


@pytest.mark.parametrize("name", ["zheng77", "zheng_k", "a-zheng", "x@zheng", "zheng.cn"])
def test_a_word_spelt_in_latin_letters_stays_inside_an_address_or_a_name(name: str) -> None:
    folding = Folding.of({}, {"zheng": "征"})
    assert folding.read(f"找 {name} 谈").dense == f"找 {name} 谈"
    assert folding.read("zheng 信").dense == "征 信"


def test_a_span_of_the_plain_text_leads_back_over_removed_and_spread_characters() -> None:
    reading = FOLDING.read("㍿\u200b尾号１️⃣2")

    at = reading.plain.index("尾号12")
    start, end = reading.plain_span(at, at + 4)
    assert reading.original[start:end] == "尾号１️⃣2"


def test_spans_out_of_range_are_cut_to_the_text() -> None:
    reading = FOLDING.read("還款 ")

    assert reading.plain_span(-5, 99) == (0, 3)
    assert reading.dense_span(2, 1) == (2, 2)
    assert FOLDING.read("").plain_span(0, 4) == (0, 0)


def test_ordinary_text_is_read_without_copies() -> None:
    reading = FOLDING.read("今晚吃什么,老地方见")

    assert reading.dense is reading.plain
    assert reading.plain_span(2, 5) == (2, 5)


def test_a_table_that_leads_in_a_circle_ends() -> None:
    assert Folding.of({"甲": "乙", "乙": "甲"}, {}).read("甲").plain in ("甲", "乙")


def test_folding_is_idempotent_for_every_character_there_is() -> None:
    unstable = []
    for code in range(0x110000):
        plain = FOLDING.fold(chr(code))
        if FOLDING.fold(plain) != plain:
            unstable.append(hex(code))

    assert unstable == []


def test_after_more_characters_than_are_remembered_new_ones_are_remembered_again() -> None:
    letters = Letters({})
    strange = "".join(map(chr, range(REMEMBERED, 3 * REMEMBERED)))

    assert len(strange.translate(letters)) > 0
    assert "Ｈｉ".translate(letters) == "Hi"

    assert len(letters) <= REMEMBERED
    assert letters.keys() >= set(map(ord, "Ｈｉ"))


@given(ANY_TEXT | DISGUISED)
def test_any_text_is_folded_once_and_can_be_encoded(text: str) -> None:
    reading = FOLDING.read(text)

    assert FOLDING.read(reading.plain).plain == reading.plain
    reading.plain.encode()
    reading.dense.encode()


@given(ANY_TEXT | DISGUISED, st.integers(0, 60), st.integers(0, 60))
def test_any_span_leads_back_into_the_original(text: str, one: int, other: int) -> None:
    reading = FOLDING.read(text)
    for form, back in ((reading.plain, reading.plain_span), (reading.dense, reading.dense_span)):
        start, end = sorted((min(one, len(form)), min(other, len(form))))
        first, last = back(start, end)

        assert 0 <= first <= last <= len(text)
        if start < end:
            quoted = FOLDING.read(text[first:last])
            assert form[start:end] in (quoted.plain, quoted.dense) or (
                form[start:end] in quoted.plain + "\0" + quoted.dense
            )


@pytest.mark.parametrize("unit", ["1", "逾 ", "逾.期", " ", "\u200b", "㍿", "v信", "😀"])
def test_a_mebibyte_is_folded_and_mapped_back_in_linear_time(unit: str) -> None:
    text = (unit * MEBIBYTE)[:MEBIBYTE]
    started = process_time()
    reading = FOLDING.read(text)
    reading.dense_span(0, len(reading.dense))

    assert process_time() - started < 3


def test_dropped_blanks_are_known_with_their_place_and_whether_they_ended_a_line() -> None:
    reading = FOLDING.read("还 款\n日·到了 ok")
    assert reading.dense == "还款日到了 ok"
    assert reading.gaps() == ((1, False), (2, True))
    assert reading.line_breaks() == (2,)
    assert reading.without([(3, 4)]).gaps() == reading.gaps()
