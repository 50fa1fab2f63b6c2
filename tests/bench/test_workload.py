from itertools import islice
from pathlib import Path

from bench.naive import naive_recogniser
from bench.workload import MEGABYTE, chat, ledger, megabyte_messages, notices, rule_file
from watcher.core.knowledge import RuleData, Rules
from watcher.core.lenders import Lender
from watcher.core.rules import (
    Check,
    Conditions,
    Literal,
    Pattern,
    Rule,
    Sequence,
    Text,
    Together,
    Words,
)
from watcher.userfiles.rules import read_rules
from watcher.userfiles.shipped import shipped_folder

RULES = Rules.compile(RuleData(lenders=(Lender(id="m", name="青山消费", kind="bank"),)))


def test_all_texts_are_different_and_the_same_in_every_run() -> None:
    first = [text for _, text in notices(500, RULES)]
    assert len(set(first)) == 500
    assert first == [text for _, text in notices(500, RULES)]
    talk = list(chat(500))
    assert len(set(talk)) == 500


def test_a_ledger_has_as_many_loans_as_asked_for() -> None:
    assert len(ledger(25, RULES).loans) == 25


def test_made_up_rules_are_as_a_user_would_have_to_write_them(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir(mode=0o700)
    (folder / "made.toml").write_text(rule_file(0, 40), encoding="utf-8")
    _, problems = read_rules(shipped_folder() / "rules", folder)
    assert [one for one in problems if one.file.endswith("made.toml")] == []


def test_each_long_message_has_a_megabyte() -> None:
    for name, fields in islice(megabyte_messages(), 20):
        (text,) = fields.values()
        assert MEGABYTE * 0.9 < len(text.encode()) <= MEGABYTE, name


def rule(name: str, conditions: Conditions) -> Rule:
    return Rule(id=name, title=Text(zh="例", en="example"), conditions=conditions)


def test_the_naive_loop_finds_what_the_conditions_say() -> None:
    words = {"late": ("晚了", "迟了"), "bill": ("账单",)}
    recognise = naive_recogniser(
        [
            rule("words", Conditions(all=(Words("late"),), none=(Literal("没有"),))),
            rule("sequence", Conditions(all=(Sequence(Words("bill"), Words("late"), 3),))),
            rule("together", Conditions(all=(Together(Words("late"), Words("bill"), 3),))),
            rule("pattern", Conditions(any=(Pattern("\\d+元", ("元",)), Check("tail")))),
            rule("nested", Conditions(all=(Conditions(any=(Literal("甲"), Literal("乙"))),))),
        ],
        words,
    )
    assert recognise("账单又晚了") == ["words", "sequence", "together", "pattern"]
    assert recognise("没有迟了的账单，乙") == ["together", "pattern", "nested"]
