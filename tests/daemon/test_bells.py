import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from tests.daemon.home import CHAT, QUICK, Home, cursor, end, polled, ready, until
from watcher.daemon.bell import Bells

RARELY = QUICK.replace("poll=0.3", "poll=3600")


@pytest.fixture
def rung() -> SimpleQueue[Path]:
    return SimpleQueue()


def quiet(rung: SimpleQueue[Path]) -> bool:
    """Whether nothing rings; what has rung already is taken away."""
    time.sleep(0.7)
    heard = rung.qsize()
    while not rung.empty():
        rung.get()
    return not heard


WAYS: dict[str, Callable[[Path, Path], object]] = {
    "closed": lambda folder, _: (folder / "sms.xml").write_text("x"),
    "closed further down": lambda folder, _: (folder / "2026" / "sms.xml").write_text("x"),
    "moved to its name": lambda folder, _: (folder / "sms.xml.part").rename(folder / "sms.xml"),
    "moved here": lambda folder, away: (away / "sms.xml").rename(folder / "sms.xml"),
    "moved here with its folder": lambda folder, away: away.rename(folder / "phone"),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_a_file_that_is_complete_rings(
    tmp_path: Path, rung: SimpleQueue[Path], way: Callable[[Path, Path], object]
) -> None:
    folder, away = tmp_path / "sms", tmp_path / "away"
    (folder / "2026").mkdir(parents=True)
    away.mkdir()
    (folder / "sms.xml.part").write_text("x")
    (away / "sms.xml").write_text("x")
    bells = Bells(rung.put)
    bells.hang(folder)
    try:
        way(folder, away)
        assert rung.get(timeout=10) == folder
    finally:
        bells.stop()


@pytest.mark.parametrize("name", [".sms.xml.swp", "sms.xml.part", "sms.xml~", "sms.xml.tmp"])
def test_a_file_on_its_way_does_not_ring(
    tmp_path: Path, rung: SimpleQueue[Path], name: str
) -> None:
    bells = Bells(rung.put)
    bells.hang(tmp_path)
    try:
        (tmp_path / name).write_text("x")
        assert quiet(rung)
    finally:
        bells.stop()


def test_a_folder_that_was_made_anew_rings_once_it_was_looked_at(
    tmp_path: Path, rung: SimpleQueue[Path]
) -> None:
    folder = tmp_path / "sms"
    bells = Bells(rung.put)
    bells.hang(folder)  # it is not there yet
    try:
        for _ in range(3):
            folder.mkdir()
            bells.hang(folder)
            (folder / "sms.xml").write_text("x")
            assert rung.get(timeout=10) == folder
            shutil.rmtree(folder)
            time.sleep(0.7)  # the bell takes a moment to fall with its folder
    finally:
        bells.stop()


def test_a_bell_that_was_taken_down_is_silent(tmp_path: Path, rung: SimpleQueue[Path]) -> None:
    bells = Bells(rung.put)
    bells.hang(tmp_path)
    bells.stop()
    (tmp_path / "sms.xml").write_text("x")
    bells.hang(tmp_path)

    with pytest.raises(Empty):
        rung.get(timeout=0.7)


def test_an_export_is_read_long_before_the_next_look(home: Home) -> None:
    async def scene() -> None:
        daemon = await asyncio.to_thread(ready, home, RARELY)
        await until(lambda: polled(home))
        home.drop("sms-1.xml", CHAT.format(number=1))
        await until(lambda: "sms-1.xml" in cursor(home), within=30)
        home.drop("sms-2.xml", CHAT.format(number=2))
        await until(lambda: "sms-2.xml" in cursor(home), within=30)
        assert (await asyncio.to_thread(end, daemon))[0] == 0

    asyncio.run(scene())


def test_a_folder_deleted_and_made_again_is_found_by_the_look_each_minute(home: Home) -> None:
    async def scene() -> None:
        daemon = await asyncio.to_thread(ready, home)
        await until(lambda: polled(home))
        shutil.rmtree(home.sms)
        await asyncio.sleep(0.5)
        home.sms.mkdir()
        home.drop("sms-1.xml", CHAT.format(number=1))
        await until(lambda: "sms-1.xml" in cursor(home), within=30)
        assert (await asyncio.to_thread(end, daemon))[0] == 0

    asyncio.run(scene())
