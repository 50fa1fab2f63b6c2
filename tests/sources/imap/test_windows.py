from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.errors import SourceUnavailable
from watcher.sources.imap.fetching import Entry
from watcher.sources.imap.windows import WINDOW, Walk, first_over, first_since

START = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass
class Listed:
    """A folder as a list of UIDs and days, which counts what it is asked."""

    mails: list[tuple[int, int]]
    asked: int = 0
    listed: int = 0
    gone: set[int] = field(default_factory=set)

    def entries(self, first: int, last: int) -> tuple[Entry, ...]:
        self.asked += 1
        answer = tuple(
            Entry(uid=uid, sequence=at, size=1_000, received_at=START + timedelta(days=day))
            for at, (uid, day) in enumerate(self.mails[first - 1 : last], first)
        )
        self.listed += len(answer)
        return answer

    def expunge(self, *uids: int) -> None:
        self.mails = [mail for mail in self.mails if mail[0] not in uids]


def _daily(count: int, step: int = 1) -> Listed:
    return Listed([(uid * step, uid) for uid in range(1, count + 1)])


def test_the_beginning_of_a_span_is_found_with_few_questions_among_a_million_mails() -> None:
    folder = Listed([(uid, uid // 1_000) for uid in range(1, 1_000_001)])
    start = first_since(folder, 1_000_000, START + timedelta(days=990))

    assert start == 990_000
    assert folder.asked <= 16
    assert folder.listed <= 4 * WINDOW


def test_a_span_may_hold_nothing_or_everything() -> None:
    folder = _daily(3_000)

    assert first_since(folder, 3_000, START + timedelta(days=9_999)) == 3_001
    assert first_since(folder, 3_000, START) == 1
    assert first_since(Listed([]), 0, START) == 1


def test_a_mail_of_the_span_that_was_moved_behind_old_ones_is_not_left_out() -> None:
    folder = _daily(9_000)
    folder.mails[7_500] = (7_501, 8_995)

    assert first_since(folder, 9_000, START + timedelta(days=8_900)) <= 7_501


@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(0, 30)), max_size=60),
    st.integers(0, 3_000),
)
def test_the_first_mail_over_a_uid_is_found_whatever_the_gaps(
    steps: list[tuple[int, int]], uid: int
) -> None:
    uids = [sum(step for step, _ in steps[: at + 1]) for at in range(len(steps))]
    folder = Listed([(one, 0) for one in uids])

    assert first_over(folder, len(uids), uid) == bisect_right(uids, uid) + 1


def test_a_walk_meets_every_mail_once_while_others_are_taken_away() -> None:
    folder = _daily(5_000, step=3)
    walk = Walk(folder, 5_000)
    uid, met = 0, []
    while entries := walk.after(uid):
        met += [entry.uid for entry in entries]
        uid = met[-1]
        folder.expunge(*met[-600::7])
        folder.expunge(uid)
        walk.exists = len(folder.mails)

    assert met == [one * 3 for one in range(1, 5_001)]


def test_a_walk_goes_on_where_an_earlier_one_was_broken_off() -> None:
    folder = _daily(4_000)
    entries = Walk(folder, 4_000).after(2_345)

    assert entries[0].uid == 2_346
    assert len(entries) == WINDOW


def test_a_walk_ends_at_the_end_and_says_so_where_the_server_holds_mails_back() -> None:
    folder = _daily(10)
    assert Walk(folder, 10).after(10) == ()

    with pytest.raises(SourceUnavailable):
        Walk(Listed([(1, 1)]), 5).after(1)
