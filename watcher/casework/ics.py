"""Dates as an .ics file (RFC 5545) that the calendars of desktops and phones take.

Calendars are often copied to someone's server: unless asked for, nothing stands in it but
fixed titles. A file written anew replaces the dates of the one before: each keeps its UID.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final

from icalendar import Alarm, Calendar, Event

from watcher.casework.days import Entry, said
from watcher.phrases import Phrases

PRODUCT: Final = "-//loan-watcher//loan-watcher//EN"
REMIND_AT: Final = timedelta(hours=9)
"""From midnight of the day on, by the calendar's own clock."""


def ics(
    known: Iterable[Entry], phrases: Phrases, now: datetime, key: bytes, *, details: bool = False
) -> bytes:
    """Return all-day events with a reminder; `key` makes UIDs of this store from names.

    With `details` the title names the lender, and what to do stands in the event.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for entry in known:
        calendar.add_component(_event(entry, phrases, now, key, details=details))
    return bytes(calendar.to_ical())


def _event(entry: Entry, phrases: Phrases, now: datetime, key: bytes, *, details: bool) -> Event:
    title = said(entry.rule.title, phrases.language)
    event, alarm = Event(), Alarm()
    if details:
        title = "｜".join(part for part in (title, phrases.show(entry.lender or "")) if part)
        event.add("description", _description(entry, phrases))
    uid = blake2b(entry.name.encode(), key=key, digest_size=16).hexdigest()
    event.add("uid", f"{uid}@loan-watcher.invalid")
    event.add("dtstamp", now)
    event.add("dtstart", entry.day)
    event.add("dtend", entry.day + timedelta(days=1))
    event.add("summary", title)
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", REMIND_AT)
    event.add_component(alarm)
    return event


def _description(entry: Entry, phrases: Phrases) -> str:
    text = said(entry.rule.text, phrases.language)
    if entry.case is None:
        return text
    return f"{phrases.say('calendar.of_case', {'case': entry.case})}\n{text}"
