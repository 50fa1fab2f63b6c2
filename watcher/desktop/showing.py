"""What the outbox hands to a notifier, and what a notifier hands back.

Rules for this file: values only. Nothing here comes from the sender of a message, so that
whatever a notifier makes of it can be read on a lock screen.
"""

from dataclasses import dataclass

from watcher.core.model import Phrase, Urgency, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """One alert that the user has to be told of, or a digest of several.

    `verdict` is `None` for a summary that judges nothing (a first scan, an empty ledger).
    `count` is how many alerts this one stands for; above 1 the form of a digest is used.
    `lender` and `summary` are for the terminal, which only the user reads; of a summary that
    judges nothing the numbers are shown on the desktop too. `court` is set where a court,
    arbitration or the police is spoken of; `courts` are the cases of a digest of which that is
    true. `before` is where this alert was shown last. `unsaved` is what the disk refused to keep.
    """

    alert_id: int
    case_id: int | None
    verdict: Verdict | None
    urgency: Urgency
    count: int = 1
    lender: str | None = None
    summary: Phrase | None = None
    court: bool = False
    courts: tuple[int, ...] = ()
    before: "Shown | None" = None
    unsaved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Proof that an alert was shown: by which backend, and under which id of which server.

    `backend` is "dbus" or "terminal"; the plyer fallback cannot know and returns no proof.
    `server` is one life of one notification server: its ids mean nothing to any other.
    """

    backend: str
    server_id: int | None = None
    server: str | None = None
