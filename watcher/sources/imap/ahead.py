"""Fetching goes on in a thread of its own while what was fetched is judged."""

import queue
import threading
from collections.abc import Generator
from contextlib import closing
from typing import Any, TypeVar

One = TypeVar("One")


def ahead(
    items: Generator[One, Any, Any], most: int = 1, name: str = "mail-ahead"
) -> Generator[One, None, None]:
    """Yield what a generator yields, which is up to `most` items ahead of whoever takes them.

    What it raises is raised here, behind the items before. Whoever stops early waits until
    the generator is done with the item that it is at, and closed.
    """
    ready: queue.Queue[One | _End] = queue.Queue(most)
    stopped = threading.Event()

    def work() -> None:
        failure: BaseException | None = None
        try:
            with closing(items):
                for item in items:
                    ready.put(item)
                    if stopped.is_set():
                        break
        except BaseException as error:  # noqa: BLE001  not handled here: raised again where it is waited for
            failure = error
        ready.put(_End(failure))

    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    ended = False
    try:
        while not isinstance(item := ready.get(), _End):
            yield item
        ended = True
        if item.failure is not None:
            raise item.failure
    finally:
        stopped.set()
        while not ended:
            ended = isinstance(ready.get(), _End)
        thread.join()


class _End:
    """Stands behind the last item, with what ended the iterator."""

    def __init__(self, failure: BaseException | None) -> None:
        self.failure = failure
