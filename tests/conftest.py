"""What holds for every test: no real home, no network, no session bus, no silent skips."""

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Generator, Iterator
from datetime import date
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import settings

from tests.needed import NEEDS
from watcher.core.knowledge import Rules
from watcher.errors import Problem
from watcher.userfiles import rules as reading

CHECKOUT = Path(__file__).parents[1]

ALL_OR_FAIL = "LOAN_WATCHER_TESTS_SKIP_NOTHING"
"""Set by `.ci/run`, which installs those packages: then such a skip is a failure."""

LONG = "LOAN_WATCHER_TESTS_LONG"
"""Set by `.ci/long`: more examples for each property."""

_missing: set[str] = set()

# A deadline for one example would measure how busy the machine is.
settings.register_profile("usual", deadline=None)
settings.register_profile("long", deadline=None, max_examples=1_000)
settings.load_profile("long" if os.environ.get(LONG) else "usual")

# A shell has what it runs in the background ignore Ctrl-C, and so would all that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_read_rules = reading.read_rules


@cache
def _shipped(
    today: date | None,
    thorough: bool,  # noqa: FBT001  a key of the cache
) -> tuple[Rules | None, tuple[Problem, ...]]:
    return _read_rules(CHECKOUT / "rules", today=today, thorough=thorough)


def _read_once(
    *folders: Path,
    today: date | None = None,
    thorough: bool = False,
) -> tuple[Rules | None, tuple[Problem, ...]]:
    """Read rules; the shipped ones alone, which no test changes, once in a process.

    They take half a second, and most commands that tests run read them.
    """
    if folders == (CHECKOUT / "rules",):
        return _shipped(today, thorough)
    return _read_rules(*folders, today=today, thorough=thorough)


# Before anything else takes the name from its module.
pytest.MonkeyPatch().setattr(reading, "read_rules", _read_once)


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The folder that holds the project."""
    return CHECKOUT


@pytest.fixture(scope="session")
def rules(checkout: Path) -> Rules:
    """The shipped rules, compiled once."""
    rules, problems = _read_once(checkout / "rules")
    assert problems == ()
    assert rules is not None
    return rules


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give the tests, and what they start, a home of their own and no session bus."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("HOME", str(home))
        for name in ("CONFIG_HOME", "STATE_HOME", "DATA_HOME", "CACHE_HOME", "RUNTIME_DIR"):
            folder = home / name.lower()
            folder.mkdir(mode=0o700)
            environment.setenv(f"XDG_{name}", str(folder))
        for name in ("DBUS_SESSION_BUS_ADDRESS", "NOTIFY_SOCKET", "DISPLAY", "WAYLAND_DISPLAY"):
            environment.delenv(name, raising=False)
        yield


@pytest.fixture(autouse=True)
def _umask_kept() -> Iterator[None]:
    """Fail a test that leaves another umask: real servers could not read what later ones write."""
    before = _umask()
    yield
    after = _umask()
    os.umask(before)
    assert after == before


def _umask() -> int:
    os.umask(umask := os.umask(0o077))
    return umask


@pytest.fixture
def _logging_put_back() -> Iterator[None]:
    """Put the logging of the test run back as it was, after a test that sets it up as we do."""
    root = logging.getLogger()
    handlers, level, loud = root.handlers[:], root.level, logging.raiseExceptions
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions = loud
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Refuse every connection that would leave this computer, and every question to DNS."""
    connect, connect_ex, sendto = (
        socket.socket.connect,
        socket.socket.connect_ex,
        socket.socket.sendto,
    )
    getaddrinfo = socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _refuse_network(self, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _refuse_network(self, address)
        return connect_ex(self, address)

    def guarded_sendto(self: socket.socket, data: Any, *rest: Any) -> int:
        _refuse_network(self, rest[-1])
        return sendto(self, data, *rest)

    def guarded_getaddrinfo(host: Any, *rest: Any, **named: Any) -> Any:
        if host is not None:
            _refuse_host(host)
        return getaddrinfo(host, *rest, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket.socket, "sendto", guarded_sendto)
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        yield


def _refuse_network(used: socket.socket, address: Any) -> None:
    if used.family in (socket.AF_INET, socket.AF_INET6):
        _refuse_host(address[0])


def _refuse_host(host: str | bytes) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name == "localhost":
        return
    try:
        local = ip_address(name).is_loopback
    except ValueError:
        local = False
    if not local:
        pytest.fail(f"a test reached for the network: {name}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under `.ci/run` a skip for want of a system package is a failure."""
    report = yield
    if _lacking(report) and os.environ.get(ALL_OR_FAIL):
        report.outcome = "failed"
        report.longrepr = str(report.longrepr)
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note each skip for want of a system package, in whatever process it was."""
    _missing.update(filter(None, (_lacking(report),)))


def _lacking(report: pytest.TestReport) -> str | None:
    """Return the system package for want of which a test was skipped."""
    if not report.skipped or not isinstance(report.longrepr, tuple):
        return None
    _, _, said = report.longrepr
    reason = said.removeprefix("Skipped: ")
    return reason.removeprefix(NEEDS).strip() if reason.startswith(NEEDS) else None


def pytest_unconfigure(config: pytest.Config) -> None:
    """Name, as the very last line, the system packages for want of which tests were skipped."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if _missing and terminal is not None:
        names = " ".join(sorted(_missing))
        terminal.write_line(f"Skipped for want of system packages: {names}")
