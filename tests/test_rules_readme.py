"""The manual for those who write rules: everything a rule file may say is in it, and true."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.cli.running import Ran
from watcher.__main__ import main
from watcher.core.checks import CHECKS
from watcher.core.correspondence import (
    CIRCUMSTANCES,
    FACTS_FOR,
    LOAN_FACTS,
    MESSAGE_FACTS,
    OFFICE_FACTS,
    Recipient,
)
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Holder, Kind, Strength
from watcher.core.rules import MARKS, RuleTest
from watcher.core.ruletests import views_of
from watcher.phrases import LANGUAGES, Phrases
from watcher.userfiles import conditions, letters, providers, rule_schema
from watcher.userfiles.problems import render
from watcher.userfiles.rule_file import RuleFile
from watcher.userfiles.rules import MAX_FILES, read_rule_data
from watcher.userfiles.rules import MAX_RULES as MOST_RULES
from watcher.userfiles.tables import Table
from watcher.userfiles.toml import Document

Run = Callable[..., Ran]
BASE = {
    "id": '"mine.one"',
    "title": '{ zh = "我的", en = "mine" }',
    "strength": '"weak"',
    "all": '["领取礼品"]',
}
TESTS = (
    'tests = [\n  { text = "领取礼品一", hit = true },\n  { text = "领取礼品二", hit = true },\n'
    '  { text = "三", hit = false },\n  { text = "四", hit = false },\n]\n'
)


@pytest.fixture(scope="module")
def manual(checkout: Path) -> str:
    return (checkout / "rules" / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def named(manual: str) -> set[str]:
    """Every word that the manual sets as code, examples included."""
    blocks = re.findall(r"```toml\n(.*?)```", manual, re.DOTALL)
    rest = re.sub(r"```.*?```", "", manual, flags=re.DOTALL)
    code = [*blocks, *re.findall(r"`([^`]+)`", rest)]
    return {word for text in code for word in re.findall(r"[A-Za-z_]+", text)}


def document() -> tuple[RuleFile, Document]:
    empty = Document(file="x.toml", data={}, text="")
    return RuleFile(findings=Table.whole(empty).findings, folder=0), empty


def asked_for() -> Iterator[str]:
    """Yield every key that the reader of rule files asks for, by letting it read."""
    # The readers of single tables are private; what they ask for is what a file may say.
    file, _ = document()

    def asked(read: Callable[[Table, RuleFile], object]) -> set[str]:
        table = Table(data={}, findings=file.findings)
        read(table, file)
        return table.asked

    schema, forms = rule_schema, conditions
    yield from schema._SECTIONS  # noqa: SLF001
    yield from schema._CHARACTERS  # noqa: SLF001
    yield from asked(lambda table, file: schema._rule(table, "x", file))  # noqa: SLF001
    yield from asked(lambda table, _: schema._test(table))  # noqa: SLF001
    yield from asked(lambda table, _: schema._lender(table))  # noqa: SLF001
    yield from asked(schema._checklist)  # noqa: SLF001
    yield from asked(lambda table, _: providers._provider(table))  # noqa: SLF001
    yield from asked(lambda table, _: letters._letter(table, ()))  # noqa: SLF001
    yield from asked(lambda table, _: letters._part(table))  # noqa: SLF001
    yield from asked(forms._pattern)  # noqa: SLF001
    yield from asked(forms._asserted)  # noqa: SLF001
    for form in ("first", "one"):
        pair = Table(data={}, findings=file.findings)
        forms._pair(pair, file, form)  # noqa: SLF001
        yield from pair.asked
    yield from forms._FORMS  # noqa: SLF001
    for name, check in CHECKS.items():
        table = Table(data={"check": name}, findings=file.findings)
        forms._check(table)  # noqa: SLF001
        yield from table.asked
        assert set(check.parameters) <= table.asked
    for section in ("rows", "causes", "steps"):
        row = RecordingRow()
        whole = Table(data={section: [row], "id": "x"}, findings=file.findings)
        {"rows": schema._rows, "causes": schema._causes, "steps": schema._checklist}[section](  # noqa: SLF001
            whole, file
        )
        yield from row.looked_up


class RecordingRow(dict[str, object]):
    """An empty table that notes what is looked up in it."""

    def __init__(self) -> None:
        super().__init__()
        self.looked_up: set[str] = set()

    def get(self, key: str, default: object = None, /) -> object:
        self.looked_up.add(key)
        return default


def test_every_key_of_a_rule_file_is_in_the_manual(named: set[str]) -> None:
    keys = set(asked_for())
    assert {
        "needs_id",
        "imitates",
        "trail_within",
        "hotline_show",
        "would_change",
        "warning",
    } <= keys
    assert keys - named == set()


def test_every_check_and_every_value_it_takes_is_in_the_manual(manual: str) -> None:
    table = manual.partition("### 检查 / Checks")[2].partition("\n### ")[0]
    for name, check in CHECKS.items():
        (row,) = (one for one in table.splitlines() if one.startswith(f"| `{name}` |"))
        for parameter, allowed in check.parameters.items():
            assert f"`{parameter}`" in row, name
            if parameter == "form" and name == "sender":
                continue  # the row says: as above
            for value in (allowed or frozenset()) - (set(Kind) if name == "kind" else set()):
                assert f"`{value}`" in row, (name, value)


def test_every_kind_mark_and_strength_is_in_the_manual(manual: str) -> None:
    for word in (*Kind, *MARKS, *Strength):
        assert f"`{word}`" in manual, word
    marks = manual.partition("### 标记 / Marks")[2].partition("\n### ")[0]
    assert set(re.findall(r"^\| `(\w+)`", marks, re.MULTILINE)) == MARKS


def test_the_limits_are_those_that_hold(manual: str) -> None:
    limits = manual.partition("界限 / limits")[2].partition("\n")[0]
    for limit in (rule_schema.MAX_RULES, MAX_FILES, MOST_RULES, conditions.MAX_DISTANCE):
        assert str(limit) in limits
    assert f"{conditions.MAX_PATTERN} 个字符" in manual


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a user's rules, with the manual's example still to be written."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "config" / "loan-watcher" / "rules"
    folder.mkdir(parents=True, mode=0o700)
    return folder


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def command(*arguments: object) -> Ran:
        capfd.readouterr()
        code = main(["--lang", "zh", *map(str, arguments)])
        return Ran(code, *capfd.readouterr())

    return command


def test_the_manuals_example_goes_the_whole_way_from_a_message_to_a_verdict(
    manual: str, own: Path, run: Run, tmp_path: Path
) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", manual, re.DOTALL)
    (message,) = re.findall(r"^> (恭喜.*。)$", manual, re.MULTILINE)
    (own / "mine.toml").write_text(example, encoding="utf-8")
    (own.parent / "loans.toml").write_text("", encoding="utf-8")
    lines = tmp_path / "messages.jsonl"
    given = {"id": "m1", "channel": "sms", "received_at": "2026-06-01T09:00:00+08:00"}
    lines.write_text(json.dumps(given | {"text": message}, ensure_ascii=False), encoding="utf-8")

    checked = run("rules", "check")
    assert (checked.code, checked.err) == (0, "")
    assert "mine.gift-postage" not in run("rules", "test").out
    told = json.loads(run("rules", "backtest", "--json", lines).out)
    assert [(one["to"], one["rules"]) for one in told["changes"]] == [
        ("fraudulent", ["mine.gift-postage"])
    ]
    assert json.loads(run("check", "--json", message).out)["verdict"] != "fraudulent"

    stable = example.replace('status = "draft"\n', "")
    assert stable != example
    (own / "mine.toml").write_text(stable, encoding="utf-8")
    assert json.loads(run("check", "--json", message).out)["verdict"] == "fraudulent"


def test_conditions_are_written_as_the_manual_writes_them(manual: str, tmp_path: Path) -> None:
    table = manual.partition("### 条件的写法")[2].partition("\n### ")[0]
    forms = re.findall(r"^\| `(.+?)` \|", table, re.MULTILINE)
    assert len(forms) == 10
    words = '[words]\n"mine.gift" = ["结清礼品"]\n'
    for form in forms:
        assert tomllib.loads(f"x = {form}")
        assert says(tmp_path, {"all": f"[{form}]"}, words, "zh") == [], form


def test_what_becomes_of_punctuation_is_as_the_manual_says(manual: str, rules: Rules) -> None:
    found = re.search(r"`(.+)` 已是 `(.+)`，句号 `(.)` 和顿号 `(.)` 不变", manual)
    assert found is not None
    before, after, *kept = found.groups()
    assert rules.folding.fold(before) == after
    assert [rules.folding.fold(sign) for sign in kept] == kept


def test_parameters_that_may_be_lists_are_those_the_manual_names(rules: Rules) -> None:
    text = "【山海银行】6月10日还款0.00元，请访问 https://a.example.top/b ，电话13800001111"
    nobody = Ledger.of(Holder(), (), rules.directory)
    views = views_of(RuleTest(text=text, hit=True, sender="106900001111"), rules, nobody)
    assert views

    def holds(name: str, **given: tuple[str, ...]) -> bool:
        return any(CHECKS[name].bind(given)(view) is not None for view, _ in views)

    for name, parameter, true, false in (
        ("link", "host", "unlisted", "short"),
        ("phone", "form", "mobile", "foreign"),
        ("sender", "form", "bulk", "foreign"),
        ("channel", "is", "sms", "email"),
    ):
        assert not holds(name, **{parameter: (false,)})
        assert holds(name, **{parameter: (false, true)})
    assert holds("amount")
    assert not holds("amount", **{"is": ("owed", "above_zero")})


def test_what_a_test_says_of_a_rule_without_a_phrase_is_quoted_word_for_word(manual: str) -> None:
    assert f"“{Phrases('zh').say('cli.rules.overlooked')}”" in manual
    assert f'"{Phrases("en").say("cli.rules.overlooked")}"' in manual


def test_the_manuals_mail_provider_is_read_over_the_shipped_ones(
    manual: str, checkout: Path, tmp_path: Path
) -> None:
    part = manual.partition("### 邮箱服务商")[2].partition("\n### ")[0]
    example = "".join(f"{line[4:]}\n" for line in part.splitlines() if line.startswith("    "))
    (tmp_path / "providers.toml").write_text(example, encoding="utf-8")
    read, problems = providers.read_providers(checkout / "rules", tmp_path)
    assert problems == ()
    assert read is not None
    assert read.of("wang@corp.example").host == "imap.corp.example"
    assert read.of("wang@163.com").id == "netease"


@pytest.fixture(scope="module")
def on_letters(manual: str) -> str:
    return manual.partition("### 信函")[2].partition("\n### ")[0]


def test_the_manuals_letter_is_read_beside_the_shipped_ones(
    on_letters: str, checkout: Path, tmp_path: Path, rules: Rules
) -> None:
    example = "".join(
        f"{line[4:]}\n" for line in on_letters.splitlines() if line.startswith("    ")
    )
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "mine.toml").write_text(example, encoding="utf-8")
    read, problems = letters.read_letters(checkout / "rules", tmp_path, checklists=rules.checklists)
    assert problems == ()
    assert read is not None
    assert [*read][-1] == "mine.contract"


def test_every_recipient_fact_and_circumstance_of_letters_is_in_the_manual(on_letters: str) -> None:
    for word in (*Recipient, *CIRCUMSTANCES):
        assert f"`{word}`" in on_letters, word
    rows = [line for line in on_letters.splitlines() if line.startswith("| `")]
    for to, facts in FACTS_FOR.items():
        for fact in MESSAGE_FACTS | LOAN_FACTS | OFFICE_FACTS:
            (row,) = (one for one in rows if f"`{fact}`" in one.split("|")[1])
            told = "所有" in row.split("|")[3] or f"`{to}`" in row.split("|")[3]
            assert told == (fact in facts), (to, fact)


def mistakes(manual: str) -> list[tuple[str, str, str]]:
    table = manual.partition("### 常见的写错")[2]
    rows = re.findall(r"^\| `(.+?)` \| (.+?) \| (.+?) \|$", table, re.MULTILINE)
    return [(row[0], row[1], row[2]) for row in rows]


def says(folder: Path, lines: dict[str, str], more: str, language: str) -> list[str]:
    """Return what a check says of the manual's base rule with some lines written otherwise."""
    shipped, own = folder / "shipped", folder / "own"
    for one in (shipped, own):
        one.mkdir(exist_ok=True)
    (shipped / "words.toml").write_text('[words]\n"x" = ["甲乙"]\n', encoding="utf-8")
    body = "".join(f"{key} = {value}\n" for key, value in {**BASE, **lines}.items())
    (own / "mine.toml").write_text(f"{more}[[rules]]\n{body}{TESTS}", encoding="utf-8")
    _, problems = read_rule_data(shipped, own, today=date(2026, 7, 1), thorough=True)
    assert language in LANGUAGES
    phrases = Phrases("zh" if language == "zh" else "en")
    return [render(problem, phrases) for problem in problems]


def test_each_common_mistake_is_answered_as_the_manual_says(manual: str, tmp_path: Path) -> None:
    rows = mistakes(manual)
    assert len(rows) >= 12
    for written, chinese, english in rows:
        key, _, value = written.partition(" = ")
        for language, expected in (("zh", chinese), ("en", english)):
            said = says(tmp_path, {key: value}, "", language)
            assert len(said) == 1, (written, said)
            assert said[0].endswith(f": {expected}"), (written, said)
