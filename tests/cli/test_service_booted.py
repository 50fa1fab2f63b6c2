"""The service in a real systemd: installed, walled in, watched over, and removed again.

Each test finds it running and leaves it so, for they may be parted among processes.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.booted import RELEASE, ROOT, USER, Booted, booted, libraries, wait_until

L = "venv/bin/python -m watcher --lang zh"
UNIT = "loan-watcher.service"
UNITS = ".config/systemd/user"
CONFIG = ".config/loan-watcher/config.toml"
START = """python3 -m venv --without-pip venv
site=$(echo venv/lib/python3.*/site-packages)
printf '%s\\n' {sites} {root} > $site/here.pth
mkdir -p .config/loan-watcher Sync/phone .ssh $(dirname {own})
printf '{hurried}' > {own}
printf '[[sms]]\\npath = "~/Sync/phone"\\n' > .config/loan-watcher/config.toml
echo secret > diary.txt; cp diary.txt .ssh/id
"""
# What whoever took the service over would try, from inside of all of its walls.
ESCAPE = Path(__file__).with_name("escape.py")
TOLD = """import sqlite3, sys
store = sqlite3.connect(".local/state/loan-watcher/state.db")
sys.stdout.writelines(line for (line,) in store.execute(
    "SELECT summary FROM alerts WHERE topic = \\"program\\" AND state <> \\"acked\\""
))"""
OWN = f"{UNITS}/{UNIT}.d/90-own.conf"
HURRIED = "[Service]\\nRestartSec=100ms\\n"


@pytest.fixture(scope="module")
def box() -> Iterator[Booted]:
    with booted() as box:
        box.said(START.format(sites=" ".join(libraries()), root=ROOT, own=OWN, hurried=HURRIED))
        box.said(f"{L} service install")
        yield box


def show(box: Booted, *names: str, unit: str = UNIT) -> dict[str, str]:
    said = box.said(f"systemctl --user show {unit} --property={','.join(names)}")
    return dict(line.split("=", 1) for line in said.splitlines())


def test_it_runs_on_the_systemd_that_was_asked_for(box: Booted) -> None:
    version = box.said("systemctl --version").split()[1]
    system = Path(os.environ.get(RELEASE) or "/")
    assert [*system.glob(f"usr/lib/*/systemd/libsystemd-shared-{version}.so")]


def standing(box: Booted) -> dict[str, object]:
    found: dict[str, object] = json.loads(box.user(f"{L} status --json").stdout)
    return found


def told(box: Booted) -> str:
    """Return what the program says of itself, as it is recorded: a command would read all rules."""
    return box.said(f"venv/bin/python -c '{TOLD}'")


def runs_again(box: Booted, before: str) -> bool:
    now = show(box, "MainPID", "ActiveState")
    return now["ActiveState"] == "active" and now["MainPID"] not in {before, "0"}


def test_installed_again_nothing_changes(box: Booted) -> None:
    first = show(box, "MainPID")
    assert "没有要改的" in box.said(f"{L} service install")
    assert show(box, "MainPID") == first
    assert show(box, "ActiveState", "UnitFileState") == {
        "ActiveState": "active",
        "UnitFileState": "enabled",
    }
    assert "正在看守 1 个来源" in show(box, "StatusText")["StatusText"]
    assert "没有登录桌面的时候它也运行" in box.said(f"{L} service status")


def test_every_limit_is_set(box: Booted) -> None:
    limits = {
        "MemoryMax": str(768 * 1024**2),
        "MemorySwapMax": "0",
        "TasksMax": "64",
        "LimitCORE": "0",
        "LimitNOFILE": "1024",
        "OOMPolicy": "continue",
        "WatchdogUSec": "2min",
        "TimeoutStartUSec": "30min",
        "TimeoutStopUSec": "15s",
        "Restart": "on-failure",
        "RestartPreventExitStatus": "2",
        "StartLimitBurst": "8",
        "NoNewPrivileges": "yes",
    }
    assert show(box, *limits) == limits


def test_every_wall_stands_and_is_looked_at_when_it_starts(box: Booted) -> None:
    found = standing(box)
    assert found["running"] is True
    assert found["fallen_walls"] == []
    pid = show(box, "MainPID")["MainPID"]
    inside = box.root("/bin/ls", "-A", f"/proc/{pid}/root/home/{USER}").stdout.split()
    assert "diary.txt" not in inside
    assert "Sync" in inside
    assert not box.root("/bin/ls", f"/proc/{pid}/root/run/user/{box.uid}/bus").stdout
    assert "walls-looked-at" in box.root("/bin/journalctl", "-o", "cat", f"_PID={pid}").stdout


def test_whoever_takes_the_service_over_does_not_come_out_of_it(box: Booted) -> None:
    out = ".local/state/loan-watcher/tried.json"
    script = f"venv/bin/python -E -P /home/{USER}/venv/escape.py /home/{USER}/{out}"
    box.path("venv/escape.py").write_text(ESCAPE.read_text(encoding="utf-8"))
    box.said(f"{script}; rm written {UNITS}/own.service")
    done = {name for name, said in json.loads(box.path(out).read_text()).items() if said == "done"}
    assert {"start a unit", "read a key", "write to the home", "write to the units"} <= done
    # The same walls, and another program behind them.
    box.said(
        f"rm {out}; cd {UNITS}; mkdir try.service.d; cp {UNIT} try.service;"
        f" cp {UNIT}.d/10-here.conf try.service.d/;"
        " printf '[Service]\\nType=exec\\nRestart=no\\nExecStart=\\nExecStart=%s\\n'"
        f" '/home/{USER}/{script}' > try.service.d/20-try.conf;"
        " systemctl --user daemon-reload; systemctl --user start try"
    )
    wait_until(box.path(out).exists)
    wait_until(lambda: show(box, "ActiveState", unit="try") == {"ActiveState": "inactive"})
    assert set(json.loads(box.path(out).read_text()).values()) == {"refused"}
    assert not box.path("written").exists()
    assert show(box, "LoadState", unit="escape") == {"LoadState": "not-found"}
    box.said(f"rm -r {out} {UNITS}/try.service*; systemctl --user daemon-reload")


def test_a_wall_that_is_taken_down_is_named_and_one_put_back_is_not(box: Booted) -> None:
    own = "[Service]\\nProtectHome=no\\nWatchdogSec=5\\n"
    box.said(f"printf '{own}' > {OWN}; systemctl --user daemon-reload")
    box.said(f"systemctl --user restart {UNIT}")
    assert "看得到您的整个个人文件夹" in box.user(f"{L} status").stdout
    # One that hangs is killed and started anew, and then behind walls that are whole again.
    box.said(f"printf '{HURRIED}' > {OWN}; systemctl --user daemon-reload")
    before = show(box, "MainPID")["MainPID"]
    box.said(f"systemctl --user kill --signal=STOP {UNIT}")
    wait_until(lambda: runs_again(box, before))
    assert "Watchdog timeout" in box.root("/bin/journalctl", "-o", "cat").stdout
    assert "防护" not in show(box, "StatusText")["StatusText"]


def test_it_is_reloaded_in_place(box: Booted) -> None:
    before = show(box, "MainPID")
    box.said(f"systemctl --user reload {UNIT}")
    assert show(box, "MainPID", "ActiveState") == {**before, "ActiveState": "active"}


def test_a_folder_that_the_walls_hide_is_told_and_seen_again_after_a_start_anew(
    box: Booted,
) -> None:
    before = show(box, "MainPID", "NRestarts")
    box.said("mv Sync gone; mkdir -p Sync/phone Later/phone; rm -r gone")
    # What is added is outside of what the walls were built for; the edit has all looked at.
    box.said(f"""printf '[[sms]]\\npath = "~/Later/phone"\\n' >> {CONFIG}""")
    wait_until(lambda: runs_again(box, before["MainPID"]))
    once = str(int(before["NRestarts"]) + 1)
    wait_until(lambda: "Later" in told(box) and "Sync" not in told(box))
    assert "daemon.folder_walled_off" in told(box)
    assert show(box, "NRestarts") == {"NRestarts": once}
    assert "正在运行" in box.said(f"{L} service install")
    wait_until(lambda: not told(box))


def test_a_mistake_in_the_settings_does_not_start_it_over_and_over(box: Booted) -> None:
    box.said(f"cp {CONFIG} good; echo x >> {CONFIG}")
    box.said(f"systemctl --user restart {UNIT}")
    wait_until(lambda: "daemon.wrong_config" in told(box))  # it goes on with what was right last
    box.said("rm -r .local/state/loan-watcher/last-good")
    assert box.user(f"systemctl --user restart {UNIT}").returncode != 0
    assert show(box, "ActiveState", "NRestarts", "ExecMainStatus") == {
        "ActiveState": "failed",
        "NRestarts": "0",
        "ExecMainStatus": "2",
    }
    box.said(f"mv good {CONFIG}; systemctl --user start {UNIT}")


def test_where_no_walls_can_be_built_it_runs_without_and_says_so(box: Booted) -> None:
    manager = f"user@{box.uid}.service"
    folder = f"/run/systemd/system/{manager}.d"
    box.path(folder).mkdir()
    box.path(f"{folder}/no.conf").write_text("[Service]\nRestrictNamespaces=~user\n")
    box.root("/bin/systemctl", "daemon-reload")
    box.root("/bin/systemctl", "restart", manager)
    wait_until(lambda: box.user("systemctl --user show-environment").returncode == 0)
    said = box.said(f"{L} service install")
    assert "看得到您的个人文件夹" in re.sub(r"\s", "", said)
    assert show(box, "ActiveState") == {"ActiveState": "active"}
    found = standing(box)
    assert {"home", "bus"} <= set(found["fallen_walls"])  # type: ignore[call-overload]
    assert not {"memory", "privileges"} & set(found["fallen_walls"])  # type: ignore[call-overload]
    box.path(f"{folder}/no.conf").unlink()
    box.root("/bin/systemctl", "daemon-reload")
    box.root("/bin/systemctl", "restart", manager)
    wait_until(lambda: box.user("systemctl --user show-environment").returncode == 0)
    assert "看得到您的个人文件夹" not in re.sub(r"\s", "", box.said(f"{L} service install"))
    assert not box.path(f"{UNITS}/{UNIT}.d/20-without-user-namespaces.conf").exists()


def test_it_is_removed_and_the_users_files_stay(box: Booted) -> None:
    box.said(f"rm {OWN}")
    assert "已停下并去掉" in box.said(f"{L} service uninstall")
    assert box.said("find .config/systemd -type f -o -type l") == ""
    assert "config.toml" in box.said("ls .config/loan-watcher")
    assert "state.db" in box.said("ls .local/state/loan-watcher")
    assert box.user(f"{L} service status").returncode == 3
    box.said(f"mkdir -p {UNITS}/{UNIT}.d; printf '{HURRIED}' > {OWN}; {L} service install")
