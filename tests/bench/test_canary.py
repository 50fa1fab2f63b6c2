import asyncio
from pathlib import Path

import pytest

from bench.canary import go_all_ways
from bench.canary_places import CANARIES, Journal, Places
from bench.resident import resident_home
from tests.needed import needs


def test_no_word_of_a_person_gets_where_it_does_not_belong() -> None:
    needs("dbus-daemon", "dbus-daemon")
    places = Places()
    with resident_home() as home:
        ways = asyncio.run(go_all_ways(home, places))

    assert len(set(ways)) >= 40
    assert {"journal", "pop-up", "systemd"} <= places.seen.keys()
    assert [(hit.canary, hit.place) for hit in places.hits()] == []


@pytest.mark.parametrize(
    "leaks",
    [
        lambda word: word.encode(),
        lambda word: word.encode("gb18030"),
        lambda word: repr({"says": word}).encode(),
        lambda word: (
            b"\\".join([b"", *(f"u{ord(one):04x}".encode() for one in word)])
            if not word.isascii()
            else word.encode("utf-16-le")
        ),
    ],
)
def test_a_word_is_found_however_it_is_written(leaks: object) -> None:
    assert callable(leaks)
    for canary, word in CANARIES.items():
        places = Places()
        places.add("journal", b"<6>{" + leaks(word) + b"}")
        assert [hit.canary for hit in places.hits()] == [canary]


def test_a_file_beside_the_record_is_looked_at_by_name_and_content(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_text(CANARIES["body"])
    (tmp_path / CANARIES["note"]).write_text(CANARIES["telephone"])
    places = Places()
    places.add_files(tmp_path, but=("state.db",))

    assert {hit.canary for hit in places.hits()} == {"note", "telephone"}


def test_a_journal_takes_more_than_a_pipe_holds() -> None:
    journal = Journal()
    with open(journal.stream, "wb", closefd=False) as stream:
        stream.write(b"x" * 1_000_000)
    journal.close()
    assert len(journal.written) == 1_000_000
