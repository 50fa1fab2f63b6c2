"""The words of the program: the same in both languages, complete, and never reassuring."""

import ast
import re
import string
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.core.facts import FACTS
from watcher.core.model import Kind, Phrase, Verdict
from watcher.phrases import LANGUAGES, Language, Phrases, pick_language
from watcher.phrases.display import defanged, printable

ROOT = Path(__file__).parent.parent
SUMMARY_BLANKS = {
    *("lender", "loan", "amount", "due_on", "settled_on", "days", "recheck_on"),
}
NO_NOTICES = {"receipt", "settlement", "disbursement", "marketing", "other"}

CALMING = re.compile(
    "安全|放心|忽略|真实|可信|无风险|没有风险|没问题|没事|不用管|不必管|不用理|无需理会|不必理会|不用担心"
    r"|(?i:\b(safe|safely|secure|genuine|legitimate|trustworthy|harmless|ignore|relax|no risk"
    r"|don't worry|nothing to worry|no action needed|all is well)\b)"
)


def flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def texts(language: Language) -> dict[str, str]:
    file = ROOT / "watcher" / "phrases" / f"{language}.toml"
    return dict(flat(tomllib.loads(file.read_text(encoding="utf-8"))))


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_phrases_with_the_same_blanks() -> None:
    chinese, english = texts("zh"), texts("en")
    assert chinese.keys() == english.keys()
    different = {key for key in chinese if blanks(chinese[key]) != blanks(english[key])}
    assert not different


def test_every_blank_has_a_name_and_no_format() -> None:
    for language in LANGUAGES:
        for key, text in texts(language).items():
            for _, name, format_spec, conversion in string.Formatter().parse(text):
                assert name is None or name.isidentifier(), key
                assert not format_spec, key
                assert not conversion, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_reassures(language: Language) -> None:
    calming = {key: text for key, text in texts(language).items() if CALMING.search(text)}
    assert not calming


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_summary_ends_with_the_lenders_own_app(language: Language) -> None:
    own_app = {"zh": r"App[^。]*。$", "en": r"\bapp\b[^.]*\.$"}[language]
    for key, text in texts(language).items():
        if key.startswith("case.summary."):
            assert re.search(own_app, text), key


def test_summaries_have_only_the_blanks_that_every_case_fills() -> None:
    for key, text in texts("zh").items():
        if key.startswith("case."):
            assert blanks(text) <= SUMMARY_BLANKS, key


def test_everything_the_core_can_say_has_a_phrase() -> None:
    spoken = Phrases("zh")
    wanted = {
        *(f"case.ground.{fact}" for fact in FACTS),
        *(f"verdict.{verdict}" for verdict in (*Verdict, "none")),
        *(f"kind.{kind}" for kind in Kind),
        *(f"case.summary.{verdict}" for verdict in Verdict),
        *(f"case.summary.{kind}" for kind in NO_NOTICES),
    }
    assert not {phrase for phrase in wanted if phrase not in spoken}


def test_everything_the_verdict_table_says_has_a_phrase() -> None:
    table = ROOT / "rules" / "verdicts.toml"
    rows = tomllib.loads(table.read_text(encoding="utf-8"))["rows"]
    wanted = {f"case.change.{change}" for row in rows for change in row.get("would_change", ())}
    wanted |= {f"case.summary.{row['summary']}" for row in rows if "summary" in row}
    spoken = Phrases("zh")
    assert not {phrase for phrase in wanted if phrase not in spoken}


def named_in_code() -> Iterator[tuple[str, str]]:
    """Yield phrase ids that stand as literals in the code, with the place."""
    speaking = {"say", "UserError", "SourceUnavailable", "CredentialsRefused", "spoken"}
    for file in sorted((ROOT / "watcher").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            given_ids = [one.value for one in node.keywords if one.arg == "says"]
            given_ids += node.args[:1] if name in speaking else []
            for one in given_ids:
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield one.value, f"{file.relative_to(ROOT)}:{one.lineno}"


def test_every_phrase_that_the_code_names_exists() -> None:
    spoken = Phrases("zh")
    named = list(named_in_code())
    assert len(named) > 50
    assert not [(phrase, place) for phrase, place in named if phrase not in spoken]


def test_values_are_shown_as_people_write_them() -> None:
    chinese, english = Phrases("zh"), Phrases("en")
    assert chinese.show(Decimal("1352.29")) == "1,352.29"
    assert chinese.show(date(2026, 7, 17)) == "2026年7月17日"
    assert english.show(date(2026, 7, 17)) == "17 Jul 2026"
    assert english.show(datetime(2026, 7, 17, 9, 5, tzinfo=UTC)) == "17 Jul 2026 09:05"
    assert chinese.show(None) == "—"
    assert chinese.show(["甲", "乙"]) == "甲、乙"
    assert english.show(("a", "b")) == "a, b"


def test_a_phrase_of_the_core_is_rendered_with_its_values() -> None:
    phrase = Phrase(id="case.ground.days.lag", values={"days": 3})
    assert "3" in Phrases("zh").render(phrase)


def test_an_unknown_phrase_or_a_missing_value_is_our_bug() -> None:
    with pytest.raises(KeyError):
        Phrases("zh").say("no.such.phrase")
    with pytest.raises(KeyError):
        Phrases("zh").say("case.ground.days.lag", {})


def test_braces_in_a_value_fill_no_blank() -> None:
    said = Phrases("en").say("cli.no_file", {"file": "{file.__class__}"})
    assert "{file.__class__}" in said


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_a_value_brings_no_control_or_invisible_character(value: str) -> None:
    shown = Phrases("zh").show(value)
    assert shown.isprintable()
    shown.encode()
    assert printable(shown) == shown


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_evidence_brings_no_character_that_acts(text: str) -> None:
    shown = defanged(text)
    assert all(one.isprintable() or one in "\n\u00a0\u3000" for one in shown)
    shown.encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("点 https://www.x-y.cn/a.apk", "点 hxxps://www[.]x-y[.]cn/a[.]apk"),
        ("http://1.2.3.4/x", "hxxp://1[.]2[.]3[.]4/x"),
        ("登录 例子.中国 查看", "登录 例子[.]中国 查看"),
        ("拨打13812345678", "拨打138*****678"),
        ("拨打400-123-4567", "拨打400-***-*567"),
        ("应还1352.29元，尾号9929", "应还1352.29元，尾号9929"),
        ("2026-07-17 11:00前", "2026-07-17 11:00前"),
        ("前面\u202e后面", "前面[U+202E]后面"),
        ("免\u200b费", "免[U+200B]费"),
        ("\x1b[31m红", "[U+001B][31m红"),
    ],
)
def test_nothing_in_a_shown_message_can_be_followed_or_dialled(text: str, shown: str) -> None:
    assert defanged(text) == shown


@pytest.mark.parametrize(
    ("setting", "environ", "language"),
    [
        ("en", {"LANG": "zh_CN.UTF-8"}, "en"),
        ("zh", {"LANG": "en_US.UTF-8"}, "zh"),
        ("auto", {"LANG": "zh_CN.UTF-8"}, "zh"),
        ("auto", {"LANG": "en_GB.UTF-8"}, "en"),
        ("auto", {"LANG": "de_DE.UTF-8"}, "en"),
        ("auto", {"LC_ALL": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ("auto", {"LANG": "C.UTF-8"}, "en"),
        (None, {}, "en"),
        ("klingon", {"LC_MESSAGES": "zh_TW"}, "zh"),
    ],
)
def test_the_language_follows_the_setting_and_then_the_locale(
    setting: str | None, environ: Mapping[str, str], language: Language
) -> None:
    assert pick_language(setting, environ) == language
