"""What systemd sees of us: that we are ready, and lines for the journal.

Rules for this file: a log line says what happened to which number, never what a message
said. Only the fields of `LOGGED` get through; an exception is its type and the place, for
its text may quote a message; of what other libraries log only the place remains.
"""

import ctypes
import logging
import re
import resource
import socket
import sys
import threading
from collections.abc import Mapping
from pathlib import Path, PurePath
from types import TracebackType
from typing import TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from watcher.errors import UserError, WatcherError

LOGGED = frozenset(
    {
        "alert",
        "at",
        "backend",
        "button",
        "case",
        "count",
        "error",
        "event",
        "file",
        "level",
        "line",
        "logger",
        "messages",
        "new",
        "pid",
        "says",
        "seconds",
        "source",
        "state",
        "timestamp",
        "verdict",
        "version",
    },
)
"""Numbers, codes and phrase ids; no name, number of an account, path or text is among them."""

HIDDEN = tuple(map(Path, ("/home", "/root", "/run/user", "/tmp", "/var/tmp")))  # noqa: S108  the unit hides them
"""What a service behind the unit's walls sees as empty, but for what its drop-in names."""

PRIORITIES = {"critical": 2, "error": 3, "warning": 4, "info": 6, "debug": 7}
QUIET_LIBRARIES = ("apscheduler", "asyncio", "dbus_fast", "imapclient")
"""At DEBUG imapclient logs whole messages; the others tell of every job and task."""

_FILES = frozenset({"config.toml", "loans.toml"})
"""Names of files that say nothing of the user's."""

_PR_SET_DUMPABLE = 4
LONGEST_VALUE = 200
DEEPEST_PLACE = 3
_PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.-]+"  # an address
    r"|\d(?:[ -]?\d){6,}[\dXx]?",  # a telephone, a card, an identity card
)


def notify(environ: Mapping[str, str], state: str) -> bool:
    """Tell systemd a state such as `READY=1`; False where no one listens.

    The protocol is one datagram to the socket of `$NOTIFY_SOCKET` (sd_notify(3)).
    """
    address = environ.get("NOTIFY_SOCKET", "")
    if address[:1] not in {"/", "@"}:
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as datagram:
        try:
            datagram.connect(address)
            datagram.sendall(state.encode())
        except OSError:
            return False
    return True


def log_to_journal(stream: TextIO, environ: Mapping[str, str]) -> None:
    """Send all log lines, ours and the libraries', to a stream as JSON behind `<priority>`."""
    stamp: list[Processor] = (
        []  # the journal has its own
        if "JOURNAL_STREAM" in environ
        else [structlog.processors.TimeStamper(fmt="iso", utc=True)]
    )
    shared: list[Processor] = [structlog.stdlib.add_log_level, *stamp, _locate_failure]
    formatter = ProcessorFormatter(
        foreign_pre_chain=[_only_the_place, structlog.stdlib.add_logger_name, *shared],
        processors=[
            ProcessorFormatter.remove_processors_meta,
            _keep_allowed,
            _redact,
            _PriorityLine(),
        ],
    )
    output = logging.StreamHandler(stream)
    output.setFormatter(formatter)
    logging.raiseExceptions = False  # a full disk must not make the logger print what it was given
    root = logging.getLogger()
    root.handlers[:] = [output]
    root.setLevel(logging.INFO)
    for library in QUIET_LIBRARIES:
        logging.getLogger(library).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def log_what_nobody_catches() -> None:
    """Have warnings and uncaught exceptions logged as type and place, without their text."""
    log = structlog.get_logger()

    def uncaught(
        kind: type[BaseException],
        failure: BaseException,
        trace: TracebackType | None,
    ) -> None:
        log.critical("uncaught", exc_info=(kind, failure, trace))

    def uncaught_in_thread(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            uncaught(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    def cannot_be_raised(arguments: "sys.UnraisableHookArgs") -> None:
        if arguments.exc_value is not None:
            uncaught(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    sys.excepthook = uncaught
    threading.excepthook = uncaught_in_thread
    sys.unraisablehook = cannot_be_raised  # in a destructor, say; it shows the object too
    logging.captureWarnings(capture=True)


def log_refusal(failure: WatcherError) -> None:
    """Log why a program that nobody looks at cannot start: each mistake's kind and place, no value.

    In the user's files stand names, amounts and accounts.
    """
    log = structlog.get_logger()
    for problem in failure.problems if isinstance(failure, UserError) else ():
        if not problem.warning:
            file = problem.file if problem.file in _FILES else "rules"
            log.error("file-wrong", file=file, line=problem.line, says=problem.says)
    log.critical("not-started", says=failure.says)


def leave_no_core() -> None:
    """Have the kernel write no memory of this process to a disk, whatever it dies of.

    The limit alone does not stop a kernel that hands core dumps to a program.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    set_for_process = getattr(ctypes.CDLL(None), "prctl", None)  # Linux has it
    if set_for_process is not None:
        set_for_process(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def where(failure: BaseException) -> str:
    """Name an exception's type and the innermost places it passed, without its text."""
    places: list[str] = []
    trace = failure.__traceback__
    while trace is not None:
        file = PurePath(trace.tb_frame.f_code.co_filename)
        places.append(f"{file.parent.name}/{file.name}:{trace.tb_lineno}")
        trace = trace.tb_next
    said = " < ".join([type(failure).__name__, *reversed(places[-DEEPEST_PLACE:])])
    return f"{said} from {where(failure.__cause__)}" if failure.__cause__ else said


class _PriorityLine:
    """Renders one line as journald reads it from a service's stderr (sd-daemon(3))."""

    def __init__(self) -> None:
        self._json = structlog.processors.JSONRenderer(ensure_ascii=False, sort_keys=True)

    def __call__(self, logger: WrappedLogger, name: str, event: EventDict) -> str:
        priority = PRIORITIES.get(str(event.get("level")), PRIORITIES["info"])
        return f"<{priority}>{self._json(logger, name, event)!s}"


def _only_the_place(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Keep of a library's line only where in its source it stands; asyncio logs whole tasks."""
    record = event.get("_record")
    if isinstance(record, logging.LogRecord):
        event["event"] = f"{record.filename}:{record.lineno}"
    return event


def _locate_failure(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    failure = given[1] if isinstance(given, tuple) else given
    if isinstance(failure, BaseException):
        event["error"] = where(failure)
    return event


def _keep_allowed(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    return {name: value for name, value in event.items() if name in LOGGED}


def _redact(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Mask what looks like a person's data: last, so that nothing is added behind it."""
    return {name: _masked(name, value) for name, value in event.items()}


def _masked(name: str, value: object) -> object:
    if value is None or isinstance(value, bool | int | float) or name == "timestamp":
        return value
    return _PERSONAL.sub("*", str(value).encode("utf-8", "replace").decode())[:LONGEST_VALUE]
