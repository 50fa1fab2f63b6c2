"""The calendar file: read back by a library, the same dates again, and nobody named in it."""

from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event

from watcher.casework.days import Entry
from watcher.casework.ics import ics
from watcher.core.dates import DateKind, DateRule
from watcher.core.rules import Text
from watcher.phrases import Phrases

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
KEY = b"k" * 32
RULE = DateRule(
    id="credit-objection",
    kind=DateKind.ANSWER,
    after=("T3",),
    title=Text(zh="征信异议的 20 日期限，等书面答复；看看收到没有" * 3, en="20 days"),
    text=Text(zh="打开信箱，\n看一看", en="Look"),
)


def entry(day: int = 5, **of: str | int) -> Entry:
    return Entry(
        rule=RULE,
        day=date(2026, 12, day),
        case=int(of.get("case", 3)),
        lender=str(of.get("lender", "远山银行")),
    )


def written(*known: Entry, details: bool = False, key: bytes = KEY) -> list[Event]:
    text = ics(known, Phrases("zh"), NOW, key, details=details)
    assert all(len(line) <= 75 for line in text.split(b"\r\n"))
    return [one for one in Calendar.from_ical(text).walk() if isinstance(one, Event)]


def test_a_date_is_a_whole_day_with_a_reminder_in_the_morning() -> None:
    [event] = written(entry())
    assert event.decoded("dtstart") == date(2026, 12, 5)
    assert event.decoded("dtend") == date(2026, 12, 6)
    assert str(event["summary"]) == RULE.title.zh
    [alarm] = event.walk("VALARM")
    assert alarm.decoded("trigger") == timedelta(hours=9)


def test_nothing_of_the_debt_stands_in_it_unless_asked_for() -> None:
    text = ics([entry()], Phrases("zh"), NOW, KEY).decode()
    assert "远山" not in text
    [event] = written(entry())
    assert "description" not in event
    [event] = written(entry(), details=True)
    assert "远山银行" in str(event["summary"])
    assert str(event["description"]) == "第 3 条提醒\n打开信箱，\n看一看"


def test_a_date_that_moved_replaces_the_one_before() -> None:
    [before], [after] = written(entry(5)), written(entry(9))
    assert before["uid"] == after["uid"]
    assert before.decoded("dtstart") != after.decoded("dtstart")
    [other] = written(entry(case=4))
    assert other["uid"] != before["uid"]


def test_the_dates_of_two_stores_have_nothing_in_common() -> None:
    [one], [other] = written(entry()), written(entry(), key=b"x" * 32)
    assert one["uid"] != other["uid"]


def test_a_name_cannot_add_lines_of_its_own() -> None:
    [event] = written(entry(lender="远山\r\nATTENDEE:mailto:a@b.test"), details=True)
    assert "attendee" not in event
