import os
import random
import sqlite3
from pathlib import Path
from time import process_time

import pytest

from tests.sources.exports import Reading, here
from tests.sources.phones import ANDROID, IOS, android_sms, database, insert, ios_message
from tests.sources.prefixes import cuts
from watcher.core.model import Message
from watcher.phrases import Phrases
from watcher.sources import tables
from watcher.sources.files import read_path
from watcher.sources.wire import encode

pytestmark = pytest.mark.usefixtures("copies")

DUE = "【示例金融】您的借款今日应还500.00元，请及时还款。"
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
ENDLESS_SMS = (
    f"CREATE VIEW sms AS {ENDLESS}"  # noqa: S608  what a test writes
    "SELECT i AS _id, '95555' AS address, 1772676930000 AS date, 1 AS type, 'x' AS body FROM n"
)


def endless(view: str, column: str) -> str:
    return f"CREATE VIEW {view} AS {ENDLESS} SELECT i AS {column} FROM n;"  # noqa: S608  as above


@pytest.mark.parametrize(
    "script",
    [
        f"{ENDLESS_SMS};",
        "CREATE TABLE t (address TEXT, body TEXT); CREATE VIEW sms AS SELECT * FROM t;",
        "CREATE VIRTUAL TABLE sms USING fts5 (address, body);",
        "CREATE TABLE sms (address TEXT PRIMARY KEY, body TEXT) WITHOUT ROWID;",
        "CREATE TABLE sms (_rowid_ TEXT, address TEXT, body TEXT);",
        f"{ANDROID} DROP TABLE pdu; {endless('pdu', '_id')}",
        f"{ANDROID} DROP TABLE part; {endless('part', 'mid')}"
        + insert("pdu", _id=1, date=1772676930, msg_box=1),
        f"CREATE TABLE handle (id TEXT); {endless('message', 'is_from_me')}",
    ],
)
def test_what_only_looks_like_a_table_is_refused_in_one_line(tmp_path: Path, script: str) -> None:
    started = process_time()
    reading = here(database(tmp_path / "x.db", script))

    assert process_time() - started < 2
    assert reading.reasons == ["source.database_disguised"]
    assert reading.messages == []
    assert len(reading.finished) == 1


@pytest.mark.parametrize("disguise", ["view", "virtual"])
def test_a_schema_that_lies_about_its_own_entries_runs_nothing(
    tmp_path: Path, disguise: str
) -> None:
    path = database(tmp_path / "x.db", ANDROID, android_sms(0, DUE))
    said = {
        "view": ENDLESS_SMS,
        "virtual": "CREATE VIRTUAL TABLE sms USING fts5 (address, body)",
    }[disguise]
    # Its type and its page are left as those of a real table.
    _rewrite_schema(path, said)

    started = process_time()
    reading = here(path)

    assert process_time() - started < 2
    assert reading.messages == []
    assert len(reading.reasons) == 1


def _rewrite_schema(path: Path, said: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'sms'", (said,))
    connection.close()


def test_computed_columns_are_never_computed(tmp_path: Path) -> None:
    path = database(
        tmp_path / "x.db",
        "CREATE TABLE sms (_id INTEGER PRIMARY KEY, address TEXT, date INTEGER, type INTEGER,"
        " seed TEXT, body TEXT AS (hex(zeroblob(4000000)) || seed) VIRTUAL);",
        "INSERT INTO sms (address, date, type) VALUES ('95555', 1772676930000, 1);",
    )

    reading = here(path)

    assert reading.messages == []
    assert reading.reasons == ["source.is_database"]


def test_triggers_and_indexes_of_unknown_functions_hinder_nothing(tmp_path: Path) -> None:
    path = database(
        tmp_path / "x.db",
        ANDROID,
        android_sms(0, DUE),
        "CREATE TRIGGER t AFTER INSERT ON sms BEGIN SELECT load_extension('x'); END;"
        "CREATE INDEX i ON sms (abs(date)) WHERE body GLOB '*';",
    )

    assert here(path).texts == [DUE]


def test_a_value_that_is_too_long_costs_one_message(tmp_path: Path) -> None:
    path = database(
        tmp_path / "x.db",
        ANDROID,
        android_sms(0, "前"),
        "INSERT INTO sms (address, date, type, body)"
        " VALUES ('95555', 1772676930000, 1, hex(zeroblob(8000000)));",
        android_sms(2, "还" * 2_000_000),
        android_sms(3, "后"),
    )

    reading = here(path)

    assert [message.unreadable for message in reading.messages] == [
        None,
        "source.text_cut",
        "source.text_cut",
        None,
    ]
    assert reading.messages[1].sender == "95555"
    assert len(reading.messages[2].text or "") == 1024 * 1024
    assert reading.damage == []


def test_reading_that_takes_too_long_ends_with_what_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(android_sms(number, DUE) for number in range(2000))
    path = database(tmp_path / "x.db", ANDROID, rows)
    monkeypatch.setattr(tables, "_SECONDS", 0.0)
    monkeypatch.setattr(tables, "_OPERATIONS", 5000)

    reading = here(path)

    assert reading.reasons == ["source.database_too_slow"]
    assert reading.damage[0].values == {"read": len(reading.messages)}
    assert len(reading.messages) < 2000


def test_a_tree_that_leads_back_into_itself_is_left(tmp_path: Path) -> None:
    rows = "".join(android_sms(number, DUE * 3) for number in range(3000))
    path = database(tmp_path / "x.db", ANDROID, rows)
    whole = here(path).messages
    content = bytearray(path.read_bytes())
    [root] = _pages(path, "sms")
    assert content[root] == 5  # an interior page: its cells begin with the number of a child
    cells = int.from_bytes(content[root + 3 : root + 5], "big")
    first = int.from_bytes(content[root + 12 : root + 14], "big")
    for number in range(cells):
        at = root + int.from_bytes(content[root + 12 + 2 * number :][:2], "big")
        content[at : at + 4] = content[root + first : root + first + 4]
    path.write_bytes(content)

    started = process_time()
    reading = here(path)

    assert process_time() - started < 5
    assert reading.reasons == ["source.database_damaged"]
    assert set(reading.messages) <= set(whole)
    assert len(reading.messages) < len(whole)


def _pages(path: Path, *tables_: str) -> list[int]:
    """Return where the root pages of tables begin."""
    connection = sqlite3.connect(path)
    names = dict(connection.execute("SELECT name, rootpage FROM sqlite_master").fetchall())
    [size] = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    return [(names[name] - 1) * size for name in tables_]


@pytest.mark.parametrize("harm", [b"\0" * 4096, b"\xff" * 4096, bytes(range(256)) * 16])
def test_a_page_that_is_lost_costs_what_stood_on_it(tmp_path: Path, harm: bytes) -> None:
    rows = "".join(ios_message(number, f"{DUE}{number}") for number in range(3000))
    path = database(tmp_path / "sms.db", IOS, rows)
    whole = here(path).messages
    content = bytearray(path.read_bytes())
    leaves = [at for at in range(0, len(content), 4096) if DUE.encode() in content[at : at + 4096]]
    lost = leaves[len(leaves) // 2]
    content[lost : lost + 4096] = harm
    path.write_bytes(content)

    reading = here(path)

    assert reading.reasons == ["source.database_damaged"]
    kept = {message.id: message for message in reading.messages if not message.unreadable}
    assert [message for message in whole if message.id in kept] == list(kept.values())
    assert len(kept) >= 2900
    assert reading.messages[-1] == whole[-1]


def test_every_prefix_of_a_database_gives_only_whole_records(tmp_path: Path) -> None:
    rows = [android_sms(number, f"{DUE * 8}{number}") for number in range(60)]
    rows.append(android_sms(400, DUE * 200))
    rows += [android_sms(number, f"{DUE * 8}{number}") for number in range(500, 560)]
    path = database(tmp_path / "mmssms.db", ANDROID, *["".join(rows)])
    whole = {message.id: message for message in here(path).messages}
    assert len(whole) == 121
    content = path.read_bytes()
    most = 0

    for end in cuts(len(content)):
        path.write_bytes(content[:end])
        reading = here(path)
        for message in reading.messages:
            assert message.unreadable or message == whole[message.id]
        assert len(reading.damage) == 1
        assert len(reading.finished) == 1
        most = max(most, len(reading.messages))
    assert most > 100


def test_damage_anywhere_in_a_database_never_stops_a_batch(tmp_path: Path) -> None:
    dice = random.Random(5)  # noqa: S311  the same damage on every run
    phrases = Phrases("zh")
    rows = "".join(ios_message(number, f"{DUE}{number}") for number in range(200))
    path = database(tmp_path / "sms.db", IOS, rows, ios_message(900, "新"), logged=True)
    log = path.with_name("sms.db-wal")
    whole = path.read_bytes(), log.read_bytes()
    for _ in range(300):
        for file, content in zip((path, log), whole, strict=True):
            data = bytearray(content)
            for _ in range(dice.randrange(0, 6)):
                at = dice.randrange(dice.choice((200, len(data))))
                data[at : at + dice.randrange(1, 60)] = dice.randbytes(dice.randrange(1, 60))
            file.write_bytes(data)

        reading = here(path)

        encode(reading.items)
        for message in reading.messages:
            assert message.unreadable is None or message.unreadable in phrases
        for damage in reading.damage:
            assert phrases.say(damage.reason, damage.values)


def test_a_hostile_database_is_one_line_and_the_batch_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "phone"
    folder.mkdir()
    database(folder / "1.db", f"{ENDLESS_SMS};")
    database(folder / "2.db", ANDROID, android_sms(0, DUE))
    os.mkfifo(folder / "2.db-wal")

    items = list(read_path(folder))

    assert [item.text for item in items if isinstance(item, Message)] == [DUE]
    assert Reading(iter(items)).reasons == ["source.database_disguised", "source.is_no_file"]
