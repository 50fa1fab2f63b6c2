"""Rule files: what they may say, what a user's file may not, and every mistake with its line."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import perf_counter

import pytest

from watcher.core.knowledge import RuleData
from watcher.core.model import Kind, Strength, Verdict
from watcher.core.rules import (
    Asserted,
    Check,
    Conditions,
    Literal,
    Pattern,
    Sequence,
    Together,
    Words,
)
from watcher.errors import Problem
from watcher.phrases import LANGUAGES, Phrases
from watcher.userfiles.problems import render
from watcher.userfiles.rules import read_rule_data, read_rules
from watcher.userfiles.shipped import shipped_folder

Write = Callable[[str, str], None]
Found = list[tuple[str, int | None]]

TESTS = """
[[rules.tests]]
text = "请尽快还款一"
hit = true
[[rules.tests]]
text = "请尽快还款二"
hit = true
[[rules.tests]]
text = "谢谢"
hit = false
[[rules.tests]]
text = "再见"
hit = false
"""
RULE = (
    """
[[rules]]
id = "collection.soon"
title = { zh = "催促还款", en = "Presses for payment" }
kind = "collection"
all = ["尽快还款"]
"""
    + TESTS
)


class Folders:
    """A shipped folder and the user's, to be written to and read."""

    def __init__(self, root: Path) -> None:
        self.shipped = root / "shipped"
        self.own = root / "rules"
        self.ship("rules.toml", RULE)
        self.own.mkdir()

    def ship(self, name: str, text: str) -> None:
        self._write(self.shipped / name, text)

    def write(self, name: str, text: str) -> None:
        self._write(self.own / name, text)

    def read(self, *, thorough: bool = True) -> tuple[RuleData | None, tuple[Problem, ...]]:
        data, problems = read_rule_data(
            self.shipped, self.own, today=date(2026, 8, 1), thorough=thorough
        )
        for problem in problems:
            for language in LANGUAGES:
                assert render(problem, Phrases(language)).startswith(problem.file)
        return data, problems

    def found(self) -> Found:
        return [(problem.says, problem.line) for problem in self.read()[1]]

    @staticmethod
    def _write(path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


def own_rule(extra: str, id_: str = "mine.first") -> str:
    return (
        f'[[rules]]\nid = "{id_}"\ntitle = {{ zh = "我的", en = "mine" }}\n'
        f'strength = "weak"\n{extra}\n{TESTS}'
    )


def test_the_shipped_rules_are_sound_and_read_quickly() -> None:
    rules = shipped_folder() / "rules"
    read_rule_data(rules)
    started = perf_counter()
    read_rule_data(rules)
    assert perf_counter() - started < 0.5
    data, problems = read_rule_data(rules, thorough=True)
    assert [render(problem, Phrases("en")) for problem in problems] == []
    assert data is not None


def test_each_form_of_condition_is_read(folders: Folders) -> None:
    folders.write(
        "mine.toml",
        own_rule(
            'all = ["尽快还款", "@late"]\n'
            'any = [{ pattern = "逾期\\\\d+天", literal = "逾期" },'
            ' { first = "@late", then = "借条", within = 20 },'
            ' { one = "合同", other = "@late", within = 0 }]\n'
            'none = [{ check = "link", host = ["deceptive"] },'
            ' { any = ["谢谢", { all = ["再见"] }] }]\n'
            '[words]\nlate = ["逾期", "过期未还"]',
        )
        .replace(TESTS, "")
        .replace("[words]", TESTS + "[words]"),
    )
    data, problems = folders.read()
    assert problems == ()
    assert data is not None
    (rule,) = data.signals
    assert rule.conditions == Conditions(
        all=(Literal("尽快还款"), Words("late")),
        any=(
            Pattern("逾期\\d+天", ("逾期",)),
            Sequence(Words("late"), Literal("借条"), 20),
            Together(Literal("合同"), Words("late"), 0),
        ),
        none=(
            Check("link", (("host", ("deceptive",)),)),
            Conditions(any=(Literal("谢谢"), Conditions(all=(Literal("再见"),)))),
        ),
    )
    assert data.words["late"] == ("逾期", "过期未还")
    assert rule.strength is Strength.WEAK
    assert not rule.shipped
    assert [test.hit for test in rule.tests] == [True, True, False, False]


def test_a_thing_asserted_may_name_what_leads_and_what_trails_it(folders: Folders) -> None:
    condition = "{ of = '收款账户', lead = '切勿', within = 8, trail_within = 3 }"
    folders.write("mine.toml", own_rule(f"all = [{condition}]"))
    data, problems = folders.read()
    assert problems == ()
    assert data is not None
    expected = Asserted(Literal("收款账户"), Literal("切勿"), None, 8, 3)
    assert data.signals[0].conditions.all == (expected,)


def test_shipped_rules_are_marked_so_and_a_users_draft_is_a_draft(folders: Folders) -> None:
    folders.write("mine.toml", own_rule('status = "draft"\nall = ["再见了"]'))
    data, _ = folders.read()
    assert data is not None
    assert [(rule.shipped, rule.draft) for rule in data.notices] == [(True, False)]
    assert [(rule.shipped, rule.draft) for rule in data.signals] == [(False, True)]
    assert data.notices[0].kind is Kind.COLLECTION


def test_tables_causes_checklists_lenders_sites_and_characters_are_read(folders: Folders) -> None:
    folders.ship(
        "verdicts.toml",
        '[[rows]]\nid = "nothing"\nverdict = "null"\nchecklists = ["S"]\n'
        'urgency = "low"\nwhy = { zh = "无", en = "none" }\n',
    )
    folders.ship(
        "causes.toml",
        '[[causes]]\nid = "C01"\ntitle = { zh = "甲", en = "a" }\n'
        'explains = { zh = "乙", en = "b" }\nverdicts = ["stale"]\nfor = []\n',
    )
    folders.ship(
        "checklists/s.toml",
        'id = "S"\ntitle = { zh = "核对", en = "Check" }\nintro = { zh = "先看", en = "Look" }\n'
        '[[steps]]\nid = "app"\ntext = { zh = "打开 App", en = "Open the app" }\nwarning = true\n',
    )
    folders.ship(
        "lenders/a.toml",
        '[[lenders]]\nid = "P1"\nname = "青禾金融"\nkind = "platform"\naliases = ["青禾"]\n'
        'domains = ["qinghe.example"]\nlag_days = 3\n[lenders.basis]\ndomains = "assumed"\n',
    )
    folders.ship("sites.toml", '[sites]\nofficial = ["gov.example"]\n')
    folders.ship(
        "characters.toml",
        'traditional = "貸還"\nsimplified = "贷还"\n[look_alikes]\n"ѕ" = "s"\n'
        '[variants]\n"蒸信" = "征信"\n',
    )
    data, problems = folders.read()
    assert problems == ()
    assert data is not None
    assert data.rows[0].verdict is None
    assert data.causes[0].verdicts == (Verdict.STALE,)
    assert data.checklists[0].steps[0].warning
    assert (data.lenders[0].lag_days, data.lenders[0].basis) == (3, {"domains": "assumed"})
    assert data.sites == {"official": ("gov.example",)}
    assert data.characters.single == {"貸": "贷", "還": "还", "ѕ": "s"}
    assert data.characters.variants == {"蒸信": "征信"}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('all = ["尽快还款"]\nkid = "x"', "problem.unknown-key"),
        ('all = ["@nowhere"]', "problem.unknown-words"),
        ('all = ["尽快还款"]\nstatus = "final"', "problem.expected-one-of"),
        ('all = ["尽快还款"]\nkind = "collection"', "problem.kind-or-strength"),
        ("", "problem.no-conditions"),
        ('none = ["再见"]', "problem.no-conditions"),
        ("all = []", "problem.expected-conditions"),
        ('all = "尽快还款"', "problem.expected-conditions"),
        ("all = [5]", "problem.expected-condition"),
        ("all = ['']", "problem.empty-phrase"),
        ('all = ["\\u200b\\ufe0f"]', "problem.empty-phrase"),
        ("all = ['款']", "problem.short-phrase"),
        ("all = [{ patern = 'x' }]", "problem.unknown-condition"),
        ("all = [{ pattern = 'x(', literal = '逾期' }]", "problem.pattern-not-linear"),
        ("all = [{ pattern = '(?=x)', literal = '逾期' }]", "problem.pattern-not-linear"),
        ("all = [{ pattern = '(x)\\1', literal = '逾期' }]", "problem.pattern-not-linear"),
        (
            "all = [{ pattern = '((x{100}){100}){100}', literal = '逾期' }]",
            "problem.pattern-not-linear",
        ),
        (
            "all = [{ pattern = '((x?){30}){30}', literal = '逾期' }]",
            "problem.pattern-not-linear",
        ),
        ("all = [{ pattern = '" + "x" * 501 + "', literal = '逾期' }]", "problem.pattern-too-long"),
        ("all = [{ pattern = 'x' }]", "problem.key-missing"),
        ("all = [{ pattern = 'x', literal = '逾期', flags = 'i' }]", "problem.unknown-key"),
        ("all = [{ first = '逾期', within = 3 }]", "problem.key-missing"),
        ("all = [{ one = '逾期', other = '借条', within = -1 }]", "problem.expected-number"),
        ("all = [{ one = '逾期', other = '借条' }]", "problem.key-missing"),
        ("all = [{ check = 'lnk' }]", "problem.expected-one-of"),
        ("all = [{ check = 'link', host = 'deceptve' }]", "problem.expected-one-of"),
        ("all = [{ check = 'link', hots = 'deceptive' }]", "problem.unknown-key"),
        ("all = [{ check = 'link', host = [1] }]", "problem.expected-parameter"),
        ("all = [{ check = 'signature' }]", "problem.key-missing"),
        ("all = [{ check = 'lender', is = ['signed'] }]", "problem.expected-one-of"),
        (
            "all = [{ all = [{ all = [{ all = [{ all = ['逾期'] }] }] }] }]",
            "problem.conditions-too-deep",
        ),
        ("all = ['逾期']\nvalid_until = 2026-07-31", "problem.expired"),
        ("all = ['逾期']\nsources = [1]", "problem.expected-texts"),
    ],
)
def test_each_mistake_in_a_users_rule_is_named_once(folders: Folders, line: str, says: str) -> None:
    folders.write("mine.toml", own_rule(line))
    assert [problem for problem, _ in folders.found()] == [says]


@pytest.mark.parametrize(
    ("file", "says", "line"),
    [
        ("[[rules]]\nid = 'x'\n", "problem.key-missing", 1),
        ("[[rows]]\nid = 'x'\n", "problem.shipped-only", 1),
        ("[[causes]]\nid = 'x'\n", "problem.shipped-only", 1),
        ("[variants]\n'征信' = '无'\n", "problem.shipped-only", 1),
        ("[words]\nlate = 5\n", "problem.expected-texts", 2),
        ("[words]\nlate = []\n", "problem.expected-texts", 2),
        (
            "[[lenders]]\nid = 'P9'\nname = '甲'\nkind = 'x'\nlag_days = 900\n",
            "problem.expected-number",
            5,
        ),
        ("[word]\nlate = ['x']\n", "problem.unknown-key", 1),
        ("[words\n", "problem.toml-bracket", 1),
    ],
)
def test_each_mistake_around_a_users_rules_is_named_with_its_line(
    folders: Folders, file: str, says: str, line: int
) -> None:
    folders.write("mine.toml", file)
    assert (says, line) in folders.found()


def test_mistakes_in_the_verdict_table_name_unknown_facts_checklists_and_verdicts(
    folders: Folders,
) -> None:
    folders.ship(
        "verdicts.toml",
        '[[rows]]\nid = "a"\nverdict = "stail"\nall = ["no-such-fact"]\nchecklists = ["ZZ"]\n'
        'why = { zh = "无", en = "none" }\n',
    )
    assert folders.found() == [
        ("problem.expected-one-of", 3),
        ("problem.unknown-fact", 4),
        ("problem.unknown-checklists", 5),
    ]


def test_all_mistakes_of_all_files_come_at_once(folders: Folders) -> None:
    folders.write("a.toml", own_rule("all = ['款']\nkid = 1", "mine.a"))
    folders.write("deep/b.toml", own_rule("all = ['@nowhere']", "mine.b"))
    _, problems = folders.read()
    assert [(problem.file, problem.line, problem.says) for problem in problems] == [
        ("rules/a.toml", 5, "problem.short-phrase"),
        ("rules/a.toml", 6, "problem.unknown-key"),
        ("rules/deep/b.toml", 5, "problem.unknown-words"),
    ]


def test_a_rule_without_its_tests_is_a_mistake_when_checked_and_a_warning_when_run(
    folders: Folders,
) -> None:
    folders.write("mine.toml", own_rule("all = ['逾期']").replace(TESTS, ""))
    data, problems = folders.read(thorough=False)
    assert data is not None
    assert {problem.warning for problem in problems} == {True}
    assert folders.found() == [("problem.too-few-hits", 1), ("problem.too-few-misses", 1)]


def test_a_user_cannot_replace_or_switch_off_anything_shipped(folders: Folders) -> None:
    folders.ship("words.toml", '[words]\nlate = ["逾期"]\n[sites]\nofficial = ["gov.example"]\n')
    folders.write(
        "mine.toml",
        own_rule("all = ['再见了']", "collection.soon")
        + '[words]\nlate = ["永远不会出现"]\n[sites]\nofficial = ["evil.example"]\n',
    )
    data, problems = folders.read()
    assert data is None
    assert [problem.says for problem in problems] == ["problem.replaces-shipped"] * 3


def test_a_later_folder_of_the_users_replaces_an_earlier_one(
    folders: Folders, tmp_path: Path
) -> None:
    folders.write("mine.toml", own_rule("all = ['再见了']"))
    later = tmp_path / "later"
    Folders._write(later / "mine.toml", own_rule("all = ['欢迎光临']"))  # noqa: SLF001  a test's own helper
    data, problems = read_rule_data(folders.shipped, folders.own, later)
    assert problems == ()
    assert data is not None
    assert [rule.conditions.all for rule in data.signals] == [(Literal("欢迎光临"),)]


def test_one_name_twice_in_a_folder_is_refused_with_the_place_of_the_first(
    folders: Folders,
) -> None:
    folders.write("a.toml", own_rule("all = ['再见了']"))
    folders.write("b.toml", own_rule("all = ['再见了']"))
    _, problems = folders.read()
    assert [problem.says for problem in problems] == ["problem.repeated-name"]
    assert "rules/a.toml" in render(problems[0], Phrases("zh"))


def test_a_file_of_five_hundred_rules_is_read_and_of_one_more_refused(folders: Folders) -> None:
    short = (
        "[[rules]]\nid = 'r{}'\ntitle = {{ zh = '甲', en = 'a' }}\n"
        "strength = 'weak'\nall = ['再见{}']\n"
    )
    folders.write("mine.toml", "".join(short.format(n, n) for n in range(500)))
    data, _ = folders.read(thorough=False)
    assert data is not None
    assert len(data.signals) == 500
    folders.write("mine.toml", "".join(short.format(n, n) for n in range(501)))
    assert ("problem.too-many-rules", 1) in folders.found()


def test_a_file_that_is_too_big_is_not_read(folders: Folders) -> None:
    folders.write("mine.toml", "#" * (256 * 1024 + 1))
    assert folders.found() == [("problem.too-big", None)]


def test_a_file_that_others_can_write_is_not_read(folders: Folders) -> None:
    folders.write("mine.toml", own_rule("all = ['再见了']"))
    (folders.own / "mine.toml").chmod(0o664)
    assert folders.found() == [("problem.others-write", None)]
    (folders.own / "mine.toml").chmod(0o644)
    folders.own.chmod(0o777)
    assert folders.found() == [("problem.others-write", None)]


def test_letters_and_providers_are_no_rule_files(folders: Folders) -> None:
    folders.ship("providers.toml", "[[providers]]\n")
    folders.ship("letters/a.toml", "body = 'x'\n")
    assert folders.found() == []


def test_a_folder_without_rules_is_reported_where_rules_must_ship(tmp_path: Path) -> None:
    rules, problems = read_rules(tmp_path / "none")
    assert rules is None
    assert [problem.says for problem in problems] == ["problem.no-rules"]


def test_no_cut_of_a_good_rule_file_stops_the_program(folders: Folders) -> None:
    text = (
        own_rule(
            "all = ['再见了', { pattern = 'x+', literal = '逾期' }]\n"
            "any = [{ first = '@w', then = '借条', within = 2 }, { check = 'anchor' }]"
        )
        + "[words]\nw = ['逾期']\n"
    ).encode()
    for end in range(0, len(text), 37):
        (folders.own / "mine.toml").write_bytes(text[:end])
        data, problems = folders.read()
        assert (data is None) == any(not problem.warning for problem in problems)


def test_fifty_hostile_files_take_nothing_away(folders: Folders) -> None:
    for number in range(50):
        folders.write(
            f"{number}.toml", own_rule("none = ['尽快还款']\nall = ['还款']", f"mine.{number}")
        )
    data, _ = folders.read(thorough=False)
    assert data is not None
    (rule,) = data.notices
    assert rule.conditions.all == (Literal("尽快还款"),)
    assert rule.shipped
