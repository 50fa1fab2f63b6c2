"""Rule files that nobody should write: clear problems, nothing raised, the last good set stays."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time

import pytest

from tests.hand_clock import HandClock
from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Case, Channel, Holder, Message, Verdict
from watcher.core.pipeline import process
from watcher.daemon.userfiles import UserFiles
from watcher.daemon.worker import Desk
from watcher.errors import Problem
from watcher.ingest import Ingest
from watcher.judging.apart import JudgeApart
from watcher.phrases import LANGUAGES, Phrases
from watcher.store import Store
from watcher.userfiles.problems import render
from watcher.userfiles.rules import MAX_RULES, read_rules

NOW = datetime(2026, 7, 20, 1, tzinfo=UTC)
EXAMPLES = (
    'tests = [{ text = "一", hit = true }, { text = "二", hit = true },'
    ' { text = "三", hit = false }, { text = "四", hit = false }]\n'
)
TITLE = 'title = { zh = "我的", en = "mine" }\n'
MOON = f'[[rules]]\nid = "mine.moon"\n{TITLE}strength = "hard"\nall = ["月亮借条"]\n{EXAMPLES}'
FRAUD = "月亮借条请查收"

Read = Callable[..., tuple[Rules | None, tuple[Problem, ...]]]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    return folder


@pytest.fixture
def read(tmp_path: Path, own: Path) -> Read:
    """Read a user's rules over a shipped one; every problem can be told in both languages."""
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / "one.toml").write_text(
        MOON.replace("mine.moon", "shipped.one").replace("月亮", "星星"), encoding="utf-8"
    )

    def reading(*, thorough: bool = False) -> tuple[Rules | None, tuple[Problem, ...]]:
        rules, problems = read_rules(shipped, own, thorough=thorough)
        assert (rules is None) == any(not problem.warning for problem in problems)
        for problem in problems[:200]:
            for language in LANGUAGES:
                assert render(problem, Phrases(language)).startswith(problem.file)
        return rules, problems

    return reading


def many(first: int, count: int) -> str:
    rule = (
        "[[rules]]\nid = 'r{0}'\ntitle = {{ zh = '甲', en = 'a' }}\nstrength = 'weak'\n"
        "all = ['再见{0}了', {{ pattern = '再见\\d+', literal = '再见{0}' }}]\n"
    )
    return "".join(rule.format(number) for number in range(first, first + count))


def test_ten_thousand_rules_are_read_in_seconds_and_one_more_is_refused(
    own: Path, read: Read
) -> None:
    room = MAX_RULES - 1
    for first in range(0, room, 500):
        text = many(first, min(500, room - first))
        (own / f"{first:05}.toml").write_text(text, encoding="utf-8")
    started = process_time()
    full, _ = read()
    assert process_time() - started < 10
    assert full is not None
    assert len(full.notices) + len(full.signals) == MAX_RULES
    (own / "last.toml").write_text(many(room, 1), encoding="utf-8")
    refused, problems = read()
    assert refused is None
    wrong = [(one.file, one.says) for one in problems if not one.warning]
    assert wrong == [("rules/last.toml", "problem.too-many-rules")]


def test_patterns_of_five_hundred_characters_by_the_hundred_are_all_tried(
    own: Path, checkout: Path
) -> None:
    pattern = "月亮" + "[ab]" * 124
    assert len(pattern) == 498
    rule = (
        "[[rules]]\nid = 'r{0}'\ntitle = {{ zh = '甲', en = 'a' }}\nstrength = 'weak'\n"
        "all = [{{ pattern = '{1}{0:02}', literal = '月亮' }}]\n"
    )
    text = "".join(rule.format(number, pattern) for number in range(100))
    (own / "mine.toml").write_text(text, encoding="utf-8")
    rules, _ = read_rules(checkout / "rules", own)
    assert rules is not None
    text = "月亮" + "ab" * 62 + "42"
    message = Message(id="1", channel=Channel.SMS, received_at=NOW, text=text)
    nobody = Ledger.of(Holder(), (), rules.directory)
    case = process(message, rules, nobody, History.of(()))
    assert [signal.rule for signal in case.judgement.signals] == ["r42"]


def test_tables_nested_beyond_reason_are_refused_with_a_clear_word(own: Path, read: Read) -> None:
    condition = '"月亮借条"'
    for _ in range(30):
        condition = f"{{ all = [{condition}] }}"
    for text, says in (
        (MOON.replace('"月亮借条"', condition), "problem.too-deep"),
        (MOON.replace('["月亮借条"]', "[" * 500 + "]" * 500), "problem.too-deep"),
        (
            MOON.replace('["月亮借条"]', '[{ all = [[["月亮借条"]]] }]'),
            "problem.expected-condition",
        ),
        ("[rules.a.b.c]\nid = 'x'\n", "problem.expected-tables"),
        ("[[rules.tests]]\ntext = 'x'\n", "problem.expected-tables"),
        ("[words.a.b]\nc = ['x']\n", "problem.expected-texts"),
        ("rules = 5\n", "problem.expected-tables"),
        ("rules = [5]\n", "problem.expected-tables"),
        ("words = ['x']\n", "problem.expected-table"),
    ):
        (own / "mine.toml").write_text(text, encoding="utf-8")
        rules, problems = read()
        assert rules is None
        assert says in {problem.says for problem in problems}, (text[:60], problems)


def test_a_value_of_any_wrong_type_is_named_with_its_key(own: Path, read: Read) -> None:
    values = ("5", "-1", "1e400", "nan", "true", "2026-07-01", "[]", "[[]]", "{}", "[1, 'x']")
    keys = ("id", "title", "kind", "mark", "strength", "imitates", "status", "sources", "all")
    for key in (*keys, "any", "none", "tests", "valid_until"):
        for value in values:
            lines = {
                "id": '"mine.x"',
                "title": '{ zh = "甲", en = "a" }',
                "strength": '"weak"',
                "all": '["月亮借条"]',
            } | {key: value}
            text = "[[rules]]\n" + "".join(f"{name} = {one}\n" for name, one in lines.items())
            (own / "mine.toml").write_text(text, encoding="utf-8")
            _, problems = read()
            allowed = {("sources", "[]"), ("tests", "[]"), ("valid_until", "2026-07-01")}
            if (key, value) in allowed:
                continue
            wrong = [problem for problem in problems if not problem.warning]
            assert wrong, (key, value)
            assert all(problem.line for problem in wrong), (key, value)
            assert any(f"rules[0].{key}" in (one.key or "") for one in wrong) or {
                one.says for one in wrong
            } & {"problem.kind-or-strength", "problem.key-missing"}, (key, value, wrong)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "big5"])
def test_a_file_in_another_encoding_is_named_and_not_guessed_at(
    own: Path, read: Read, encoding: str
) -> None:
    (own / "mine.toml").write_bytes(MOON.replace("条", "單").encode(encoding, "replace"))
    rules, problems = read()
    assert rules is None
    assert [(one.file, one.says) for one in problems] == [("rules/mine.toml", "problem.not-utf-8")]


def test_one_bad_file_among_good_ones_is_the_only_one_complained_of(own: Path, read: Read) -> None:
    (own / "a.toml").write_text(MOON, encoding="utf-8")
    (own / "b.toml").write_text(MOON.replace("mine.moon", "mine.b")[:90], encoding="utf-8")
    rules, problems = read()
    assert rules is None
    assert {problem.file for problem in problems} == {"rules/b.toml"}


@pytest.fixture
def judge() -> Iterator[JudgeApart]:
    with closing(JudgeApart(HandClock(NOW))) as judge:
        yield judge


@contextmanager
def desk(folder: Path, judge: JudgeApart) -> Iterator[Desk]:
    with Store.open(folder, NOW) as store:
        ingest = Ingest(judge=judge, store=store, clock=HandClock(NOW))
        yield Desk(store=store, ingest=ingest, meanwhile=lambda: None)


@pytest.mark.parametrize(
    "spoilt",
    [
        MOON[: len(MOON) // 2].encode(),
        MOON.encode("utf-16"),
        b"",
        MOON.replace('"hard"', "5").encode(),
        many(0, 501).encode(),
        MOON.replace('"月亮借条"', '{ pattern = "(a+)+(?=b)", literal = "月亮" }').encode(),
        b"\x00" * 4096,
    ],
    ids=["half-saved", "utf-16", "emptied", "wrong-type", "too-many", "pattern", "zeros"],
)
def test_while_running_the_last_good_rules_stay_until_the_file_is_right_again(
    tmp_path: Path, own: Path, judge: JudgeApart, spoilt: bytes
) -> None:
    own.rename(tmp_path / "config-rules")
    config = tmp_path / "config"
    config.mkdir()
    (tmp_path / "config-rules").rename(config / "rules")
    file = config / "rules" / "mine.toml"
    file.write_text(MOON, encoding="utf-8")
    files = UserFiles(config, tmp_path / "state", HandClock(NOW), judge)
    with desk(tmp_path / "state", judge) as at:
        assert verdict(at) is Verdict.FRAUDULENT
        replace(file, spoilt)
        files.refresh(at)
        emptied = spoilt == b""  # an empty file is no mistake: the rule is gone
        assert verdict(at) is (None if emptied else Verdict.FRAUDULENT)
        assert bool(at.store.pending_alerts(NOW)) is not emptied
        replace(file, MOON.replace("月亮借条", "月亮借条请").encode())
        files.refresh(at)
        assert verdict(at) is Verdict.FRAUDULENT
        replace(file, MOON.replace("月亮借条", "太阳借条").encode())
        files.refresh(at)
        assert verdict(at) is None


def replace(file: Path, content: bytes) -> None:
    """Save as editors do, so that the file is another one even within one tick of the clock."""
    other = file.with_suffix(".new")
    other.write_bytes(content)
    other.rename(file)


def verdict(at: Desk) -> Verdict | None:
    message = Message(id="1", channel=Channel.SMS, received_at=NOW, text=FRAUD)
    [case] = at.ingest.judge.judge([message], tuple)
    assert isinstance(case, Case)
    return case.judgement.verdict


def test_a_ledger_that_was_emptied_is_believed_only_when_it_stays_so(
    tmp_path: Path, judge: JudgeApart
) -> None:
    config = tmp_path / "config"
    config.mkdir()
    loans = config / "loans.toml"
    loans.write_text(
        '[[loans]]\nid = "a"\nlender = "微粒贷"\nstatus = "active"\n', encoding="utf-8"
    )
    clock = HandClock(NOW)
    files = UserFiles(config, tmp_path / "state", clock, judge)
    with desk(tmp_path / "state", judge) as at:
        replace(loans, b"")
        for look in (files.refresh, files.refresh, files.read_again):
            look(at)
            assert len(at.ingest.judge.ledger.loans) == 1
        clock.at += timedelta(seconds=3)
        files.refresh(at)
        assert at.ingest.judge.ledger.loans == ()
