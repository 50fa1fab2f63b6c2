"""The child process: takes open files from the parent, gives back lines of checked JSON.

It opens nothing itself. It is expected to die of some of the files it is given; the
parent then says so and starts another.
"""

import json
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace

from watcher.core.model import Message
from watcher.sources.files import open_document
from watcher.sources.formats import read_runs
from watcher.sources.items import Mark
from watcher.sources.mime import read_each
from watcher.sources.usual import Read, UsualRun
from watcher.sources.walls import allow_seconds, raise_walls, try_walls
from watcher.sources.wire import BATCH_LIMIT, OUT_OF_MEMORY, Batch, Row, line_of

_REQUEST_LIMIT = 64 * 1024
_MAIL_SECONDS = 20


def main() -> None:
    """Serve requests from the socket on standard input until it closes."""
    orders = json.loads(sys.argv[2])
    stands = raise_walls(orders["memory"])
    _send([["walls", stands]])
    seconds = orders["seconds"]
    with socket.socket(fileno=0) as parent:
        while True:
            request, descriptors, _, _ = socket.recv_fds(parent, _REQUEST_LIMIT, 1)
            if not request:
                return
            wanted = json.loads(request)
            if not descriptors:
                _send([["walls", try_walls()]])
                continue
            allow_seconds(seconds)
            try:
                with open_document(descriptors[0], "", wanted["start"]) as document:
                    own = frozenset(wanted["own"])
                    given = replace(document, images=wanted["images"], own=own)
                    if "mails" in wanted:
                        _serve(read_each(given, wanted["mails"]), seconds)
                    else:
                        _serve(read_runs(given, is_mail=wanted["is_mail"]), seconds)
            except MemoryError:
                # Nothing that an ordinary exit does can be relied on now.
                os._exit(OUT_OF_MEMORY)


def _serve(items: Iterator[Read], seconds: int) -> None:
    batch = Batch()
    for item in items:
        batch.add(item)
        if isinstance(item, Message | UsualRun) and batch.weight < BATCH_LIMIT:
            continue
        _send(batch.rows)
        batch = Batch()
        allow_seconds(min(seconds, _MAIL_SECONDS) if isinstance(item, Mark) else seconds)


def _send(rows: list[Row]) -> None:
    sys.stdout.buffer.write(line_of(rows))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
