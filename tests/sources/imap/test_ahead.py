import threading
from collections.abc import Generator
from contextlib import closing

import pytest

from watcher.errors import SourceUnavailable
from watcher.sources.imap.ahead import ahead


def test_everything_comes_through_in_its_order() -> None:
    assert list(ahead(one for one in range(100))) == list(range(100))
    assert list(ahead(ahead(one for one in range(100)))) == list(range(100))
    assert list(ahead(one for one in range(0))) == []


def test_a_failure_comes_behind_what_was_there_before_it() -> None:
    def failing() -> Generator[int, None, None]:
        yield 1
        yield 2
        raise SourceUnavailable("imap.lost")

    items = ahead(failing())
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(SourceUnavailable, match=r"imap\.lost"):
        next(items)


def test_the_next_is_made_while_the_last_is_used() -> None:
    second = threading.Event()

    def making() -> Generator[int, None, None]:
        yield 1
        second.set()
        yield 2

    with closing(ahead(making())) as items:
        assert next(items) == 1
        assert second.wait(5)


def test_whoever_stops_early_waits_for_what_is_under_way_and_no_longer() -> None:
    made = []

    def endless() -> Generator[int, None, None]:
        while True:
            made.append(threading.get_ident())
            yield len(made)

    with closing(ahead(ahead(endless(), name="inner"), name="outer")) as items:
        assert next(items) == 1
    count = len(made)
    assert count <= 7
    assert {"inner", "outer"}.isdisjoint(thread.name for thread in threading.enumerate())
    assert len(made) == count


def test_what_is_ahead_is_closed_before_whoever_stops_early_goes_on() -> None:
    ends = []

    def making() -> Generator[int, None, None]:
        try:
            yield from range(10)
        finally:
            ends.append(threading.current_thread().name)

    with closing(ahead(making(), name="closer")) as items:
        assert next(items) == 0
    assert ends == ["closer"]
