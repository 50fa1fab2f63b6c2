import io
import json
import logging
import signal
import socket
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest
import structlog

from tests.needed import needs
from watcher.errors import Problem, UserError
from watcher.systemd import log_refusal, log_to_journal, log_what_nobody_catches, notify, where

UNIT = Path(__file__).parent.parent / "systemd" / "loan-watcher.service"
CANARIES = (
    "尾号9929",
    "李晓",
    "13800138000",
    "110101199003078515",
    "6222 0212 3456 7890 123",
    "user@163.com",
    "您的借款已逾期",
    "授权码abcdefgh",
)


@pytest.fixture
def journal(_logging_put_back: None) -> io.StringIO:
    """What the log wrote."""
    stream = io.StringIO()
    log_to_journal(stream, {"JOURNAL_STREAM": "8:1"})
    return stream


def lines(stream: io.StringIO) -> list[tuple[str, dict[str, object]]]:
    return [
        (line[:3], json.loads(line.removeprefix(line[:3])))
        for line in stream.getvalue().splitlines()
    ]


def fail_with(text: str) -> None:
    raise ValueError(text)


def test_a_line_carries_its_priority_and_its_fields(journal: io.StringIO) -> None:
    structlog.get_logger("watcher").warning("alert.shown", alert=7, backend="dbus")

    assert lines(journal) == [
        ("<4>", {"alert": 7, "backend": "dbus", "event": "alert.shown", "level": "warning"})
    ]


@pytest.mark.parametrize("canary", CANARIES)
def test_no_way_of_logging_lets_a_persons_words_through(
    journal: io.StringIO,
    canary: str,
) -> None:
    log = structlog.get_logger("watcher")
    log.info("message.read", text=canary, sender=canary, messages=1)
    try:
        fail_with(canary)
    except ValueError:
        log.exception("message.failed")
        logging.getLogger("imapclient.imaplib").exception("could not read %r", canary)
    logging.getLogger("imapclient.imaplib").info("untagged_responses[FETCH] %s", canary)
    logging.getLogger("elsewhere").error("read %s of %s", canary, canary)
    logging.getLogger("elsewhere").error("read " + canary)  # noqa: G003  libraries do so

    assert len(lines(journal)) == 5
    assert canary not in journal.getvalue()


def test_numbers_that_belong_to_people_are_masked_wherever_they_stand(
    journal: io.StringIO,
) -> None:
    structlog.get_logger("watcher").info("13800138000 user@163.com", says="110101199003078515")

    ((_, line),) = lines(journal)
    assert line["event"] == "* *"
    assert line["says"] == "*"


def test_an_exception_is_logged_as_its_type_and_place(journal: io.StringIO) -> None:
    try:
        fail_with("秘密")
    except ValueError:
        structlog.get_logger("watcher").exception("failed")

    ((priority, line),) = lines(journal)
    assert priority == "<3>"
    assert str(line["error"]).startswith("ValueError < tests/test_systemd.py:")


def test_what_a_thread_does_not_catch_is_logged_without_its_text(journal: io.StringIO) -> None:
    log_what_nobody_catches()
    thread = threading.Thread(target=fail_with, args=("秘密",))
    thread.start()
    thread.join()

    ((priority, line),) = lines(journal)
    assert priority == "<2>"
    assert str(line["error"]).startswith("ValueError")
    assert "秘密" not in journal.getvalue()


def test_a_cause_is_named_too() -> None:
    cause = ValueError("秘密")
    failure = KeyError("秘密")
    failure.__cause__ = cause

    assert where(failure) == "KeyError from ValueError"


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_hears_that_we_are_ready(tmp_path: Path, *, abstract: bool) -> None:
    address = f"\0{tmp_path}" if abstract else str(tmp_path / "n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        systemd.settimeout(5)

        assert notify({"NOTIFY_SOCKET": address.replace("\0", "@")}, "READY=1")
        assert systemd.recv(100) == b"READY=1"


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": "/nonexistent"}, {"NOTIFY_SOCKET": "x"}])
def test_without_systemd_nothing_is_told(environ: dict[str, str]) -> None:
    assert not notify(environ, "READY=1")


PROGRAMS = {
    "loan-watcher.service": "%h/.local/bin/loan-watcher run",
    "loan-watcher-bus.service": "/usr/bin/xdg-dbus-proxy",
    "loan-watcher-open.service": "/usr/bin/python3 -E -P -m watcher.web.opener",
    "loan-watcher-open.path": "",
}


def test_systemd_accepts_the_units_without_a_word(tmp_path: Path) -> None:
    needs("systemd", "systemd-analyze")
    units = {path.name: path.read_text() for path in UNIT.parent.iterdir() if path.is_file()}
    assert {name for name in units if name.startswith("loan-watcher")} >= {*PROGRAMS}
    for name, program in PROGRAMS.items():
        assert f"ExecStart={program}" in units[name] or not program
        text = units[name].replace(f"ExecStart={program}", "ExecStart=/bin/true")
        (tmp_path / name).write_text(text if program else units[name])

    verified = subprocess.run(
        ["systemd-analyze", "--user", "verify", *(tmp_path / name for name in PROGRAMS)],
        env={"XDG_RUNTIME_DIR": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        check=False,
        timeout=60,
    )

    # A misspelt key is a warning with exit code 0.
    assert verified.stderr == b""
    assert verified.returncode == 0


def test_the_unit_is_walled_in_as_well_as_systemd_can_tell(tmp_path: Path) -> None:
    needs("systemd", "systemd-analyze")
    scored = subprocess.run(
        ["systemd-analyze", "--user", "security", "--offline=yes", "--threshold=25", UNIT],
        env={"XDG_RUNTIME_DIR": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert scored.stderr == b""
    assert scored.returncode == 0


def test_the_unit_has_the_walls_without_which_the_others_are_ignored() -> None:
    settings = set(UNIT.read_text(encoding="utf-8").splitlines())
    assert settings >= {"PrivateUsers=yes", "ProtectHome=tmpfs", "BindPaths=%t/systemd/notify"}
    # It breaks the start of a user unit.
    assert "ProtectKernelLogs=yes" not in settings
    # With the bus itself, systemd would start any program outside of the walls.
    assert not {line for line in settings if line.startswith("Bind") and line.endswith("%t/bus")}


def test_a_warning_and_what_cannot_be_raised_are_logged_without_their_text(
    journal: io.StringIO,
) -> None:
    class Secret:
        def __del__(self) -> None:
            fail_with("秘密")

        def __repr__(self) -> str:
            return "秘密"

    log_what_nobody_catches()
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        logging.captureWarnings(capture=True)
        warnings.warn("秘密", stacklevel=1)
        secret = Secret()
        del secret

    first, second = lines(journal)
    assert first[1]["logger"] == "py.warnings"
    assert str(second[1]["error"]).startswith("ValueError")
    assert "秘密" not in journal.getvalue()


def test_why_it_cannot_start_is_logged_by_place_and_kind_without_values(
    journal: io.StringIO,
) -> None:
    wrong = Problem(file="loans.toml", line=7, says="problem.value", values={"value": "秘密"})
    other = Problem(file="rules/秘密.toml", says="problem.missing")
    doubt = Problem(file="loans.toml", says="problem.other", warning=True)

    log_refusal(UserError("cli.problems", {"name": "秘密"}, problems=(wrong, other, doubt)))

    assert [line for _, line in lines(journal)] == [
        {
            "event": "file-wrong",
            "file": "loans.toml",
            "level": "error",
            "line": 7,
            "says": "problem.value",
        },
        {
            "event": "file-wrong",
            "file": "rules",
            "level": "error",
            "line": None,
            "says": "problem.missing",
        },
        {"event": "not-started", "level": "critical", "says": "cli.problems"},
    ]


def test_a_process_that_aborts_leaves_no_core(tmp_path: Path) -> None:
    program = (
        "import ctypes, os, resource; from watcher.systemd import leave_no_core;"
        # Where an earlier test lowered the hard limit for good, the soft one is 0 already.
        "hard = resource.getrlimit(4)[1]; resource.setrlimit(4, (1 if hard else 0, hard));"
        "leave_no_core();"
        "print(resource.getrlimit(4), ctypes.CDLL(None).prctl(3), flush=True); os.abort()"
    )
    aborted = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(UNIT.parents[1])},
        capture_output=True,
        check=False,
    )

    assert aborted.stdout == b"(0, 0) 0\n"
    assert aborted.returncode == -signal.SIGABRT
    assert list(tmp_path.iterdir()) == []
