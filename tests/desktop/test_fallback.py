import asyncio
import json
import os
import sys
import time
from pathlib import Path

import pytest

from watcher.desktop.fallback import PlyerNotifier
from watcher.phrases import Phrases

NOTIFY_SEND = """#!{python}
import json, sys, time
with open({record!r}, "a") as record:
    record.write(json.dumps(sys.argv[1:]) + "\\n")
time.sleep({seconds})
sys.exit(1)
"""


class Program:
    """A `notify-send` that writes down how it was called, and fails as the real one may."""

    def __init__(self, folder: Path, seconds: float = 0) -> None:
        self._record = folder / "record"
        program = folder / "notify-send"
        program.write_text(
            NOTIFY_SEND.format(python=sys.executable, record=str(self._record), seconds=seconds),
        )
        program.chmod(0o700)

    @property
    def calls(self) -> list[list[str]]:
        if not self._record.exists():
            return []
        return [json.loads(line) for line in self._record.read_text().splitlines()]


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    if Path("/app").is_dir():
        pytest.skip("where /app exists plyer takes the portal and never calls notify-send")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/nobody")
    return dict(os.environ)


def test_plyer_gets_nothing_but_fixed_text(
    tmp_path: Path,
    environ: dict[str, str],
) -> None:
    program = Program(tmp_path)

    asyncio.run(PlyerNotifier(environ, Phrases("zh")).nudge())

    ((title, body, *_),) = program.calls
    assert (title, body) == (
        "结清守望：有新提醒",
        "有新提醒，请在终端运行 loan-watcher alerts 查看。",
    )


def test_a_program_that_hangs_is_left_behind(tmp_path: Path, environ: dict[str, str]) -> None:
    Program(tmp_path, seconds=3)
    begin = time.monotonic()

    asyncio.run(PlyerNotifier(environ, Phrases("zh"), deadline=0.2).nudge())

    assert time.monotonic() - begin < 2


@pytest.mark.parametrize("missing", ["PATH", "DBUS_SESSION_BUS_ADDRESS"])
def test_without_a_bus_or_the_program_plyer_is_not_asked(
    tmp_path: Path,
    environ: dict[str, str],
    missing: str,
) -> None:
    Program(tmp_path)
    without = {**environ, missing: ""}
    without.pop("XDG_RUNTIME_DIR", None)

    assert PlyerNotifier(environ, Phrases("zh")).can_nudge()
    assert not PlyerNotifier(without, Phrases("zh")).can_nudge()
