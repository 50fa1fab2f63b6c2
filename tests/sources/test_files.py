import gzip
import os
import socket
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from tests.sources.exports import Reading, mail, read, sms, smses
from watcher.sources.files import files_below, read_path


def _zip() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("notes.txt", "Dear diary")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "source.is_empty"),
        (b"\0" * 5000, "source.is_empty"),
        (b"<?xml version='1.0'?><calls count='1'><call/></calls>", "source.is_call_log"),
        (b"SSEF\0\xff\x01", "source.is_encrypted_export"),
        (_zip(), "source.is_archive"),
        (b"SQLite format 3\0" + b"\0" * 100, "source.is_database"),
        (gzip.compress(b"x", mtime=0), "source.is_archive"),
        (b"Dear diary: today", "source.unknown_format"),
        (b"<html><body>smses</body></html>", "source.unknown_format"),
        (os.urandom(2000), "source.unknown_format"),
    ],
)
def test_a_file_of_another_kind_is_named_and_left(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    reading = read(tmp_path, content)

    assert reading.reasons == [reason]
    assert reading.damage[0].source == str(tmp_path / "file")
    assert reading.messages == []
    assert reading.finished[0].records == 0


def test_formats_are_told_by_content_and_never_by_name(tmp_path: Path) -> None:
    assert read(tmp_path, smses(sms("短信")), "a.eml").texts == ["短信"]
    assert read(tmp_path, mail(b"mail"), "b.xml").texts == ["mail"]


def test_a_folder_is_walked_in_order_without_hidden_and_unfinished_files(tmp_path: Path) -> None:
    for name in ("b.xml", "a.xml", ".c.xml", "d.xml.part", "e~", ".hidden/f.xml", "sub/g.xml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(smses(sms(name)), encoding="utf-8")

    assert Reading(read_path(tmp_path, sandbox=False)).texts == ["a.xml", "b.xml", "sub/g.xml"]


def test_a_maildir_is_read_with_its_subfolders_and_without_what_is_being_delivered(
    tmp_path: Path,
) -> None:
    for name in ("cur/1:2,S", "new/2", "tmp/3", ".Junk/cur/4", ".Junk/new/5", ".Junk/tmp/6"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(mail(name.encode()))
    (tmp_path / "dovecot.index").write_bytes(b"\1\2\3")

    reading = Reading(read_path(tmp_path, sandbox=False))

    assert sorted(text or "" for text in reading.texts) == [
        ".Junk/cur/4",
        ".Junk/new/5",
        "cur/1:2,S",
        "new/2",
    ]
    assert reading.damage == []


def test_links_pipes_and_sockets_are_refused_at_once(tmp_path: Path) -> None:
    target = tmp_path / "a.xml"
    target.write_text(smses(sms("x")), encoding="utf-8")
    (tmp_path / "link").symlink_to(target)
    (tmp_path / "folder link").symlink_to("/")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))

        reading = Reading(read_path(tmp_path, sandbox=False))

    reasons = {Path(damage.source).name: damage.reason for damage in reading.damage}
    assert reasons == {
        "link": "source.is_link",
        "folder link": "source.is_link",
        "pipe": "source.is_no_file",
        "socket": "source.is_no_file",
    }
    assert reading.texts == ["x"]


def test_a_folder_that_the_user_names_by_a_link_is_read(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.xml").write_text(smses(sms("x")), encoding="utf-8")
    (tmp_path / "named").symlink_to(tmp_path / "real")

    assert Reading(read_path(tmp_path / "named", sandbox=False)).texts == ["x"]


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    assert Reading(read_path(tmp_path / "none")).reasons == ["source.is_missing"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(smses(sms("x")), encoding="utf-8")
    os.chown(path, 12345, 12345)

    assert Reading(read_path(path, sandbox=False)).reasons == ["source.is_not_yours"]


def test_the_walk_ends_however_deep_the_folders_are(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(40):
        deep /= "d"
    deep.mkdir(parents=True)
    (deep / "a.xml").write_text("x", encoding="utf-8")

    assert list(files_below(tmp_path)) == []


def test_what_stands_in_a_maildir_is_a_mail_whatever_it_looks_like(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "cur").mkdir()
    (tmp_path / "new" / "1").write_bytes(b"X-Odd: yes\n\nplease repay")

    [message] = Reading(read_path(tmp_path, sandbox=False)).messages

    assert message.text == "please repay"


def test_a_folder_called_new_is_no_maildir_by_its_name_alone(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "a.xml").write_text(smses(sms("x")), encoding="utf-8")

    [message] = Reading(read_path(tmp_path, sandbox=False)).messages

    assert (message.text, message.unreadable) == ("x", None)


def test_a_folder_that_may_not_be_listed_is_said(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from watcher.sources.files import read_path\n"
        "os.setuid(65534)\n"
        "print([item.reason for item in read_path(Path(sys.argv[1]), sandbox=False)])"
    )
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    (tmp_path / "closed").mkdir(mode=0o700)

    said = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "closed")],
        check=True,
        capture_output=True,
        text=True,
    )

    assert said.stdout.strip() == "['source.cannot_open']"
