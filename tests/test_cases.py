"""What the program must at least do with the patterns of fraud, and of old or mistaken notices.

The whole score of the case set is `python -m bench cases`; this is the part of it that may
never fail.
"""

import pytest

from bench.case_files import read_people
from bench.cases import Scored, score
from watcher.core.model import Verdict
from watcher.userfiles.rules import read_rules
from watcher.userfiles.shipped import shipped_folder

COURT_ROWS = frozenset({12, 14})
LAWYER_ROW = 15
GENUINE_ROWS = frozenset(range(30, 35))
FRAUD_ROWS = frozenset(range(1, 30)) - COURT_ROWS - {LAWYER_ROW}


@pytest.fixture(scope="module")
def scored() -> list[Scored]:
    rules, problems = read_rules(shipped_folder() / "rules")
    assert rules is not None, problems
    return score(read_people(rules.directory), rules)


def of_rows(scored: list[Scored], rows: frozenset[int]) -> list[Scored]:
    found = [one for one in scored if one.given.facts_row in rows]
    missing = rows - {one.given.facts_row for one in found}
    assert not missing, f"no case rewords {sorted(missing)}"
    return found


def refuse(wrong: list[Scored]) -> None:
    """Fail with one line for each message that was judged wrongly."""
    lines = [f"{len(wrong)} judged wrongly:"]
    for one in wrong:
        said = " ".join((one.given.message.text or one.given.message.html or "").split())
        judged = one.case.judgement
        lines.append(
            f"row {one.given.facts_row} {one.person}/{one.given.message.id}: "
            f"{judged.verdict} by {judged.row} {list(judged.checklists)}: {said[:60]}"
        )
    if wrong:
        pytest.fail("\n".join(lines), pytrace=False)


def test_every_pattern_of_fraud_is_called_fraudulent(scored: list[Scored]) -> None:
    wrong = [one for one in of_rows(scored, FRAUD_ROWS) if not one.verdict]
    refuse(wrong)


def test_a_forged_court_or_case_is_never_believed_and_always_gets_the_court_checklist(
    scored: list[Scored],
) -> None:
    accepted = {Verdict.FRAUDULENT, Verdict.UNSURE}
    wrong = [
        one
        for one in of_rows(scored, COURT_ROWS)
        if one.got not in accepted or "FJ" not in one.case.judgement.checklists
    ]
    refuse(wrong)


def test_a_law_firm_is_judged_as_the_collection_that_it_is(scored: list[Scored]) -> None:
    wrong = [one for one in of_rows(scored, frozenset({LAWYER_ROW})) if not one.verdict]
    refuse(wrong)


def test_old_data_a_strangers_debt_and_a_late_reminder_are_no_fraud(scored: list[Scored]) -> None:
    wrong = [one for one in of_rows(scored, GENUINE_ROWS) if one.got is Verdict.FRAUDULENT]
    refuse(wrong)


def test_every_signal_shows_the_words_that_raised_it(scored: list[Scored]) -> None:
    silent = {
        (signal.rule, one.person, one.given.message.id)
        for one in scored
        for signal in one.case.judgement.signals
        if not signal.quote.text and signal.rule != "fraud.hidden-text"  # hidden: not shown
    }
    assert not silent
