"""What must hold of an export with damage anywhere: reading ends, and all of it can be told."""

import random
from collections.abc import Callable
from pathlib import Path

from tests.sources.exports import read
from watcher.phrases import Phrases
from watcher.sources.wire import encode


def _flip(data: bytearray, at: int, dice: random.Random) -> None:
    data[at] = dice.randrange(256)


def _drop(data: bytearray, at: int, dice: random.Random) -> None:
    del data[at : at + dice.randrange(1, 40)]


def _repeat(data: bytearray, at: int, dice: random.Random) -> None:
    data[at:at] = data[at : at + dice.randrange(1, 40)] * dice.randrange(1, 9)


def _insert(data: bytearray, at: int, dice: random.Random) -> None:
    data[at:at] = dice.choice([b"<", b">", b'"', b"\0", b"\n\n", b"--sep", b"=?", b"&#", b"\xff"])


HARM: tuple[Callable[[bytearray, int, random.Random], None], ...] = (_flip, _drop, _repeat, _insert)


def assert_damage_stops_nothing(folder: Path, name: str, sample: bytes) -> None:
    """Read the sample with some hundred kinds of damage, the same ones for its name."""
    dice = random.Random(name)  # noqa: S311  the same damage on every run
    phrases = Phrases("zh")
    for _ in range(400):
        data = bytearray(sample)
        for _ in range(dice.randrange(1, 6)):
            dice.choice(HARM)(data, dice.randrange(len(data)), dice)

        reading = read(folder, bytes(data))

        assert len(reading.finished) == 1
        assert reading.finished[0].records >= len(reading.messages)
        encode(reading.items)
        for message in reading.messages:
            assert message.unreadable is None or message.unreadable in phrases
        for damage in reading.damage:
            assert phrases.say(damage.reason, damage.values)
        for remark in reading.remarks:
            assert phrases.say(remark.reason, remark.values)
