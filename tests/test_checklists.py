"""What the shipped checklists and causes say to a frightened person, and what they never say."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

RULES = Path(__file__).parent.parent / "rules"

CHECKLISTS = {"E", "S", "C", "F", "F+", "FJ", "M", "R"}
NUMBERS = {"110", "96110", "12321", "12378", "12368", "400-810-8866"}
"""The telephone numbers that have a source, and the emergency number."""

OFFICIAL = re.compile(
    r"《|第[一二三四五六七八九十百]+条|12321|12378|12368|96110|400-810-8866|拨 110|征信中心"
    r"|人民银行|金融监管总局|地方金融管理部门|法律援助|司法行政部门"
    r"|\d+ (?:个工作)?日内|满 \d+ 日|保存 \d+ 年|每年有?两次免费"
)
"""Wording that names a law, an authority or a deadline set by one."""

NEVER = {
    "X1": r"修复公司具备|专业机构|正规的征信修复",
    "X2": r"自动消除|耐心等待|等待系统|恢复正常信用|automatically cleared|wait patiently",
    "X3": r"重新还款|再次还款|重新支付|先还上|pay it again",
    "X4": r"亲友借|向亲|借新还旧|borrow from",
    "X5": r"先还利息|优先偿还利息|interest first",
    "X6": r"属于正常|正常提醒|正常现象|is normal|nothing unusual",
    "X7": r"可排除|可以排除|就说明没问题|can be ruled out",
    "X8": r"一定时间内(?:仍|会|继续)",
    "X10": r"公众号|official account",
    "X11": r"消费者权益保护法",
    "X12": r"开通自动扣款|设置自动扣款|绑定常用卡|set up automatic",
}
REASSURING = re.compile(
    r"安全|可以忽略|请忽略|不用理|不必理会|放心|没事|无需担心"
    r"|\bsafe\b|\bignore\b|harmless|don't worry",
    re.IGNORECASE,
)


def _checklists() -> dict[str, dict[str, Any]]:
    files = sorted((RULES / "checklists").glob("*.toml"))
    lists = [tomllib.loads(file.read_text("utf-8")) for file in files]
    return {one["id"]: one for one in lists}


def _causes() -> list[dict[str, Any]]:
    rows = tomllib.loads((RULES / "causes.toml").read_text("utf-8"))["causes"]
    return list(rows)


def _steps() -> Iterator[tuple[str, dict[str, Any]]]:
    for id_, checklist in _checklists().items():
        for step in checklist["steps"]:
            yield f"{id_}.{step['id']}", step


def _sentences() -> Iterator[tuple[str, dict[str, str]]]:
    """Every sentence for the user in these files, with where it stands."""
    for id_, checklist in _checklists().items():
        yield f"{id_}.title", checklist["title"]
        yield f"{id_}.intro", checklist["intro"]
    for where, step in _steps():
        yield where, step["text"]
    for cause in _causes():
        yield f"{cause['id']}.title", cause["title"]
        yield f"{cause['id']}.explains", cause["explains"]


STEPS = list(_steps())
SENTENCES = list(_sentences())


def test_every_checklist_is_there() -> None:
    assert set(_checklists()) == CHECKLISTS


@pytest.mark.parametrize("id_", sorted(CHECKLISTS - {"F+"}))
def test_a_checklist_first_sends_the_user_to_the_lenders_own_app(id_: str) -> None:
    first = _checklists()[id_]["steps"][0]["text"]
    assert "自己打开" in first["zh"]
    assert "官方 App" in first["zh"]
    assert re.search(
        r"[Oo]pen (?:the|your) lender's own app yourself|open its own app yourself", first["en"]
    )


def test_who_has_already_paid_is_first_sent_to_the_police() -> None:
    steps = _checklists()["F+"]["steps"]
    assert "110" in steps[0]["text"]["zh"]
    assert "110" in steps[0]["text"]["en"]
    assert any("自己打开" in step["text"]["zh"] for step in steps[:3])


@pytest.mark.parametrize("id_", ["E", "S", "R", "F"])
def test_paying_is_only_ever_in_the_official_app_and_a_warning(id_: str) -> None:
    warnings = [step["text"] for step in _checklists()[id_]["steps"] if step.get("warning")]
    assert any(
        "只有官方 App 里" in text["zh"] and "时，才在官方 App 里还" in text["zh"]
        for text in warnings
    )
    assert any("only inside the official app" in text["en"] for text in warnings)


@pytest.mark.parametrize("id_", ["S", "C", "R"])
def test_credit_repair_is_warned_against(id_: str) -> None:
    warnings = [step["text"] for step in _checklists()[id_]["steps"] if step.get("warning")]
    assert any("不要找" in text["zh"] and "征信修复" in text["zh"] for text in warnings)
    assert any("Never use a" in text["en"] for text in warnings)


def test_credit_repair_is_named_nowhere_but_in_warnings() -> None:
    assert all(step.get("warning") for _, step in STEPS if "修复" in step["text"]["zh"])


@pytest.mark.parametrize("advice", NEVER)
def test_dangerous_advice_stands_nowhere(advice: str) -> None:
    found = [
        where
        for where, text in SENTENCES
        if re.search(NEVER[advice], f"{text['zh']} {text['en']}", re.IGNORECASE)
    ]
    assert found == []


def test_a_call_to_a_lender_always_says_where_the_number_comes_from() -> None:
    for where, step in STEPS:
        text = step["text"]["zh"]
        if "客服" in text:
            assert "官方 App 里的客服" in text, where
        if "拨银行卡" in text:
            assert "背面的号码" in text, where


def test_a_list_for_what_nobody_can_tell_claims_no_settled_loan() -> None:
    rows = tomllib.loads((RULES / "verdicts.toml").read_text("utf-8"))["rows"]
    unsure = {one for row in rows if row["verdict"] == "unsure" for one in row["checklists"]}
    assert "S" in unsure
    for file in (RULES / "checklists").glob("*.toml"):
        said = tomllib.loads(file.read_text("utf-8"))
        if said["id"] in unsure and "还清" in said["intro"]["zh"]:
            assert said["intro"]["zh"].startswith("如果")
            assert said["intro"]["en"].startswith("If ")


def test_nothing_says_that_all_is_well() -> None:
    found = [
        (where, hit.group())
        for where, text in SENTENCES
        for hit in REASSURING.finditer(f"{text['zh']} {text['en']}")
    ]
    assert found == []


@pytest.mark.parametrize(("where", "step"), STEPS, ids=[where for where, _ in STEPS])
def test_a_law_an_authority_or_a_deadline_has_a_source(where: str, step: dict[str, Any]) -> None:
    if OFFICIAL.search(step["text"]["zh"]):
        assert step.get("sources"), where


@pytest.mark.parametrize(("where", "step"), STEPS, ids=[where for where, _ in STEPS])
def test_a_source_is_an_instrument_with_its_grade(where: str, step: dict[str, Any]) -> None:
    for source in step.get("sources", []):
        graded = re.search(r"[ABCD][+−]?(?:/[ABCD])? 级$", source)
        assert graded or "本程序的建议" in source, where
        assert "facts" not in source


@pytest.mark.parametrize("language", ["zh", "en"])
def test_only_telephone_numbers_with_a_source_are_given(language: str) -> None:
    for where, step in STEPS:
        numbers = set(
            re.findall(r"(?<![\d-])(?:400-\d{3}-\d{4}|\d{5}|110)(?![\d-])", step["text"][language])
        )
        assert numbers <= NUMBERS, where
        told = " ".join(step.get("sources", []))
        assert all(number in told or number == "400-810-8866" for number in numbers), where


def test_both_languages_give_the_same_numbers() -> None:
    for where, step in STEPS:
        found = [set(re.findall(r"\d{3,}", step["text"][language])) for language in ("zh", "en")]
        assert found[0] == found[1], where


@pytest.mark.parametrize(("where", "text"), SENTENCES, ids=[where for where, _ in SENTENCES])
def test_every_sentence_is_there_in_chinese_and_in_english(
    where: str, text: dict[str, str]
) -> None:
    assert set(text) == {"zh", "en"}, where
    assert re.search(r"[一-鿿]", text["zh"])
    assert not re.search(r"[一-鿿]", text["en"].replace("(结清证明)", ""))


def test_steps_have_names_of_their_own() -> None:
    for id_, checklist in _checklists().items():
        ids = [step["id"] for step in checklist["steps"]]
        assert len(ids) == len(set(ids)), id_
