"""Words that people would not want others to read, through every way to fail: where they get.

A daemon with mailboxes, a folder, a page and a desktop meets one fault after another, and
programs that cannot start meet theirs; names, numbers, passwords and texts stand in all that
they are given. `hits` counts words found in what the journal is given, in what systemd is
told, in pop-ups, command lines, environments, temporary files, cores, and files of the state
folder besides the database, its backups and the kept mails.
"""

import asyncio
import json
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from contextlib import ExitStack, suppress
from threading import Timer
from typing import Final

from bench.canary_acts import (
    ACTS,
    LEDGER,
    NOTICE,
    WITHIN,
    WRONG_RULE,
    Scene,
    furnish,
    wrong_settings,
)
from bench.canary_places import CANARIES, Journal, Onlooker, Places, Systemd
from bench.imap_server import ImapServer
from bench.report import Numbers, print_table
from bench.resident import resident_home
from tests.daemon.home import LIVE, Home
from tests.notification_server import NotificationServer

_DATA: Final = ("state.db", "backups", "evidence", "last-good")
"""What of the state folder is the user's record."""

BUGGY = '''
import asyncio, json, logging, sys, threading, warnings
from pathlib import Path
from watcher.daemon import life
from watcher.daemon.life import Pace
from watcher.daemon.start import run
from watcher.judging import process
from watcher.sources.imap import mailbox

BUG, WARNING, _ = json.loads(Path("marks").read_text("utf-8"))
FAILING = f"""
import json
from watcher.judging import here
with open({str(Path("marks").resolve())!r}) as marks:
    _, _, marked = json.load(marks)
judged = here.process
def failing(message, *given):
    if marked in (message.text or ""):
        raise ValueError(message.text)
    return judged(message, *given)
here.process = failing
main()
"""
process.START = process.START.replace("main()", FAILING)

class Broken:
    def __del__(self):
        raise RuntimeError(BUG)

def fail():
    raise LookupError(BUG)

async def fail_later():
    try:
        fail()
    except LookupError as failure:
        raise RuntimeError(BUG) from failure

async def tell_dates(*_):
    asyncio.get_running_loop().create_task(fail_later())
    threading.Thread(target=fail).start()
    warnings.warn(WARNING)
    for name in ("imapclient.imaplib", "dbus_fast", "asyncio", "somebody"):
        logging.getLogger(name).error("said %r", BUG)
    Broken()
    raise RuntimeError(BUG)

mailbox.ASK_AGAIN = mailbox.ASK_AGAIN_REFUSED = 1.0
life.tell_dates = tell_dates
sys.exit(run("zh", pace=Pace(poll=0.3, heartbeat=0.3, second_look=0.1)))
'''
"""A daemon with bugs, whose exceptions quote what they met."""

BUGGY_COMMAND = """
import sys
from watcher.__main__ import main
from watcher.core import pipeline
def process(message, *given):
    raise ValueError(message.text)
pipeline.process = process
sys.exit(main(["check", "-"]))
"""


def add_options(parser: ArgumentParser) -> None:
    """Declare the options of this figure."""
    del parser


def measure(options: Namespace) -> Numbers:
    """Go every way, look everywhere, and print what was found."""
    del options  # a quick run is the whole of it
    places = Places()
    with Onlooker() as onlooker:
        with resident_home() as home:
            paths = asyncio.run(go_all_ways(home, places))
        for name, program, fails in STARTS:
            with resident_home() as home:
                _start(home, program, fails, places)
                paths.append(name)
    onlooker.tell(places)
    hits = list(places.hits())
    print_table(
        "words where they do not belong",
        ("word", "place"),
        [(hit.canary, hit.place) for hit in hits],
    )
    print_table(
        "looked at",
        ("words", "ways to fail", "places", "bytes", "processes"),
        [
            (
                len(CANARIES),
                len(paths),
                len(places.seen),
                sum(map(len, places.seen.values())),
                onlooker.processes,
            )
        ],
    )
    return {"canaries": len(CANARIES), "paths": len(paths), "hits": len(hits)}


async def go_all_ways(home: Home, places: Places) -> list[str]:
    """Have a daemon meet everything that can happen to it."""
    temporary = home.folder / "tmp"
    temporary.mkdir()
    home.desktop = {"TMPDIR": str(temporary), "JOURNAL_STREAM": "8:1"}
    folder = home.sms.rename(home.folder / CANARIES["folder"])
    home.sms.symlink_to(folder)
    with ExitStack() as left, ImapServer() as server, ImapServer() as refusing:
        furnish(home, folder, server, refusing)
        systemd = Systemd(home.folder / "notify")
        left.callback(systemd.close)
        async with NotificationServer.at(home.bus) as desktop:
            journal = Journal()
            left.callback(_note_journal, journal, places)
            daemon = _started(home, BUGGY, journal)
            left.callback(_ended, daemon)
            scene = Scene(
                home=home,
                server=server,
                refusing=refusing,
                desktop=desktop,
                journal=journal,
                daemon=daemon,
            )
            if not await asyncio.to_thread(systemd.ready.wait, WITHIN):
                raise AssertionError(scene.log)
            for act in ACTS:
                await act(scene)
        for sent in desktop.sent:
            places.add("pop-up", repr(sent).encode())
    places.add("systemd", b"\n".join(systemd.told))
    _look_around(home, places)
    _see_that_all_were_there(home)
    return scene.paths


def _started(home: Home, program: str, journal: Journal) -> subprocess.Popen[bytes]:
    marks = [CANARIES[name] for name in ("exception", "warning", "body of a bug")]
    (home.folder / "marks").write_text(json.dumps(marks), encoding="utf-8")
    return subprocess.Popen(  # noqa: S603  our own program
        [sys.executable, "-c", program],
        env=home.environ,
        cwd=home.folder,
        stdin=subprocess.DEVNULL,
        stdout=journal.stream,
        stderr=journal.stream,
    )


def _note_journal(journal: Journal, places: Places) -> None:
    journal.close()
    places.add("journal", bytes(journal.written))


def _ended(daemon: subprocess.Popen[bytes]) -> None:
    daemon.kill()
    daemon.wait()


def _look_around(home: Home, places: Places) -> None:
    """Note all that was written, but for what the user wrote and the record."""
    places.add_files(home.state, but=_DATA)
    if (home.folder / "tmp").exists():
        places.add_files(home.folder / "tmp")
    for core in home.folder.glob("core*"):
        places.add("core", core.read_bytes())


def _see_that_all_were_there(home: Home) -> None:
    """Raise where a word was nowhere: not to find it elsewhere would prove nothing."""
    given = Places()
    given.add_files(home.folder)
    found = {hit.canary for hit in given.hits()}
    missing = CANARIES.keys() - found - _ONLY_SAID
    if missing:
        raise AssertionError(f"these were nowhere: {missing}")


_ONLY_SAID = frozenset(
    {
        # In what servers, programs and strangers say.
        *("reply of a server", "error of a desktop", "request", "address of the page", "form"),
        *("exception", "warning", "hidden text", "attachment", "header", "rule", "setting"),
        "note",
    }
)


def _wrong(name: str) -> Callable[[Home], None]:
    def furnish_wrong(home: Home) -> None:
        if name == "settings":
            home.config.write_text(wrong_settings(home), encoding="utf-8")
        elif name == "rules":
            (home.config.parent / "rules").mkdir()
            (home.config.parent / "rules" / "my.toml").write_text(WRONG_RULE, encoding="utf-8")
        else:
            home.loans.write_text(
                LEDGER.replace('"settled"', f'"{CANARIES["note"]}"'), encoding="utf-8"
            )

    return furnish_wrong


def _open_to_all(home: Home) -> None:
    home.state.mkdir(parents=True)
    home.state.chmod(0o755)


_WITHOUT_IT: Final = b"user-files-wrong"
"""What a service says that goes on with what was right before."""


def _give(started: subprocess.Popen[bytes], text: bytes) -> None:
    if started.stdin is not None:
        with suppress(BrokenPipeError), started.stdin:  # it may have ended before it read
            started.stdin.write(text)


def _start(home: Home, program: str, furnish: Callable[[Home], None], places: Places) -> None:
    """Start what cannot start, or only without what is wrong: that is told to end."""
    home.loans.write_text(LEDGER, encoding="utf-8")
    furnish(home)
    home.desktop = {"JOURNAL_STREAM": "8:1"}
    said = bytearray()
    with subprocess.Popen(  # noqa: S603  our own program
        [sys.executable, "-c", program],
        env=home.environ,
        cwd=home.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as started:
        late = Timer(WITHIN, started.kill)
        late.start()
        _give(started, NOTICE.encode())
        for line in started.stdout or ():
            said += line
            if _WITHOUT_IT in line:
                started.terminate()
        code = started.wait()
        late.cancel()
    if code not in ((0,) if _WITHOUT_IT in said else (1, 2, 3)):
        raise AssertionError((code, said.decode()))
    places.add("journal", bytes(said))
    _look_around(home, places)


STARTS: Final = (
    ("a start with wrong settings", LIVE, _wrong("settings")),
    ("a start with a wrong ledger", LIVE, _wrong("ledger")),
    ("a start with a wrong rule", LIVE, _wrong("rules")),
    ("a start in a folder open to all", LIVE, _open_to_all),
    # What a command says of somebody's own files is for them; so theirs are without mistake.
    ("a bug in a command", BUGGY_COMMAND, Home.add_loan),
)
