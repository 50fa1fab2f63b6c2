"""What the daemon tells systemd of itself, and what it finds of its walls."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.daemon.home import QUICK, Home, end, ready
from watcher.control.asking import ask_daemon
from watcher.control.commands import Ping, Status
from watcher.daemon.walls import Wall, fallen
from watcher.phrases import Phrases

STUCK = QUICK.replace(
    "sys.exit(",
    "import time\n"
    "from pathlib import Path\n"
    "from watcher.daemon import health\n"
    "def live(_health, _desk):\n"
    "    while Path('{stuck}').exists():\n"
    "        time.sleep(0.05)\n"
    "health.Health._live = live\n"
    "sys.exit(",
)

HANGING = (
    "import time\n"
    "from watcher.daemon import mail\n"
    "mail.HANGS = 1.0\n"
    "mail.Mailbox.run = lambda _: time.sleep(60)\n"
)
TRYING = HANGING.replace(
    "mail.Mailbox.run = lambda _: time.sleep(60)\n",
    "def trying(mailbox):\n"
    "    while True:\n"
    "        mailbox._watched.sign_in()\n"
    "        time.sleep(0.1)\n"
    "mail.Mailbox.run = trying\n",
)


@contextmanager
def systemd(home: Home) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(home.folder / "notify"))
        listening.settimeout(30)
        yield listening


def heard(listening: socket.socket, state: str) -> str:
    """Wait for a state and return it."""
    begun = time.monotonic()
    while not (said := listening.recv(1000).decode()).startswith(state):
        assert time.monotonic() - begun < 30, f"it beats, but does not say {state}"
    return said


def test_it_says_again_and_again_that_it_lives_and_how_it_is(home: Home) -> None:
    with systemd(home) as listening:
        daemon = home.start()
        assert heard(listening, "READY=1")
        assert heard(listening, "WATCHDOG=1")
        assert "正在看守 1 个来源" in heard(listening, "STATUS=")
        assert heard(listening, "WATCHDOG=1")
        end(daemon)
        assert heard(listening, "STOPPING=1")


def test_an_ingest_thread_that_hangs_keeps_it_from_saying_so(home: Home) -> None:
    stuck = home.folder / "stuck"
    with systemd(home) as listening:
        daemon = home.start(STUCK.replace("{stuck}", str(stuck)))
        assert heard(listening, "WATCHDOG=1")
        stuck.touch()
        listening.settimeout(1.5)  # several beats
        begun = time.monotonic()
        with suppress(TimeoutError):
            while time.monotonic() - begun < 30:
                listening.recv(1000)
        assert time.monotonic() - begun < 30
        stuck.unlink()
        listening.settimeout(30)
        assert heard(listening, "WATCHDOG=1")
        daemon.send_signal(signal.SIGKILL)


def _watch_mail(home: Home) -> None:
    """Have it watch a mailbox at a server that is not there."""
    code = home.folder / "code"
    code.touch(mode=0o600)
    code.write_text("code-1234")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    account = '[[accounts]]\naddress = "zhou@mail.test"\nhost = "localhost"\n'
    home.config.write_text(f'language = "zh"\n{account}port = {port}\ncode_file = "{code}"\n')


def test_it_says_that_it_sees_a_mailbox_and_the_desktop_no_more(home: Home) -> None:
    _watch_mail(home)
    with systemd(home) as listening:
        home.start()
        said = heard(listening, "STATUS=")
    for part, values in (("watching", {"count": 1}), ("blind", {"count": 1}), ("no_desktop", {})):
        assert Phrases("zh").say(f"daemon.status.{part}", values) in said


@pytest.mark.parametrize(("life", "quiet"), [(HANGING, True), (TRYING, False)])
def test_an_account_that_hangs_keeps_it_from_saying_so_and_one_that_tries_does_not(
    home: Home, life: str, *, quiet: bool
) -> None:
    _watch_mail(home)
    with systemd(home) as listening:
        home.start(QUICK.replace("sys.exit(", f"{life}sys.exit("))
        assert heard(listening, "READY=1")
        begun = time.monotonic()
        beats = 0
        listening.settimeout(3)  # many beats
        with suppress(TimeoutError):
            while time.monotonic() - begun < 6:
                beats += listening.recv(1000) == b"WATCHDOG=1"
        assert beats
        assert (time.monotonic() - begun < 6) is quiet


def test_where_no_unit_is_no_wall_is_missed(home: Home) -> None:
    ready(home)
    status = ask_daemon(Ping(), home.state)
    assert isinstance(status, Status)
    assert status.fallen == ()


def test_a_process_without_walls_finds_them_all_down() -> None:
    environ = {"LOAN_WATCHER_UNSEEN": sys.executable}
    down = set(asyncio.run(fallen(environ)))
    assert {Wall.HOME, Wall.MEMORY, Wall.SOCKETS} <= down
    assert Wall.BUS not in down
    assert os.environ.get("DBUS_SESSION_BUS_ADDRESS") is None
