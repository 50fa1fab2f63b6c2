"""Rule files: what they may say, and every mistake with its line."""

import gc
from time import process_time

import pytest

from tests.userfiles.rule_folders import TESTS, Folders, own_rule
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
from watcher.core.weights import Question, Weights
from watcher.phrases import Phrases
from watcher.userfiles.problems import render
from watcher.userfiles.rules import read_rule_data
from watcher.userfiles.shipped import shipped_folder


def test_the_shipped_rules_are_sound_and_read_quickly() -> None:
    rules = shipped_folder() / "rules"
    read_rule_data(rules)
    gc.disable()  # what else lives in this process is no matter of theirs
    try:
        started = process_time()
        read_rule_data(rules)
        assert process_time() - started < 0.5
    finally:
        gc.enable()
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
        '[variants]\n"z信" = "征信"\n',
    )
    folders.ship(
        "homophones.toml",
        'ordinary_words = ["蒸信机"]\n[homophones]\n"征信" = ["蒸正", "信"]\n',
    )
    folders.ship(
        "wording.toml",
        '[wording.fraud]\nbias = -700\nlimit = 150\n[wording.fraud.traits]\n"account" = 700\n'
        '[wording.fraud.lists]\n"example" = 12\n[wording.fraud.phrases]\n"私了" = 90\n'
        '"谢谢" = -5\n',
    )
    folders.ship(
        "kinds.toml",
        '[kinds.overdue]\nbias = -300\n[kinds.overdue.phrases]\n"仍未还" = 410\n',
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
    assert data.characters.variants == {
        "z信": "征信", "蒸信": "征信", "正信": "征信", "蒸信机": "蒸信机",
    }  # fmt: skip
    assert data.weights == {
        Question.FRAUD: Weights(
            bias=-700,
            limit=150,
            bare=150,
            traits={"account": 700},
            lists={"example": 12},
            phrases={"私了": 90, "谢谢": -5},
        )
    }
    assert data.kinds == {Kind.OVERDUE: Weights(bias=-300, phrases={"仍未还": 410})}


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
        ("[homophones]\n'征信' = ['征', '信']\n", "problem.shipped-only", 1),
        ("[wording.fraud.phrases]\n'逾期' = -900\n", "problem.shipped-only", 1),
        ("[kinds.overdue.phrases]\n'逾期' = -900\n", "problem.shipped-only", 1),
        ("[words]\nlate = 5\n", "problem.expected-texts", 2),
        ("[words]\nlate = []\n", "problem.expected-texts", 2),
        (
            "[[lenders]]\nid = 'P9'\nname = '甲'\nkind = 'bank'\nlag_days = 900\n",
            "problem.expected-number",
            5,
        ),
        (
            "[[lenders]]\nid = 'P9'\nname = '甲'\nkind = 'consumer-finance'\n",
            "problem.expected-one-of",
            4,
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
