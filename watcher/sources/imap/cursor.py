"""Where one folder of a mailbox stands: which of its mails were judged.

A UID means something only together with the folder's UIDVALIDITY, and both are the server's
word. So a cursor also remembers what the last mail looked like, from outside: where a UID was
given away a second time, or UIDs start again, the chosen span is read once more. The store
knows mails by their content, and no mail is told of twice for that.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any, Self

from watcher.sources.imap.known import Runs, added, read_runs, written

MOST_LOOKS = 2_000
"""How many mails' looks are remembered of a folder whose UIDs mean nothing."""

MARKED = 100
"""How many mails' looks are remembered of any other folder."""


def look(size: int, received_at: datetime) -> str:
    """Return what a mail looks like from outside; copies of one mail look the same."""
    seen = f"{size} {received_at.timestamp():.0f}".encode()
    return blake2b(seen, digest_size=6).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What is left of a span that is read for the first time, or again: UIDs over `after`.

    It ends at the UID `until`. Mails received before `since`, seconds since 1970, are not
    wanted.
    """

    after: int
    until: int
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderCursor:
    """How far a folder was judged.

    All UIDs up to `last_uid` were judged but for those of the `backlog`; `last_look` is the
    look of the mail `last_uid`, empty where that is not known. With `first_run` the backlog
    is the folder's past, which is told of in one summary. `looks` are those of the latest mails
    that were read, each behind its UID; where UIDVALIDITY is 0, without one. `known` are the
    UIDs that were looked at, and `compared_at` is when they were last compared with those
    there are, in seconds since 1970.
    """

    uidvalidity: int
    last_uid: int
    last_look: str = ""
    backlog: Backlog | None = None
    first_run: bool = False
    looks: tuple[str, ...] = ()
    known: Runs = ()
    compared_at: int = 0

    @classmethod
    def from_position(cls, position: Mapping[str, Any] | None) -> Self | None:
        """Return the cursor that was stored; None where there is none that can be read."""
        if position is None:
            return None
        try:
            backlog = position["backlog"]
            return cls(
                uidvalidity=int(position["uidvalidity"]),
                last_uid=int(position["last_uid"]),
                last_look=str(position["last_look"]),
                backlog=None if backlog is None else Backlog(**backlog),
                first_run=bool(position["first_run"]),
                looks=tuple(str(one) for one in position["looks"]),
                known=read_runs(position.get("known", "")),
                compared_at=int(position.get("compared_at", 0)),
            )
        except (KeyError, TypeError, ValueError):
            return None

    def noting(self, mails: Iterable[tuple[int, str]]) -> "FolderCursor":
        """Return the cursor with the UIDs and looks of mails that were looked at."""
        given = list(mails)
        looks = (*self.looks, *(f"{uid} {seen}" for uid, seen in given))
        known = added(self.known, [uid for uid, _ in given])
        return replace(self, known=known, looks=looks[-MARKED:])

    def contradicts(self, mails: Iterable[tuple[int, str]]) -> bool:
        """Tell whether a mail looks otherwise than the one that had its number."""
        known = dict(one.split(" ") for one in self.looks if " " in one)
        return any(known.get(str(uid), seen) != seen for uid, seen in mails)

    def to_position(self) -> dict[str, Any]:
        """Return the cursor as JSON."""
        backlog = self.backlog
        return {
            "uidvalidity": self.uidvalidity,
            "last_uid": self.last_uid,
            "last_look": self.last_look,
            "backlog": None
            if backlog is None
            else {"after": backlog.after, "until": backlog.until, "since": backlog.since},
            "first_run": self.first_run,
            "looks": list(self.looks),
            "known": written(self.known),
            "compared_at": self.compared_at,
        }


def unseen(looks: Iterable[str], known: Iterable[str]) -> list[bool]:
    """Tell of each look, the oldest first, whether it is one more than there were.

    Two mails that look the same are two: the earlier ones are taken for the known ones.
    """
    left = Counter(known)
    answers = []
    for one in looks:
        answers.append(left[one] <= 0)
        left[one] -= 1
    return answers
