"""The example inbox: it shows every verdict, and it is judged, not recited."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from watcher.__main__ import main
from watcher.cli import given
from watcher.cli.context import Context
from watcher.cli.demo import PLAYS_AT, judge_inbox
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Case, Verdict

DEMO = Path(__file__).parent.parent / "watcher" / "demo"


@pytest.fixture(scope="module")
def rules() -> Rules:
    return given.load_rules(Context("zh"))


@pytest.fixture(scope="module")
def ledger(rules: Rules) -> Ledger:
    return given.load_ledger(Context("zh"), DEMO / "loans.toml", rules)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEMO / "inbox", tmp_path / "inbox"))


def verdicts(cases: tuple[Case, ...]) -> list[Verdict | None]:
    return [case.judgement.verdict for case in cases]


def the_one(cases: tuple[Case, ...], words: str) -> Case:
    (found,) = (case for case in cases if words in (case.message.text or ""))
    return found


def test_the_example_shows_every_verdict(inbox: Path, rules: Rules, ledger: Ledger) -> None:
    found = verdicts(judge_inbox(inbox, rules, ledger))
    assert set(found) == {*Verdict, None}
    assert found[0] is Verdict.FRAUDULENT


def test_receipts_of_the_example_are_no_notices(inbox: Path, rules: Rules, ledger: Ledger) -> None:
    cases = judge_inbox(inbox, rules, ledger)
    for words in ("成功还款866.50元", "全部结清", "给我留碗汤"):
        assert the_one(cases, words).judgement.verdict is None


@pytest.mark.parametrize(
    ("words", "before", "old", "new", "after"),
    [
        ("已逾期，应还金额1204.00元", Verdict.STALE, "尾号3377", "尾号8805", Verdict.POSSIBLY_OWED),
        ("将于7月25日自动扣款", Verdict.EXPECTED, "1500.00", "1900.00", Verdict.UNSURE),
        ("还款日7月18日", Verdict.LAGGING, "温馨提示", "请下载会议软件", Verdict.FRAUDULENT),
    ],
)
def test_a_word_changed_in_the_inbox_changes_the_verdict(  # noqa: PLR0913  a row of the table
    *,
    inbox: Path,
    rules: Rules,
    ledger: Ledger,
    words: str,
    before: Verdict,
    old: str,
    new: str,
    after: Verdict,
) -> None:
    assert the_one(judge_inbox(inbox, rules, ledger), words).judgement.verdict is before
    (backup,) = inbox.glob("sms-*.xml")
    changed = [
        line.replace(old, new) if words in line else line
        for line in backup.read_text(encoding="utf-8").splitlines(keepends=True)
    ]
    backup.write_text("".join(changed), encoding="utf-8")
    assert the_one(judge_inbox(inbox, rules, ledger), words).judgement.verdict is after


def test_the_inbox_is_dated_around_the_day_on_which_it_plays(
    inbox: Path, rules: Rules, ledger: Ledger
) -> None:
    received = [case.message.received_at for case in judge_inbox(inbox, rules, ledger)]
    assert max(received) <= PLAYS_AT
    assert max(received).astimezone(PLAYS_AT.tzinfo).date() == date(2026, 7, 20)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_example_fits_a_terminal_and_says_what_to_do_next(
    language: str,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from rich.cells import cell_len  # noqa: PLC0415  the only test that measures

    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    assert main(["--lang", language, "demo"]) == 0
    shown, said = capfd.readouterr()
    assert said == ""
    assert max(map(cell_len, shown.splitlines())) <= 80
    assert "loan-watcher init" in shown
    assert "\x1b" not in shown
    assert "https://" not in shown
    assert list(tmp_path.iterdir()) == []
