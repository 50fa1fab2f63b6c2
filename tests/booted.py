"""A real systemd as PID 1 in namespaces of its own, over a throw-away copy of this machine."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.needed import needs
from tests.processes import children

USER = "tester"
RELEASE = "LOAN_WATCHER_TESTS_RELEASE"
"""A folder with the system of another release, to be laid over this machine's."""
ROOT = Path(__file__).parents[1]
_UP = ("running", "degraded")
_APART = ("unshare", "--mount", "--propagation=private", "--uts", "--ipc", "--net")

# What the box writes is kept in memory while this runs, through every boot of it.
_OUTER = """
mount -t tmpfs -o mode=755 tmpfs {box}/over; cd {box}/over; mkdir upper work root release
[ -z "$RELEASE" ] || cp -a "$RELEASE/." release
mount -t cgroup2 none {box}/cgroup; mkdir -p {box}/cgroup/{name}
echo 0 > {box}/cgroup/{name}/cgroup.procs; hostname {name}
while [ -d {box}/over/upper ]; do
  unshare --mount --cgroup --pid --fork --kill-child=SIGKILL bash -euc '{inner}' || true
done
"""
# /proc/sys is read-only, or systemd-sysctl would change the machine that runs the tests.
_INNER = """
cd {box}/over; mount -t overlay overlay -o lowerdir=release:/,upperdir=upper,workdir=work root
cd root; mount -t proc proc proc; mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount --bind proc/sys proc/sys; mount -o remount,bind,ro proc/sys
mount -t tmpfs -o mode=755 tmpfs run; mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev; mkdir dev/pts dev/shm
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
for one in null zero full random urandom tty; do
  touch dev/$one; mount --bind /dev/$one dev/$one
done
ln -s pts/ptmx dev/ptmx; ln -s /proc/self/fd dev/fd
# Wherever the checkout lies, the user of the box can read it, and nobody there can write it.
mkdir -p ".$CHECKOUT"; mount --bind "$CHECKOUT" ".$CHECKOUT"
mount -o remount,bind,ro ".$CHECKOUT"; above=$(dirname "$CHECKOUT")
while [ "$above" != / ]; do chmod a+x ".$above"; above=$(dirname "$above"); done
mkdir -p .old; pivot_root . .old; umount -l /.old; rmdir /.old
exec setpriv --bounding-set -sys_time,-sys_module,-sys_rawio \\
  env -i container=tests /lib/systemd/systemd --unit=basic.target
"""


class Booted:
    """A box that runs, with a user whose services linger."""

    def __init__(self, outer: int) -> None:
        self._outer = outer
        self.pid = 0
        """Its PID 1 as seen from here."""
        self.uid = 0

    def path(self, inside: str) -> Path:
        """Return where a file of the box is seen from here; of one in the user's home too."""
        whole = inside if inside.startswith("/") else f"/home/{USER}/{inside}"
        return Path(f"/proc/{self.pid}/root{whole}")

    def root(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as root of the box."""
        return subprocess.run(
            ["nsenter", "-t", str(self.pid), "-a", *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )

    def user(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script as the user of the box, as after a login."""
        environ = f"export XDG_RUNTIME_DIR=/run/user/{self.uid} LANG=zh_CN.UTF-8"
        return self.root("/sbin/runuser", "-l", USER, "-c", f"{environ}; cd; {script}")

    def said(self, script: str) -> str:
        """Run a script of the user's that must succeed, and return what it said."""
        done = self.user(script)
        if done.returncode != 0:
            journal = self.root("/bin/journalctl", "-n", "30", "-o", "cat").stdout
            pytest.fail(f"{script}\n{done.stdout}\n{done.stderr}\n{journal}")
        return done.stdout.strip()

    def boot(self) -> None:
        """Wait for the system, give it its user, and wait for the user's own services."""
        last = self.pid
        wait_until(lambda: self._comes_up(last))
        wait_until(lambda: self.root("/bin/systemctl", "is-system-running").stdout.strip() in _UP)
        if not self.uid:
            self.root("/sbin/useradd", "-m", "-s", "/bin/bash", USER)
            # On a busy machine the first call may be too long in waking logind.
            wait_until(lambda: not self.root("/bin/loginctl", "enable-linger", USER).returncode)
            self.uid = int(self.root("/bin/id", "-u", USER).stdout)
        asked = "systemctl --user is-system-running"
        wait_until(lambda: self.user(asked).stdout.strip() in _UP)

    def reboot(self) -> None:
        """Shut the system down as its owner would, and boot it again over what it wrote."""
        self.root("/bin/systemctl", "reboot")
        wait_until(lambda: not Path(f"/proc/{self.pid}").exists())
        self.boot()

    def _comes_up(self, last: int) -> bool:
        """Find PID 1: the child of the child of the shell that holds the box."""
        found = [child for unshare in children(self._outer) for child in children(unshare)]
        self.pid = found[0] if found else last
        return self.pid != last and Path(f"/proc/{self.pid}/comm").read_text() == "systemd\n"


@contextmanager
def booted() -> Iterator[Booted]:
    """Boot a box; skip the test where this machine has not what is needed for it."""
    if os.getuid() != 0:
        pytest.skip("a system is booted by root only")
    if subprocess.run([*_APART, "true"], stderr=subprocess.DEVNULL, check=False).returncode:
        pytest.skip("namespaces are not to be had here")
    needs("systemd", "/lib/systemd/systemd")
    needs("dbus-user-session", "/usr/lib/systemd/user/dbus.socket")
    needs("libpam-systemd", _pam_module())
    needs("xdg-dbus-proxy", "xdg-dbus-proxy")
    name = f"lwbox{os.getpid()}"
    folder = Path("/run") / name
    for part in ("over", "cgroup"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    names = {"box": folder, "name": name}
    outer = subprocess.Popen(
        [*_APART, "bash", "-euc", _OUTER.format(inner=_INNER.format(**names), **names)],
        env={**os.environ, "CHECKOUT": str(ROOT), "RELEASE": os.environ.get(RELEASE, "")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    box = Booted(outer.pid)
    try:
        box.boot()
        if box.user(f"test -r {ROOT}/pyproject.toml").returncode:
            pytest.skip("the checkout lies where other users cannot read it")
        yield box
    finally:
        first = children(outer.pid)
        outer.kill()
        for pid in first:  # the box goes with it
            with suppress(ProcessLookupError):
                os.kill(pid, 9)
        outer.wait()
        shutil.rmtree(folder, ignore_errors=True)
        wait_until(lambda: _is_swept(name))


def libraries() -> list[str]:
    """Return the folders that hold what the program needs, without the program itself."""
    return [path for path in sys.path if path.endswith("site-packages")]


def wait_until(holds: Callable[[], object], within: float = 120.0) -> None:
    """Wait for something outside to become true."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.1)


def _pam_module() -> str:
    found = sorted(Path("/lib").glob("*/security/pam_systemd.so"))
    return str(found[0]) if found else "pam_systemd.so"


def _is_swept(name: str) -> bool:
    """Remove the box's control groups; they last as long as the last of its processes."""
    groups = (Path("/sys/fs/cgroup", name), Path("/sys/fs/cgroup/unified", name))
    for group in groups:
        for folder in (*sorted(group.rglob("*"), reverse=True), group):
            with suppress(OSError):
                folder.rmdir()
    return not any(group.exists() for group in groups)
