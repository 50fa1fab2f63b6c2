"""A real systemd as PID 1 in namespaces of its own, over a throw-away copy of this machine."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.needed import needs

BOX = Path("/run/loan-watcher-box")
NAME = "lwbox"
GROUPS = (Path("/sys/fs/cgroup", NAME), Path("/sys/fs/cgroup/unified", NAME))
USER = "tester"
APART = ("unshare", "--mount", "--propagation=private", "--uts", "--ipc", "--net")

# The overlay keeps what the box writes in memory; /proc/sys is read-only, or systemd-sysctl
# would change the machine that runs the tests.
OUTER = """
mount -t tmpfs -o mode=755 tmpfs {box}/over; cd {box}/over; mkdir upper work root
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
mount -t cgroup2 none {box}/cgroup; mkdir -p {box}/cgroup/{name}
echo 0 > {box}/cgroup/{name}/cgroup.procs; hostname {name}
exec unshare --cgroup --pid --fork --kill-child=SIGKILL bash -euc '{inner}'
"""
INNER = """
cd {box}/over/root; mount -t proc proc proc; mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount --bind proc/sys proc/sys; mount -o remount,bind,ro proc/sys
mount -t tmpfs -o mode=755 tmpfs run; mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev; mkdir dev/pts dev/shm; mount -t tmpfs tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
for one in null zero full random urandom tty; do
  touch dev/$one; mount --bind /dev/$one dev/$one
done
ln -s pts/ptmx dev/ptmx; ln -s /proc/self/fd dev/fd
mkdir -p .old; pivot_root . .old; umount -l /.old; rmdir /.old
exec setpriv --bounding-set -sys_time,-sys_module,-sys_rawio \\
  env -i container=tests /lib/systemd/systemd --unit=basic.target
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booted:
    """A box that runs; `pid` is its PID 1 as seen from here."""

    pid: int
    uid: int

    def root(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as root of the box."""
        return subprocess.run(
            ["nsenter", "-t", str(self.pid), "-a", *command],
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )

    def user(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script as the user of the box, as after a login."""
        runtime = f"/run/user/{self.uid}"
        environ = f"export XDG_RUNTIME_DIR={runtime} LANG=zh_CN.UTF-8"
        return self.root("/sbin/runuser", "-l", USER, "-c", f"{environ}; cd; {script}")

    def said(self, script: str) -> str:
        """Run a script of the user's that must succeed, and return what it said."""
        done = self.user(script)
        assert done.returncode == 0, (script, done.stdout, done.stderr)
        return done.stdout.strip()


@contextmanager
def booted() -> Iterator[Booted]:
    """Boot a box with a user whose services linger."""
    needs("systemd", "/lib/systemd/systemd")
    needs("dbus-user-session", "/usr/lib/systemd/user/dbus.socket")
    needs("xdg-dbus-proxy", "xdg-dbus-proxy")
    for part in ("over", "cgroup"):
        (BOX / part).mkdir(parents=True, exist_ok=True)
    names = {"box": BOX, "name": NAME}
    inner = INNER.format(**names)
    outer = subprocess.Popen(
        [*APART, "bash", "-euc", OUTER.format(inner=inner, **names)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        box = Booted(pid=_first_process(outer.pid), uid=0)
        _wait(lambda: box.root("/bin/systemctl", "is-system-running").stdout.strip() in _UP)
        box.root("/sbin/useradd", "-m", USER)
        uid = int(box.root("/bin/id", "-u", USER).stdout)
        box = Booted(pid=box.pid, uid=uid)
        box.root("/bin/loginctl", "enable-linger", USER)
        _wait(lambda: box.user("systemctl --user is-system-running").stdout.strip() in _UP)
        yield box
    finally:
        outer.kill()  # the box goes with it
        outer.wait()
        shutil.rmtree(BOX, ignore_errors=True)
        _wait(_is_swept)


_UP = ("running", "degraded")


def _is_swept() -> bool:
    """Remove the box's control groups; they last as long as the last of its processes."""
    for group in GROUPS:
        for folder in (*sorted(group.rglob("*"), reverse=True), group):
            with suppress(OSError):
                folder.rmdir()
    return not any(group.exists() for group in GROUPS)


def _first_process(outer: int) -> int:
    children = Path(f"/proc/{outer}/task/{outer}/children")
    found: list[str] = []

    def is_there() -> bool:
        found[:] = children.read_text().split()
        return bool(found)

    _wait(is_there)
    return int(found[0])


def _wait(holds: object, within: float = 30.0) -> None:
    assert callable(holds)
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "the box did not come up, or not down"
        time.sleep(0.1)
