"""The tables, and the way from each version of them to the next.

`PRAGMA user_version` counts the migrations that a database has been through. A migration is
a tuple of statements, never changed once released: each runs in one transaction together
with its `user_version`, so that a kill leaves the old version or the new one.

Amounts are whole 分, times whole milliseconds since 1970 in UTC, days ISO text.
"""

import sqlite3
from collections.abc import Callable

from watcher.errors import UserError

# What may stand in a column is checked by SQLite itself: `integrity_check` at the start then finds
# a bit that the disk has flipped, which would otherwise be found when a case cannot be read.
_VERDICT = (
    "verdict IN ('fraudulent', 'not_mine', 'possibly_owed', 'unsure', 'stale', 'lagging',"
    " 'expected')"
)
_URGENCY = "urgency IN ('low', 'normal', 'critical')"

_FIRST = (
    # The key of `identity.keyed`.
    """CREATE TABLE settings (
        name TEXT PRIMARY KEY,
        value BLOB NOT NULL
    ) STRICT, WITHOUT ROWID""",
    "INSERT INTO settings (name, value) VALUES ('key', randomblob(32))",
    # Everything ever judged, the boring too: eight bytes each and no text.
    "CREATE TABLE seen (hash INTEGER PRIMARY KEY) STRICT",
    # What was worth keeping: notices, frauds and receipts, as they arrived.
    f"""CREATE TABLE messages (
        id INTEGER PRIMARY KEY,
        hash INTEGER NOT NULL UNIQUE,
        content INTEGER NOT NULL,
        received_at INTEGER NOT NULL,
        source_id TEXT NOT NULL,
        channel TEXT NOT NULL,
        sender TEXT,
        subject TEXT,
        text TEXT,
        html TEXT,
        headers TEXT NOT NULL,
        unreadable TEXT,
        kind TEXT NOT NULL,
        verdict TEXT,
        finding TEXT NOT NULL,
        evidence TEXT,
        CHECK (channel IN ('sms', 'email')),
        CHECK ({_VERDICT})
    ) STRICT""",
    "CREATE INDEX messages_content ON messages (content, received_at)",
    "CREATE INDEX messages_received ON messages (received_at)",
    # Where copies of one message were found: at most one copy for each source.
    """CREATE TABLE sightings (
        message INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
        source TEXT NOT NULL,
        seen_at INTEGER NOT NULL,
        PRIMARY KEY (message, source)
    ) STRICT, WITHOUT ROWID""",
    f"""CREATE TABLE cases (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL,
        lead INTEGER NOT NULL REFERENCES messages (id),
        verdict TEXT NOT NULL,
        urgency TEXT,
        lender TEXT,
        loan TEXT,
        amount_fen INTEGER,
        due_on TEXT,
        summary TEXT NOT NULL,
        status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'done', 'snoozed')),
        snoozed_until INTEGER,
        opened_at INTEGER NOT NULL,
        changed_at INTEGER NOT NULL,
        CHECK ((status = 'snoozed') = (snoozed_until IS NOT NULL)),
        CHECK ({_VERDICT}),
        CHECK ({_URGENCY}),
        CHECK (due_on GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]')
    ) STRICT""",
    # A debt has one open case, whatever goes wrong above.
    "CREATE UNIQUE INDEX cases_open ON cases (key) WHERE status <> 'done'",
    """CREATE TABLE case_messages (
        case_id INTEGER NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
        message INTEGER NOT NULL REFERENCES messages (id),
        PRIMARY KEY (case_id, message)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX case_messages_message ON case_messages (message)",
    # The outbox. 'digest' stands for: told of by a summary, `part_of` once there is one.
    f"""CREATE TABLE alerts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        case_id INTEGER UNIQUE REFERENCES cases (id) ON DELETE CASCADE,
        topic TEXT NOT NULL CHECK (topic IN ('case', 'digest', 'ledger', 'program')),
        state TEXT NOT NULL CHECK (state IN ('pending', 'shown', 'acked', 'digest')),
        part_of INTEGER REFERENCES alerts (id),
        verdict TEXT,
        urgency TEXT NOT NULL,
        count INTEGER NOT NULL DEFAULT 1,
        summary TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        backend TEXT,
        shown_at INTEGER,
        server_id INTEGER,
        attempts INTEGER NOT NULL DEFAULT 0,
        CHECK ({_VERDICT}),
        CHECK ({_URGENCY})
    ) STRICT""",
    "CREATE INDEX alerts_state ON alerts (state) WHERE state IN ('pending', 'digest')",
    # Where each source stands, and when it was last read to its end.
    """CREATE TABLE cursors (
        source TEXT PRIMARY KEY,
        position TEXT,
        checked_at INTEGER
    ) STRICT, WITHOUT ROWID""",
)

# The texts of QR codes in a mail's images, a line each.
_CODES = ("ALTER TABLE messages ADD COLUMN codes TEXT",)

# Where in its source a message stands, and whole mails in the folder `originals.FOLDER`. A `file`
# of NULL says that the source has the mail no more; found in another place, it is asked for again.
_ORIGINALS = (
    "ALTER TABLE sightings ADD COLUMN place TEXT",
    """CREATE TABLE originals (
        message INTEGER PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
        file TEXT,
        bytes INTEGER,
        sha256 TEXT,
        kept_at INTEGER NOT NULL,
        CHECK ((file IS NULL) = (bytes IS NULL) AND (file IS NULL) = (sha256 IS NULL))
    ) STRICT""",
    """CREATE TRIGGER originals_found_anew AFTER INSERT ON sightings WHEN new.place IS NOT NULL
    BEGIN
        DELETE FROM originals WHERE message = new.message AND file IS NULL;
    END""",
    """CREATE TRIGGER originals_moved AFTER UPDATE OF place ON sightings WHEN new.place IS NOT NULL
    BEGIN
        DELETE FROM originals WHERE message = new.message AND file IS NULL;
    END""",
)

# What the user did with a case: steps ticked off or noted, checklists asked for, verdicts objected
# to. And the loan that each piece of evidence is about, for its time line.
_CASEWORK = (
    """CREATE TABLE steps (
        case_id INTEGER NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
        checklist TEXT NOT NULL,
        step TEXT NOT NULL,
        done_at INTEGER,
        note TEXT,
        PRIMARY KEY (case_id, checklist, step),
        CHECK (done_at IS NOT NULL OR note IS NOT NULL)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE chosen_checklists (
        case_id INTEGER NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
        checklist TEXT NOT NULL,
        chosen_at INTEGER NOT NULL,
        PRIMARY KEY (case_id, checklist)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE objections (
        case_id INTEGER PRIMARY KEY REFERENCES cases (id) ON DELETE CASCADE,
        text TEXT NOT NULL,
        made_at INTEGER NOT NULL
    ) STRICT""",
    "ALTER TABLE messages ADD COLUMN loan TEXT",
    "UPDATE messages SET loan = json_extract(evidence, '$.loan') WHERE json_valid(evidence)",
    "CREATE INDEX messages_loan ON messages (loan, received_at)",
)

# How pop-ups take turns. `server` tells one notification server from the next: ids are its own.
# `first_shown_at` is when the daily repeats of a fraud began, `restored_at` when a pop-up was last
# lost with its server. `popups` is what was shown, an `alert` of NULL the nudge without words.
_TURNS = (
    "ALTER TABLE cases ADD COLUMN court INTEGER NOT NULL DEFAULT 0 CHECK (court IN (0, 1))",
    """UPDATE cases SET court = EXISTS (
        SELECT 1 FROM case_messages AS one JOIN messages ON messages.id = one.message,
            json_each(messages.finding, '$.judgement.checklists') AS list
        WHERE one.case_id = cases.id AND json_valid(finding) AND list.value = 'FJ'
    )""",
    "CREATE INDEX cases_pair ON cases (lender, amount_fen)",
    "ALTER TABLE alerts ADD COLUMN server TEXT",
    "ALTER TABLE alerts ADD COLUMN first_shown_at INTEGER",
    "ALTER TABLE alerts ADD COLUMN restored_at INTEGER",
    "UPDATE alerts SET first_shown_at = shown_at",
    "CREATE INDEX alerts_created ON alerts (created_at)",
    "CREATE INDEX alerts_part_of ON alerts (part_of)",
    "CREATE INDEX alerts_on_screen ON alerts (server_id) WHERE server_id IS NOT NULL",
    f"""CREATE TABLE popups (
        id INTEGER PRIMARY KEY,
        alert INTEGER REFERENCES alerts (id) ON DELETE CASCADE,
        backend TEXT NOT NULL,
        verdict TEXT,
        count INTEGER NOT NULL,
        shown_at INTEGER NOT NULL,
        CHECK ({_VERDICT})
    ) STRICT""",
    "CREATE INDEX popups_shown ON popups (shown_at)",
)

# What was done about a case and what came of it, in the order in which it came; `stage` is where
# the case stood afterwards. `objects_from` is when notices begin that come in spite of a letter.
# And dates of the calendar whose alert was queued: each is told of once.
_LIFE = (
    """CREATE TABLE case_changes (
        id INTEGER PRIMARY KEY,
        case_id INTEGER NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
        changed_at INTEGER NOT NULL,
        change TEXT NOT NULL CHECK (change IN
            ('sent', 'answered', 'overdue', 'again', 'snoozed', 'closed', 'reopened')),
        stage TEXT NOT NULL CHECK (stage IN ('open', 'acting', 'waiting', 'escalated', 'done')),
        letter TEXT,
        sent_on TEXT,
        objects_from INTEGER,
        CHECK ((change = 'sent') = (letter IS NOT NULL)),
        CHECK ((change = 'sent') = (sent_on IS NOT NULL)),
        CHECK (sent_on GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]')
    ) STRICT""",
    "CREATE INDEX case_changes_case ON case_changes (case_id, id)",
    """CREATE TABLE told_dates (
        name TEXT NOT NULL,
        day TEXT NOT NULL,
        told_at INTEGER NOT NULL,
        PRIMARY KEY (name, day)
    ) STRICT, WITHOUT ROWID""",
)

# The other identities of a message: of copies that other sources date differently.
_ALIASES = (
    """CREATE TABLE aliases (
        hash INTEGER PRIMARY KEY,
        message INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE
    ) STRICT""",
    "CREATE INDEX aliases_message ON aliases (message)",
)

# Proposals for the ledger that the user does not want to see again, by what they are about.
_DISMISSED = (
    """CREATE TABLE dismissed_proposals (
        matter TEXT PRIMARY KEY,
        dismissed_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
)

# Not a CHECK: the function is not allowed in a schema that is not trusted.
_BAD_JSON = (
    "SELECT EXISTS (SELECT 1 FROM messages WHERE NOT (json_valid(headers) AND"
    " json_valid(finding) AND json_valid(coalesce(evidence, '{}')))) OR EXISTS"
    " (SELECT 1 FROM cases WHERE NOT json_valid(summary)) OR EXISTS"
    " (SELECT 1 FROM alerts WHERE NOT json_valid(summary)) OR EXISTS"
    " (SELECT 1 FROM cursors WHERE NOT json_valid(coalesce(position, '{}')))"
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    _FIRST,
    _CODES,
    _ORIGINALS,
    _CASEWORK,
    _TURNS,
    _LIFE,
    _ALIASES,
    _DISMISSED,
)


def version(database: sqlite3.Connection) -> int:
    """Return how many migrations a database has been through; 0 where it is empty."""
    (number,) = database.execute("PRAGMA user_version").fetchone()
    return int(number)


def refuse_unreadable(database: sqlite3.Connection) -> None:
    """Raise UserError where there is nothing yet, or another version of the program wrote it."""
    refuse_newer(database)
    found = version(database)
    if not found:  # its writer was stopped before there was anything in it
        raise UserError("store.nothing_yet")
    if found < len(MIGRATIONS):  # to migrate it takes one who may write
        raise UserError("store.older")


def refuse_newer(database: sqlite3.Connection, known: int = len(MIGRATIONS)) -> None:
    """Raise UserError where a program that knows more migrations wrote the database."""
    found = version(database)
    if found > known:
        raise UserError("store.newer", {"found": found, "known": known})


def is_whole(database: sqlite3.Connection) -> bool:
    """Return whether the tables are those of the database's version and all JSON can be read.

    A database of a version that this program does not know is left to `migrate`.
    """
    number = version(database)
    if not 0 < number <= len(MIGRATIONS):
        return True
    model = sqlite3.connect(":memory:", isolation_level=None)
    try:
        for statements in MIGRATIONS[:number]:
            for statement in statements:
                model.execute(statement)
        query = "SELECT type, name, sql FROM sqlite_schema ORDER BY name"
        if database.execute(query).fetchall() != model.execute(query).fetchall():
            return False
    finally:
        model.close()
    (bad,) = database.execute(_BAD_JSON).fetchone()
    return not bad


def migrate(
    database: sqlite3.Connection,
    before_each: Callable[[int], None],
    migrations: tuple[tuple[str, ...], ...] = MIGRATIONS,
) -> None:
    """Bring a database to the newest version, one transaction for each migration.

    `before_each` is told the version that is about to be left, and keeps a copy of it; of a
    database that was empty there is nothing to keep.
    UserError where a newer program wrote the database.
    """
    refuse_newer(database, len(migrations))
    empty = not version(database)
    while (number := version(database)) < len(migrations):
        if not empty:
            before_each(number)
        database.execute("BEGIN IMMEDIATE")
        try:
            # Another process may have come first while this one waited for the lock.
            if version(database) == number:
                for statement in migrations[number]:
                    database.execute(statement)
                database.execute(f"PRAGMA user_version = {number + 1}")
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise
