"""The evidence that proposals rest on, and no more: a page must not wait for all of it.

What tells of something done comes first; of the other notices those count that are about the
same lenders or loans and say when and how much is paid, or that a payment did not stand.
"""

import sqlite3
from collections.abc import Iterator

from watcher.core.contracts import SUPPORTING
from watcher.core.model import Evidence
from watcher.core.standing import OPENING_MARKS, TELLING
from watcher.store import codec


def _listed(names: frozenset[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names))


_TOLD = (
    "WITH known AS MATERIALIZED (SELECT id, received_at, kind, evidence FROM messages"  # noqa: S608  names of our own
    " WHERE evidence IS NOT NULL AND json_valid(evidence)),"
    f" told AS MATERIALIZED (SELECT * FROM known WHERE kind IN ({_listed(TELLING)})),"
    " about AS (SELECT value FROM told, json_each(told.evidence, '$.lenders')"
    " UNION SELECT json_extract(evidence, '$.loan') FROM told)"
    " SELECT evidence FROM (SELECT * FROM told UNION ALL SELECT * FROM known"
    f" WHERE kind NOT IN ({_listed(TELLING)})"
    f" AND (kind IN ({_listed(SUPPORTING)})"
    " OR EXISTS (SELECT 1 FROM json_each(known.evidence, '$.marks')"
    f" WHERE value IN ({_listed(OPENING_MARKS)})))"
    " AND (json_extract(evidence, '$.loan') IN about"
    " OR EXISTS (SELECT 1 FROM json_each(known.evidence, '$.lenders') WHERE value IN about)))"
    " ORDER BY received_at, id"
)


def told(database: sqlite3.Connection) -> Iterator[Evidence]:
    """Yield, by message time, the evidence that can make a proposal or take one back."""
    for (text,) in database.execute(_TOLD):
        try:
            evidence = codec.evidence_from_json(text)
        except ValueError:
            continue  # a flipped bit on the disk
        yield evidence
