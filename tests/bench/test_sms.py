from itertools import chain
from pathlib import Path

import pytest

from bench.report import load_rules
from bench.sms import _recovered
from bench.sms_exports import texts, write_exports, write_pictures
from bench.sms_work import ANEW, naive, parse, read, read_in_child, scan
from watcher.core.model import Message
from watcher.sources.files import read_path

MESSAGES = 150


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("exports")
    made = write_exports(texts(load_rules(), MESSAGES), {"all": MESSAGES}, folder)
    return made["all"]


def said(path: Path) -> list[tuple[object, ...]]:
    read = read_path(path, sandbox=False)
    messages = [item for item in read if isinstance(item, Message)]
    return [(one.sender, one.received_at, one.text) for one in messages]


def test_an_export_and_its_clean_copy_say_the_same(exports: tuple[Path, Path]) -> None:
    usual, clean = map(said, exports)

    assert usual == clean
    assert len(set(usual)) == MESSAGES
    assert any("😀" in str(text) for _, _, text in usual)
    assert "&#55357;" in exports[0].read_text()


def test_all_readers_find_the_same_number(exports: tuple[Path, Path], tmp_path: Path) -> None:
    usual, clean = exports
    found = [read(usual), read_in_child(usual), parse(clean)]
    assert [one["messages"] for one in found] == [MESSAGES] * 3

    pictures = tmp_path / "pictures.xml"
    kept = write_pictures(texts(load_rules(), 40), pictures, 4_000_000)
    found = [read(pictures), read_in_child(pictures), parse(pictures)]
    assert [one["messages"] for one in found] == [kept] * 3
    assert kept > 1


def test_the_naive_way_comes_to_the_same_verdicts(exports: tuple[Path, Path]) -> None:
    usual, clean = exports
    found = scan(usual, usual, ANEW, usual)
    plain = naive(clean)

    assert [one["fresh"] for one in found["scans"]] == [MESSAGES, 0, MESSAGES]
    assert found["scans"][0]["verdicts"] == found["scans"][2]["verdicts"] == plain["verdicts"]
    assert sum(chain(plain["verdicts"].values())) > 5


def test_of_every_damaged_export_all_is_recovered(tmp_path: Path) -> None:
    assert _recovered(tmp_path / "broken") == 1
