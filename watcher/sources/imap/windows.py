"""Which mails of a folder are to be read, found without asking for all of them.

A folder is listed by sequence numbers, a thousand mails at a time: no answer is longer than
that, and no search of the server's is believed. Sequence numbers shift whenever a mail goes
away, so they only say where to look; what was read is known by its UID.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from watcher.errors import SourceUnavailable
from watcher.sources.imap.fetching import Entry

WINDOW = 1_000
"""How many mails are listed by one command."""


class Listing(Protocol):
    """The folder that is open."""

    def entries(self, first: int, last: int) -> tuple[Entry, ...]:
        """Return the mails with these sequence numbers that there are."""


def first_since(listing: Listing, exists: int, since: datetime) -> int:
    """Return the sequence number with which a span begins; one beyond the last if it is empty.

    Mails mostly lie in the order in which they came. One that was moved here does not: the
    search goes back over every window that still holds a mail of the span.
    """
    low, high = 1, exists + 1
    while high - low > WINDOW:
        middle = (low + high) // 2
        found = listing.entries(middle, middle)
        if found and found[0].received_at < since:
            low = middle + 1
        else:
            high = middle
    while low > 1:
        before = max(1, low - WINDOW)
        if all(entry.received_at < since for entry in listing.entries(before, low - 1)):
            break
        low = before
    if low > exists:
        return low
    window = by_uid(listing.entries(low, min(exists, low + WINDOW)))
    return next((one.sequence for one in window if one.received_at >= since), exists + 1)


def first_over(listing: Listing, exists: int, uid: int) -> int:
    """Return the sequence number of the first mail with a UID over one; one beyond if none."""
    low, high = 1, exists + 1
    while low < high:
        middle = (low + high) // 2
        found = listing.entries(middle, middle)
        if found and found[0].uid <= uid:
            low = middle + 1
        else:
            high = middle
    return low


@dataclass(slots=True)
class Walk:
    """Goes through a folder by UID, window by window, whatever is taken away meanwhile.

    `start` is the sequence number at which it begins, where that is known.
    """

    listing: Listing
    exists: int
    start: int | None = None

    def after(self, uid: int) -> tuple[Entry, ...]:
        """Return the next mails with UIDs over one, the lowest first; none at the end.

        Raises:
            SourceUnavailable: the server does not list the mails that it says there are.
        """
        if self.start is None:
            self.start = first_over(self.listing, self.exists, uid)
        found = self._window(self.start)
        if self.start > 1 and (not found or found[0].uid > uid):
            # The mail before is not where it was: others before it are gone.
            self.start = first_over(self.listing, self.exists, uid)
            found = self._window(self.start)
        fresh = tuple(entry for entry in found if entry.uid > uid)
        if fresh:
            self.start = fresh[-1].sequence + 1
        elif self.start <= self.exists:
            raise SourceUnavailable("imap.renumbered")  # what the server lists does not fit
        return fresh

    def _window(self, start: int) -> tuple[Entry, ...]:
        """Return a window and the mail before it, by which one sees whether numbers shifted."""
        first = max(1, start - 1)
        if first > self.exists:
            return ()
        return by_uid(self.listing.entries(first, min(self.exists, first + WINDOW)))


def by_uid(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Return mails in the order of their UIDs, which servers need not keep in an answer."""
    return tuple(sorted(entries, key=lambda entry: entry.uid))
