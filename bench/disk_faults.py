"""Every call to the disk failed once, and from then on: is the state whole, does it go on?

A driver does rounds of work on a store: open it, record a notice, keep its mail, back up,
close. In round k the k-th call of a kind fails, until a round has fewer. What failed has to
be refused in words, and done once the disk works again; at the end there is one case for
each round, its mail is whole, and the database and its backups are sound.

`python -m bench.disk_faults FOLDER` is the driver; it does a round for each line it reads.
"""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bench.faulty_disk import CHANGE, SYNC, WRITE, Fault, FaultyDisk
from bench.report import CHECKOUT
from watcher.core.model import (
    Alert,
    Case,
    Channel,
    Judgement,
    Kind,
    Match,
    Message,
    Notice,
    Phrase,
    Urgency,
    Verdict,
)
from watcher.errors import WatcherError
from watcher.store import Store
from watcher.store.backups import newest_first
from watcher.store.connection import is_damaged

START: Final = datetime(2026, 3, 1, tzinfo=UTC)
DONE: Final = "done"
FAULTS: Final = (
    (SYNC, errno.EIO),
    (WRITE, errno.ENOSPC),
    (WRITE, errno.EIO),
    (CHANGE, errno.EROFS),
    (CHANGE, errno.EMFILE),
    (CHANGE, errno.ENOSPC),
)
QUICK_FAULTS: Final = FAULTS[:1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What came of one kind of fault."""

    name: str
    faults: int
    refused: int
    failed: tuple[str, ...]


def sweeps(folder: Path, *, quick: bool) -> Iterator[Sweep]:
    """Fail each call of each kind, alone and with all that follow."""
    for kind, error in QUICK_FAULTS if quick else FAULTS:
        for once in (True, False):
            name = f"{errno.errorcode[error]} on {kind}, {'once' if once else 'from then on'}"
            place = folder / name.replace(" ", "-").replace(",", "")
            place.mkdir()
            yield _sweep(name, place, Fault(kinds=frozenset({kind}), error=error, once=once))


def _sweep(name: str, place: Path, fault: Fault) -> Sweep:
    state = place / "state"
    disk = FaultyDisk(state)
    program = [sys.executable, "-m", "bench.disk_faults", str(state)]
    environ = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    rounds, refused, failed = 0, 0, []
    with disk.start(program, environ, pipes=pipes) as driver:
        first, reached = 1, True
        while reached and driver.poll() is None:
            rounds += 1
            disk.fault = Fault(kinds=fault.kinds, error=fault.error, first=first, once=fault.once)
            said = _round(driver, rounds)
            reached = disk.fault.hit
            disk.fault = None
            refused += said.startswith("store.")
            if said != DONE and not said.startswith("store."):
                failed.append(f"{name}: call {first}: {said}")
            elif said != DONE and (again := _round(driver, rounds)) != DONE:
                failed.append(f"{name}: call {first}: afterwards {again}")
            first += 1
        driver.kill()
    failed += [f"{name}: {one}" for one in _flaws(state, rounds)]
    return Sweep(name=name, faults=rounds - 1, refused=refused, failed=tuple(failed))


def _round(driver: subprocess.Popen[bytes], number: int) -> str:
    if driver.stdin is None or driver.stdout is None:
        raise AssertionError(driver)
    try:
        driver.stdin.write(f"{number}\n".encode())
        driver.stdin.flush()
    except BrokenPipeError:
        return "the driver is gone"
    return driver.stdout.readline().decode().strip() or "the driver ended"


def _flaws(state: Path, rounds: int) -> Iterator[str]:
    """Yield what is wrong with what is left."""
    if is_damaged(state / "state.db"):
        yield "the database is damaged"
    with Store.open(state, START) as store:
        keys = sorted(int(row.key) for row in store.cases())
        if keys != [*range(1, rounds + 1)]:
            yield f"{rounds} rounds made {len(keys)} cases"
        if len(store.pending_alerts(START)) != rounds:
            yield "an alert is lost or doubled"
        for row in store.cases():
            found = store.case(row.id)
            kept = found.originals if found else ()
            if [one.path and one.path.read_bytes() for one in kept] != [_mail(int(row.key))]:
                yield f"the mail of round {row.key} is not whole"
    backups = [*newest_first(state)]
    if not backups or any(map(is_damaged, backups)):
        yield "a backup is damaged"
    if left := [one.name for one in state.rglob("*.unfinished*")]:
        yield f"half-written files are left: {left}"


def _mail(number: int) -> bytes:
    return f"Subject: {number}\r\n\r\n".encode() + b"line\r\n" * 2_000


def _case(number: int) -> Case:
    message = Message(
        id=str(number),
        channel=Channel.EMAIL,
        received_at=START + timedelta(minutes=number),
        sender="bill@example.test",
        text=f"【山海贷】第 {number} 次提醒，请尽快还款。",
        place=str(number),
    )
    return Case(
        message=message,
        notice=Notice(kind=Kind.OVERDUE),
        match=Match(lender="山海贷"),
        judgement=Judgement(verdict=Verdict.STALE, row="some-row"),
        summary=Phrase(id="core.summary"),
        key=str(number),
        alert=Alert(urgency=Urgency.NORMAL),
    )


def _work(folder: Path, number: int) -> None:
    with Store.open(folder, START) as store:
        store.record([_case(number)], now=START, source="imap:me@example.test/INBOX")
        for message, place in store.wanted_originals("imap:me@example.test/INBOX"):
            store.keep_original(message, _mail(int(place)), START)
        store.back_up()


def main(folder: Path) -> None:
    """Do a round for each line, and say what came of it."""
    for line in sys.stdin:
        try:
            _work(folder, int(line))
        except WatcherError as failure:
            said = failure.says
        except Exception as failure:  # noqa: BLE001  what the figure is there to find
            said = f"{type(failure).__name__}: {failure}"
        else:
            said = DONE
        print(said, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
