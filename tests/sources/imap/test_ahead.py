import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from watcher.errors import SourceUnavailable
from watcher.sources.imap.ahead import ahead


def test_everything_comes_through_in_its_order() -> None:
    assert list(ahead(iter(range(100)))) == list(range(100))
    assert list(ahead(iter(()))) == []


def test_a_failure_comes_behind_what_was_there_before_it() -> None:
    def failing() -> Iterator[int]:
        yield 1
        yield 2
        raise SourceUnavailable("imap.lost")

    items = ahead(failing())
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(SourceUnavailable, match=r"imap\.lost"):
        next(items)


def test_the_next_is_made_while_the_last_is_used() -> None:
    second = threading.Event()

    def making() -> Iterator[int]:
        yield 1
        second.set()
        yield 2

    with closing(ahead(making())) as items:
        assert next(items) == 1
        assert second.wait(5)


def test_whoever_stops_early_waits_for_what_is_under_way_and_no_longer() -> None:
    made = []

    def endless() -> Iterator[int]:
        while True:
            made.append(threading.get_ident())
            yield len(made)

    with closing(ahead(endless())) as items:
        assert next(items) == 1
    count = len(made)
    assert count <= 4
    assert all(thread.name != "mail-ahead" for thread in threading.enumerate())
    assert len(made) == count
