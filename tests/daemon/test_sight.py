"""What is seen through the walls of the unit, told from the mounts as the kernel lists them."""

import os
from pathlib import Path

import pytest

from watcher.daemon.sight import AGAIN_AFTER, Sight, may_start_anew, sight_of, sight_through

HOME = Path("/home/li")
MOUNTS = """\
20 1 0:17 / / ro,relatime - overlay overlay rw
30 20 0:40 / /home ro,nosuid - tmpfs tmpfs rw
31 30 8:1 /home/li/Sync /home/li/Sync ro - ext4 /dev/sda1 rw
32 30 8:1 /home/li/短信\\040夹//deleted /home/li/短信\\040夹 ro - ext4 /dev/sda1 rw
33 20 8:1 /tmp/systemd-private-1/tmp /tmp rw - ext4 /dev/sda1 rw
""".splitlines()
INSIDE = {"LOAN_WATCHER_UNSEEN": "/nonexistent"}


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/home/li/Sync", Sight.CLEAR),
        ("/home/li/Sync/phone", Sight.CLEAR),
        ("/home/li/短信 夹", Sight.REPLACED),
        ("/home/li/短信 夹/phone", Sight.REPLACED),
        ("/home/li/SMSBackup", Sight.WALLED_OFF),
        ("/home/li/Syncthing", Sight.WALLED_OFF),
        ("/tmp/sms", Sight.WALLED_OFF),  # noqa: S108  a place of the unit's own
        ("/srv/sms", Sight.CLEAR),
    ],
)
def test_a_path_is_seen_where_a_mount_that_stands_shows_it(path: str, seen: Sight) -> None:
    assert sight_through(MOUNTS, Path(path), HOME) is seen


def test_a_home_that_is_not_where_homes_are_hides_too() -> None:
    mounts = [*MOUNTS, "34 20 0:41 / /srv/people/li ro - tmpfs tmpfs rw"]
    home = Path("/srv/people/li")
    assert sight_through(mounts, home / "SMSBackup", home) is Sight.WALLED_OFF


def test_where_no_walls_are_only_a_missing_folder_is_missed(tmp_path: Path) -> None:
    assert sight_of(tmp_path, {}) is Sight.CLEAR
    assert sight_of(tmp_path / "none", {}) is Sight.GONE


def test_it_starts_anew_once_and_again_after_an_hour(tmp_path: Path) -> None:
    environ = {**INSIDE, "RUNTIME_DIRECTORY": str(tmp_path)}
    assert may_start_anew(environ)
    assert not may_start_anew(environ)
    [mark] = tmp_path.iterdir()
    before = mark.stat().st_mtime - AGAIN_AFTER
    os.utime(mark, (before, before))
    assert may_start_anew(environ)
    ahead = mark.stat().st_mtime + 10 * AGAIN_AFTER  # the clock was set back
    os.utime(mark, (ahead, ahead))
    assert may_start_anew(environ)
    assert not may_start_anew(environ)


def test_it_does_not_start_anew_where_it_could_not_remember_that(tmp_path: Path) -> None:
    assert not may_start_anew(INSIDE)
    assert not may_start_anew({**INSIDE, "RUNTIME_DIRECTORY": str(tmp_path / "none")})
    assert not may_start_anew({"RUNTIME_DIRECTORY": str(tmp_path)})
