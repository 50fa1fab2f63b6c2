import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher.core.model import Case, Phrase, PhraseValue
from watcher.store import codec

ZONES = st.integers(-720, 840).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1995, 1, 1), datetime(2099, 1, 1), timezones=ZONES)  # noqa: DTZ001  the strategy adds the zone
AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, places=2)
DAYS = st.dates(date(1995, 1, 1), date(2099, 1, 1))
VALUES: st.SearchStrategy[PhraseValue] = st.one_of(
    st.text(), st.integers(), AMOUNTS, DAYS, MOMENTS, st.none()
)
PHRASES = st.builds(Phrase, id=st.text(), values=st.dictionaries(st.text(), VALUES, max_size=4))

st.register_type_strategy(datetime, MOMENTS)
st.register_type_strategy(Decimal, AMOUNTS)
st.register_type_strategy(date, DAYS)
st.register_type_strategy(Phrase, PHRASES)


@given(case=st.from_type(Case))
@settings(max_examples=150, deadline=None)
def test_any_case_comes_back_from_json_as_it_went_in(case: Case) -> None:
    assert codec.case_from_json(codec.case_to_json(case)) == case


@given(case=st.from_type(Case))
@settings(max_examples=50, deadline=None)
def test_a_finding_kept_apart_from_its_message_makes_the_same_case(case: Case) -> None:
    evidence = None if case.evidence is None else codec.dumps(case.evidence)
    finding = codec.finding_to_json(case)
    assert codec.finding_from_json(finding, case.message, evidence) == case


def test_a_phrase_keeps_the_type_of_each_value() -> None:
    values: dict[str, PhraseValue] = {
        "text": "100.00",
        "amount": Decimal("100.00"),
        "day": date(2026, 3, 1),
        "moment": datetime(2026, 3, 1, tzinfo=UTC),
        "count": 3,
        "nothing": None,
    }
    back = codec.loads(Phrase, codec.dumps(Phrase(id="some", values=values)))
    assert {name: type(value) for name, value in back.values.items()} == {
        name: type(value) for name, value in values.items()
    }


def test_a_field_this_program_does_not_know_is_passed_over() -> None:
    written = json.dumps({"id": "some", "from-a-newer-program": 1})
    assert codec.loads(Phrase, written) == Phrase(id="some")


@pytest.mark.parametrize("damaged", ["", "[]", "{}", '{"id": "x", "values": {"a": {"b": "c"}}}'])
def test_json_that_holds_no_value_is_refused(damaged: str) -> None:
    with pytest.raises(ValueError, match=r"not a Phrase|Expecting value"):
        codec.loads(Phrase, damaged)


def test_what_the_model_does_not_hold_is_not_written() -> None:
    with pytest.raises(TypeError):
        codec.dumps(Phrase(id="some", values={"bad": object()}))  # type: ignore[dict-item]  # the mistake under test
