"""loans.toml: what a user may write, and what is said about each mistake."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from time import process_time

import pytest

from watcher.core.ledger import Ledger
from watcher.core.lenders import Directory, Lender
from watcher.core.model import Holder, Loan, LoanStatus
from watcher.errors import Problem
from watcher.phrases import LANGUAGES, Phrases
from watcher.userfiles.loans import read_loans
from watcher.userfiles.problems import render

DIRECTORY = Directory.of(
    (Lender(id="P1", name="青禾金融", kind="platform", products=("青禾贷",)),),
)


def read(tmp_path: Path, text: str) -> tuple[Ledger | None, tuple[Problem, ...]]:
    path = tmp_path / "loans.toml"
    path.write_text(text, encoding="utf-8")
    ledger, problems = read_loans(path, DIRECTORY)
    for problem in problems:
        for language in LANGUAGES:
            assert render(problem, Phrases(language)).startswith("loans.toml")
    return ledger, problems


def loan_with(tmp_path: Path, line: str) -> Loan:
    ledger, problems = read(tmp_path, f'[[loans]]\nid = "a"\nlender = "青禾金融"\n{line}\n')
    assert problems == ()
    assert ledger is not None
    return ledger.by_id["a"]


def test_a_full_ledger_is_read_exactly(tmp_path: Path) -> None:
    ledger, problems = read(
        tmp_path,
        """
        [holder]
        name = "王小明"
        timezone = "Asia/Urumqi"
        [[loans]]
        id = "qinghe-2025"
        lender = "青禾金融"
        product = "青禾贷"
        account_tail = ["9929", "0831"]
        principal = "12000.00"
        opened_on = 2025-03-01
        status = "settled"
        settled_on = 2026-07-17
        due_day = 17
        monthly_amount = "1352.29"
        """,
    )
    assert problems == ()
    assert ledger is not None
    assert ledger.holder == Holder(name="王小明", timezone="Asia/Urumqi")
    assert ledger.loans == (
        Loan(
            id="qinghe-2025",
            lender="青禾金融",
            product="青禾贷",
            account_tails=("9929", "0831"),
            principal=Decimal("12000.00"),
            opened_on=date(2025, 3, 1),
            status=LoanStatus.SETTLED,
            settled_on=date(2026, 7, 17),
            due_day=17,
            monthly_amount=Decimal("1352.29"),
        ),
    )


@pytest.mark.parametrize("text", ["", "[holder]\nname = '王小明'\n", "loans = []\n"])
def test_a_ledger_without_loans_is_valid_and_empty(tmp_path: Path, text: str) -> None:
    ledger, problems = read(tmp_path, text)
    assert problems == ()
    assert ledger is not None
    assert ledger.loans == ()


def test_a_missing_file_is_an_empty_ledger(tmp_path: Path) -> None:
    ledger, problems = read_loans(tmp_path / "none.toml", DIRECTORY)
    assert problems == ()
    assert ledger is not None
    assert (ledger.loans, ledger.holder) == ((), Holder())


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1352.29", "1352.29"),
        ('"1352.29"', "1352.29"),
        ("0.1", "0.10"),
        ("1352", "1352.00"),
        ("1_200.5", "1200.50"),
        ("1e3", "1000.00"),
    ],
)
def test_an_amount_is_exact_as_text_and_as_number(
    tmp_path: Path, written: str, amount: str
) -> None:
    assert str(loan_with(tmp_path, f"monthly_amount = {written}").monthly_amount) == amount


def test_a_tail_may_be_a_text_a_list_or_a_number(tmp_path: Path) -> None:
    assert loan_with(tmp_path, 'account_tail = "0831"').account_tails == ("0831",)
    assert loan_with(tmp_path, "account_tail = 9929").account_tails == ("9929",)
    assert loan_with(tmp_path, 'account_tail = ["123", "12345678"]').account_tails == (
        "123",
        "12345678",
    )


def test_a_day_may_stand_in_quotation_marks(tmp_path: Path) -> None:
    loan = loan_with(tmp_path, 'settled_on = "2026-07-17"')
    assert loan.settled_on == date(2026, 7, 17)


def test_a_loan_without_status_is_settled_where_it_has_a_day_of_settlement(tmp_path: Path) -> None:
    assert loan_with(tmp_path, "settled_on = 2026-07-17").status is LoanStatus.SETTLED
    assert loan_with(tmp_path, "").status is LoanStatus.ACTIVE


@pytest.mark.parametrize(
    ("line", "says", "key"),
    [
        ('status = "settled"', "problem.settled-without-day", "loans[0]"),
        ('status = "setled"', "problem.expected-one-of", "loans[0].status"),
        ("status = 1", "problem.expected-one-of", "loans[0].status"),
        (
            "opened_on = 2026-07-18\nsettled_on = 2026-07-17",
            "problem.settled-before-opened",
            "loans[0].settled_on",
        ),
        ('settled_on = "2026-02-30"', "problem.no-such-day", "loans[0].settled_on"),
        ('settled_on = "去年七月"', "problem.expected-day", "loans[0].settled_on"),
        ("settled_on = 9999-12-31", "problem.day-out-of-range", "loans[0].settled_on"),
        ("opened_on = 0025-03-01", "problem.day-out-of-range", "loans[0].opened_on"),
        ("opened_on = 20250301", "problem.expected-day", "loans[0].opened_on"),
        ("opened_on = 2025-03-01T08:00:00Z", "problem.expected-day", "loans[0].opened_on"),
        ("due_day = 32", "problem.expected-number", "loans[0].due_day"),
        ("due_day = 0", "problem.expected-number", "loans[0].due_day"),
        ("due_day = true", "problem.expected-number", "loans[0].due_day"),
        ('due_day = "17"', "problem.expected-number", "loans[0].due_day"),
        ('principal = "1.2万"', "problem.expected-amount", "loans[0].principal"),
        ('principal = "12,000"', "problem.expected-amount", "loans[0].principal"),
        ('principal = "１２"', "problem.expected-amount", "loans[0].principal"),
        ("principal = -1", "problem.expected-amount", "loans[0].principal"),
        ("principal = nan", "problem.expected-amount", "loans[0].principal"),
        ("principal = 1e99", "problem.expected-amount", "loans[0].principal"),
        ("principal = true", "problem.expected-amount", "loans[0].principal"),
        ("monthly_amount = 1.005", "problem.expected-amount", "loans[0].monthly_amount"),
        ('account_tail = "12"', "problem.expected-tail", "loans[0].account_tail"),
        ('account_tail = ["1234", "123456789"]', "problem.expected-tail", "loans[0].account_tail"),
        ('account_tail = "尾号99"', "problem.expected-tail", "loans[0].account_tail"),
        ("account_tail = 1.5", "problem.expected-tail", "loans[0].account_tail"),
        ("product = 5", "problem.expected-text", "loans[0].product"),
        ('settled = "x"', "problem.unknown-key", "loans[0].settled"),
    ],
)
def test_each_mistake_in_a_loan_is_named_with_its_key(
    tmp_path: Path, line: str, says: str, key: str
) -> None:
    ledger, problems = read(tmp_path, f'[[loans]]\nid = "a"\nlender = "青禾金融"\n{line}\n')
    assert ledger is None
    assert [(problem.says, problem.key) for problem in problems] == [(says, key)]


@pytest.mark.parametrize(
    ("text", "says", "line"),
    [
        ("[[loans]]\nlender = '青禾金融'\n", "problem.key-missing", 1),
        ("\n[[loans]]\nid = 'a'\n", "problem.key-missing", 2),
        ("[[loans]]\nid = ' '\nlender = '青禾金融'\n", "problem.expected-text", 2),
        ("[loans]\nid = 'a'\n", "problem.expected-tables", 1),
        ("holder = '王小明'\n", "problem.expected-table", 1),
        ("[holder]\ntimezone = 'Asia/Shanghia'\n", "problem.no-such-timezone", 2),
        ("[holder]\ntimezone = '/etc/passwd'\n", "problem.no-such-timezone", 2),
        ("[holder]\ntimezone = 'Asia'\n", "problem.no-such-timezone", 2),
        ("[[loan]]\nid = 'a'\n", "problem.unknown-key", 1),
    ],
)
def test_each_mistake_around_the_loans_is_named_with_its_line(
    tmp_path: Path, text: str, says: str, line: int
) -> None:
    ledger, problems = read(tmp_path, text)
    assert ledger is None
    assert [(problem.says, problem.line) for problem in problems] == [(says, line)]


def test_all_mistakes_of_a_file_come_at_once_each_with_its_line(tmp_path: Path) -> None:
    _, problems = read(
        tmp_path,
        "[holder]\nnmae = '王小明'\n"
        "[[loans]]\nid = 'a'\nlender = '青禾金融'\ndue_day = 40\n"
        "[[loans]]\nid = 'a'\nlender = '青禾金融'\nprincipal = 'x'\n",
    )
    assert [(problem.line, problem.key, problem.says) for problem in problems] == [
        (2, "holder.nmae", "problem.unknown-key"),
        (6, "loans[0].due_day", "problem.expected-number"),
        (10, "loans[1].principal", "problem.expected-amount"),
        (8, "loans[1].id", "problem.repeated-id"),
    ]


def test_an_unknown_lender_is_a_warning_given_once_with_the_nearest_name(tmp_path: Path) -> None:
    ledger, problems = read(
        tmp_path,
        "[[loans]]\nid = 'a'\nlender = '青禾金服'\n[[loans]]\nid = 'b'\nlender = '青禾金服'\n",
    )
    assert ledger is not None
    assert len(ledger.loans) == 2
    assert [(problem.line, problem.warning) for problem in problems] == [(3, True)]
    assert "“青禾金融”" in render(problems[0], Phrases("zh"))


def test_a_day_of_settlement_on_an_active_loan_is_a_warning_and_has_no_effect(
    tmp_path: Path,
) -> None:
    ledger, problems = read(
        tmp_path,
        "[[loans]]\nid = 'a'\nlender = '青禾金融'\nstatus = 'active'\nsettled_on = 2026-07-17\n",
    )
    assert [problem.says for problem in problems] == ["problem.active-with-day"]
    assert ledger is not None
    assert ledger.by_id["a"].settled_on is None


def test_a_misspelt_key_is_shown_with_file_line_key_and_nearest_name(tmp_path: Path) -> None:
    _, problems = read(tmp_path, "[[loans]]\nid = 'a'\nlendre = '青禾金融'\n")
    lines = [render(problem, Phrases("zh")) for problem in problems]
    assert lines == [
        "loans.toml:1: loans[0]: 缺少“lender”。",
        "loans.toml:3: loans[0].lendre: 没有这个键。最接近的写法是“lender”。",
    ]
    assert render(problems[1], Phrases("en")).endswith('The nearest valid name is "lender".')


def test_no_problem_shows_an_amount_or_a_tail(tmp_path: Path) -> None:
    _, problems = read(
        tmp_path,
        "[[loans]]\nid = 'a'\nlender = '青禾金融'\nprincipal = '7777.777'\naccount_tail = '77'\n",
    )
    assert len(problems) == 2
    assert "77" not in repr(problems)


def test_every_cut_of_a_good_ledger_is_read_or_reported(tmp_path: Path) -> None:
    text = (
        "[holder]\nname = '王小明'\n"
        '[[loans]]\nid = "a"\nlender = "青禾金融"\naccount_tail = ["1234"]\n'
        'status = "settled"\nsettled_on = 2026-07-17\nprincipal = "12000.00"\n'
    ).encode()
    path = tmp_path / "loans.toml"
    for end in range(len(text)):
        path.write_bytes(text[:end])
        ledger, problems = read_loans(path, DIRECTORY)
        assert (ledger is None) == any(not problem.warning for problem in problems)


def test_ten_thousand_loans_are_read_in_a_moment(tmp_path: Path) -> None:
    text = "".join(
        f'[[loans]]\nid = "n{number}"\nlender = "无名{number % 300}"\n'
        f'account_tail = "{number:05}"\nmonthly_amount = "12.50"\ndue_day = 9\n'
        for number in range(10_000)
    )
    started = process_time()
    ledger, problems = read(tmp_path, text)
    assert process_time() - started < 6
    assert ledger is not None
    assert len(ledger.loans) == 10_000
    assert len(problems) == 300
