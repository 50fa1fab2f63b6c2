"""Decides who carries a command out: a running daemon, or the asking process itself.

Only one process writes the state. Who gets its lock does the work itself; who does not asks
the daemon that holds it. A daemon that is just starting or ending is waited for.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from watcher.clock import Clock
from watcher.control import door, wire
from watcher.control.commands import (
    Answer,
    Command,
    Look,
    Reading,
    Scan,
    Scanned,
    Working,
)
from watcher.control.fields import Forged
from watcher.control.scanning import join
from watcher.errors import SourceUnavailable, UserError, WatcherError
from watcher.ingest import Summary
from watcher.store import Store
from watcher.store.lock import lock_if_free

PATIENCE: Final = 5.0
"""Seconds for which one waits where neither the lock nor a daemon is to be had."""

SILENCE: Final = 30.0
"""Seconds after which a daemon that says nothing is given up; it gives signs of life."""

BUSY: Final = "control.busy"
"""What a daemon says that is asked by too many at once."""

_BETWEEN_TRIES: Final = 0.05

OnReading = Callable[[Reading], None]


def have_done(
    command: Command,
    folder: Path,
    *,
    alone: Callable[[Store], Answer],
    clock: Clock,
    on_reading: OnReading = lambda _reading: None,
) -> Answer:
    """Have a command carried out by whoever may write the state of a folder.

    `alone` carries it out with the store, which is open and locked only for that long; where
    there is no backup of last night, one is made then.

    Raises:
        UserError: it cannot be done; or another command writes, and takes long.
        SourceUnavailable: the disk refuses, or the daemon does not answer.
    """
    check(command)
    give_up = clock.monotonic() + PATIENCE
    while True:
        with lock_if_free(folder) as held:
            if held:
                with Store.open(folder, clock.now()) as store:
                    done = alone(store)
                    with suppress(SourceUnavailable):  # on a full disk the next command does it
                        store.keeping.back_up_once(clock.now())
                    return done
        try:
            answer = ask_daemon(command, folder, on_reading)
        except SourceUnavailable as failure:
            if failure.says != BUSY or clock.monotonic() > give_up:
                raise
            answer = None
        if answer is not None:
            return answer
        if clock.monotonic() > give_up:
            raise UserError("store.locked", {"folder": str(folder)})
        time.sleep(_BETWEEN_TRIES)


def check(command: Command) -> None:
    """Refuse a command that no daemon would take; alone it is refused too.

    Raises:
        UserError: something in it is too long, or nothing of its kind.
    """
    lines = [wire.encode_command(piece) for piece in _pieces(command)]
    try:
        for line in lines:
            wire.decode_command(line)
    except Forged:
        raise UserError("control.not_understood") from None
    if any(len(line) > wire.REQUEST_LIMIT for line in lines):
        raise UserError("control.not_understood")


def ask_daemon(
    command: Command, folder: Path, on_reading: OnReading = lambda _reading: None
) -> Answer | None:
    """Have a daemon carry a command out; None where none is there to ask.

    Raises what the daemon answers; SourceUnavailable where it does not answer.
    """
    answers: list[Answer] = []
    for piece in _pieces(command):
        answer = _ask(piece, folder, on_reading)
        if answer is None:
            if not answers:
                return None
            raise SourceUnavailable("control.lost")
        answers.append(answer)
    return _together(answers)


def _pieces(command: Command) -> list[Command]:
    """Part a scan of very many files into as many requests as it takes."""
    if not isinstance(command, Scan) or len(wire.encode_command(command)) <= wire.REQUEST_LIMIT:
        return [command]
    half = len(command.paths) // 2
    if not half:
        return [command]
    first = replace(command, paths=command.paths[:half], accounts=())
    return [*_pieces(first), *_pieces(replace(command, paths=command.paths[half:]))]


def _together(answers: list[Answer]) -> Answer:
    if len(answers) == 1:
        return answers[0]
    total = Summary()
    looks: list[Look] = []
    for answer in answers:
        if isinstance(answer, Scanned):
            join(total, answer.summary)
            looks += answer.looks
    return Scanned(summary=total, looks=tuple(looks))


def _ask(command: Command, folder: Path, on_reading: OnReading) -> Answer | None:
    connection = door.connect(folder, SILENCE)
    if connection is None:
        return None
    try:
        with connection, connection.makefile("rb") as lines:
            connection.sendall(wire.encode_command(command))
            while line := lines.readline(wire.ANSWER_LIMIT):
                match wire.decode_line(line):
                    case Reading() as reading:
                        on_reading(reading)
                    case Working():
                        continue
                    case WatcherError() as failure:
                        raise failure
                    case answer:
                        return answer
    except TimeoutError:
        raise SourceUnavailable("control.silent") from None
    except (Forged, ConnectionError):
        pass
    raise SourceUnavailable("control.lost")
