"""The service in a real systemd: installed, walled in, watched over, and removed again."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.booted import USER, Booted, booted
from tests.conftest import LONG

pytestmark = pytest.mark.skipif(
    not os.environ.get(LONG) or os.getuid() != 0, reason="boots a system: for .ci/long, as root"
)

ROOT = Path(__file__).parents[2]
L = "venv/bin/python -m watcher --lang zh"
UNIT = "loan-watcher.service"
START = """python3 -m venv --without-pip venv
site=$(echo venv/lib/python3.*/site-packages)
printf '%s\\n' {sites} {root} > $site/here.pth
mkdir -p .config/loan-watcher Sync/phone
printf '[[sms]]\\npath = "~/Sync/phone"\\n' > .config/loan-watcher/config.toml
echo secret > diary.txt
"""
# StartTransientUnit, as whoever took the service over would ask for it.
ESCAPE = """
import asyncio, sys
from dbus_fast import Message, Variant
from dbus_fast.aio import MessageBus
async def ask():
    bus = await MessageBus(bus_address=sys.argv[1]).connect()
    start = Variant("a(sasb)", [["/bin/true", ["/bin/true"], False]])
    reply = await bus.call(Message(
        destination="org.freedesktop.systemd1", path="/org/freedesktop/systemd1",
        interface="org.freedesktop.systemd1.Manager", member="StartTransientUnit",
        signature="ssa(sv)a(sa(sv))", body=["escape.service", "fail", [["ExecStart", start]], []]))
    print(reply.message_type.name)
asyncio.run(ask())
"""


@pytest.fixture(scope="module")
def box() -> Iterator[Booted]:
    with booted() as box:
        if box.user(f"test -r {ROOT}/pyproject.toml").returncode:
            pytest.skip("the checkout lies where other users cannot read it")
        sites = [path for path in sys.path if path.endswith("site-packages")]
        box.said(START.format(sites=" ".join(sites), root=ROOT))
        yield box


def show(box: Booted, *names: str) -> dict[str, str]:
    said = box.said(f"systemctl --user show {UNIT} --property={','.join(names)}")
    return dict(line.split("=", 1) for line in said.splitlines())


def test_it_is_installed_once_and_again_without_a_change(box: Booted) -> None:
    assert "正在运行" in box.said(f"{L} service install")
    first = show(box, "MainPID")
    assert "没有要改的" in box.said(f"{L} service install")
    assert show(box, "MainPID") == first
    assert show(box, "ActiveState", "UnitFileState") == {
        "ActiveState": "active",
        "UnitFileState": "enabled",
    }
    assert "正在看守 1 个来源" in show(box, "StatusText")["StatusText"]
    assert "没有登录桌面的时候它也运行" in box.said(f"{L} service status")


def test_every_wall_stands_and_every_limit_is_set(box: Booted) -> None:
    said = box.user(f"{L} status --json").stdout
    assert '"running": true' in said
    assert '"fallen_walls": []' in said
    pid = show(box, "MainPID")["MainPID"]
    inside = box.root("/bin/ls", "-A", f"/proc/{pid}/root/home/{USER}").stdout.split()
    assert "diary.txt" not in inside
    assert "Sync" in inside
    assert not box.root("/bin/ls", f"/proc/{pid}/root/run/user/{box.uid}/bus").stdout
    limits = show(box, "MemoryMax", "TasksMax", "LimitCORE", "LimitNOFILE", "WatchdogUSec")
    assert limits == {
        "MemoryMax": str(768 * 1024**2),
        "TasksMax": "64",
        "LimitCORE": "0",
        "LimitNOFILE": "1024",
        "WatchdogUSec": "2min",
    }


def test_systemd_is_out_of_reach_behind_the_proxy_alone(box: Booted) -> None:
    runtime = f"unix:path=/run/user/{box.uid}"
    ask = f"cat > escape.py <<'END'\n{ESCAPE}\nEND\nvenv/bin/python escape.py"
    assert box.said(f"{ask} {runtime}/loan-watcher/bus") == "ERROR"
    assert box.said(f"{ask} {runtime}/bus") == "METHOD_RETURN"


def test_a_wall_that_is_taken_down_is_named(box: Booted) -> None:
    own = f".config/systemd/user/{UNIT}.d/90-own.conf"
    box.said(f"printf '[Service]\\nProtectHome=no\\n' > {own}; systemctl --user daemon-reload")
    box.said(f"systemctl --user restart {UNIT}")
    assert "看得到您的整个个人文件夹" in box.user(f"{L} status").stdout
    box.said(f"rm {own}; systemctl --user daemon-reload; systemctl --user restart {UNIT}")
    assert "看得到您的整个个人文件夹" not in box.user(f"{L} status").stdout


def test_it_is_reloaded_and_started_anew_after_a_kill(box: Booted) -> None:
    box.said(f"systemctl --user reload {UNIT}")
    before = show(box, "MainPID")
    box.said(f"systemctl --user kill --signal=KILL {UNIT}")
    deadline = time.monotonic() + 30
    while (now := show(box, "MainPID", "ActiveState"))["ActiveState"] != "active" or (
        now["MainPID"] == before["MainPID"]
    ):
        assert time.monotonic() < deadline, now
        time.sleep(0.2)


def test_a_mistake_in_the_settings_does_not_start_it_over_and_over(box: Booted) -> None:
    box.said("cp .config/loan-watcher/config.toml good; echo x >> .config/loan-watcher/config.toml")
    assert box.user(f"systemctl --user restart {UNIT}").returncode != 0
    assert show(box, "ActiveState", "NRestarts", "ExecMainStatus")["ExecMainStatus"] == "2"
    assert show(box, "ActiveState") == {"ActiveState": "failed"}
    box.said(f"mv good .config/loan-watcher/config.toml; systemctl --user start {UNIT}")


def test_it_is_removed_and_the_users_files_stay(box: Booted) -> None:
    assert "已停下并去掉" in box.said(f"{L} service uninstall")
    assert box.said("find .config/systemd -type f -o -type l") == ""
    assert "config.toml" in box.said("ls .config/loan-watcher")
    assert "state.db" in box.said("ls .local/state/loan-watcher")
    assert box.user(f"{L} service status").returncode == 3
