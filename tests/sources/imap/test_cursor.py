import json
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from watcher.sources.imap.cursor import Backlog, FolderCursor, look, unseen
from watcher.sources.imap.known import MOST_RUNS, added, passed_over

uids = st.integers(0, 2**32 - 1)
cursors = st.builds(
    FolderCursor,
    uidvalidity=uids,
    last_uid=uids,
    last_look=st.text(max_size=12),
    backlog=st.none() | st.builds(Backlog, after=uids, until=uids, since=st.integers(0, 2**40)),
    first_run=st.booleans(),
    looks=st.lists(st.text(max_size=12), max_size=5).map(tuple),
    known=st.lists(uids, max_size=20).map(lambda them: added((), them)),
    compared_at=uids,
)


@given(cursors)
def test_a_cursor_comes_back_from_the_store_as_it_went_in(cursor: FolderCursor) -> None:
    stored = json.loads(json.dumps(cursor.to_position()))

    assert FolderCursor.from_position(stored) == cursor


def test_what_was_never_stored_or_cannot_be_read_is_no_cursor() -> None:
    whole = FolderCursor(uidvalidity=1, last_uid=2).to_position()

    assert FolderCursor.from_position(None) is None
    assert FolderCursor.from_position({"files": {}}) is None
    assert FolderCursor.from_position(whole | {"last_uid": "新"}) is None
    assert FolderCursor.from_position(whole | {"backlog": {"from": 1}}) is None
    assert FolderCursor.from_position(whole | {"known": "1:2,新"}) is None


def test_a_mail_looks_the_same_whatever_time_zone_the_server_answers_in() -> None:
    at = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    beijing = at.astimezone(timezone(timedelta(hours=8)))

    assert look(4_000, at) == look(4_000, beijing)
    assert look(4_000, at) != look(4_001, at)
    assert look(4_000, at) != look(4_000, at + timedelta(seconds=1))


def test_of_mails_that_look_the_same_only_as_many_are_new_as_there_are_more() -> None:
    assert unseen(["甲", "乙", "甲", "丙"], ["甲", "乙"]) == [False, False, True, True]
    assert unseen([], ["甲"]) == []
    assert unseen(["甲", "甲"], []) == [True, True]


few = st.integers(1, 60)


@given(st.lists(st.sets(few), max_size=6), few)
def test_what_was_looked_at_is_known_whatever_came_first(batches: list[set[int]], uid: int) -> None:
    known = added((), ())
    for batch in batches:
        known = added(known, batch)
    every = set().union(*batches)

    assert known == added((), every)
    assert passed_over(known, uid) == (uid not in every and any(one < uid for one in every))


def test_of_very_many_gaps_the_oldest_are_forgotten() -> None:
    known = added((), range(2, 6 * MOST_RUNS, 2))

    assert len(known) == MOST_RUNS
    assert not passed_over(known, 3)
    assert passed_over(known, 6 * MOST_RUNS - 3)
