"""What the program remembers: messages, cases, alerts not yet shown, and where sources stand."""

from watcher.store.forgetting import Forgotten
from watcher.store.life import DatedCase, Due, Life
from watcher.store.lock import state_lock
from watcher.store.opening import Recovery, suspect
from watcher.store.overview import CaseLine, Happening, Overview
from watcher.store.papers import Paper, Papers, Sighting
from watcher.store.records import (
    AlertState,
    CaseRow,
    CaseStatus,
    Casework,
    Cursor,
    Objection,
    Original,
    PopUpSeen,
    Recorded,
    StoredCase,
    Tick,
    Topic,
    WaitingAlert,
)
from watcher.store.state import Store

__all__ = [
    "AlertState",
    "CaseLine",
    "CaseRow",
    "CaseStatus",
    "Casework",
    "Cursor",
    "DatedCase",
    "Due",
    "Forgotten",
    "Happening",
    "Life",
    "Objection",
    "Original",
    "Overview",
    "Paper",
    "Papers",
    "PopUpSeen",
    "Recorded",
    "Recovery",
    "Sighting",
    "Store",
    "StoredCase",
    "Tick",
    "Topic",
    "WaitingAlert",
    "state_lock",
    "suspect",
]
