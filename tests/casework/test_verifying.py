"""A pack is checked again: one line says what is wrong, and nothing hostile gets any further."""

import os
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.casework.packed import PDF, Desk, members
from watcher.casework.evidence import MANIFEST, manifest
from watcher.casework.packing import write_pack
from watcher.casework.verifying import MOST_BYTES, MOST_FILES, RIGHTS, verify
from watcher.errors import UserError
from watcher.phrases import LANGUAGES, Phrases

Files = Mapping[str, bytes]
SMALL = {"case.json": b"{}\n", "messages/0001.txt": b"hello\n"}


def rebuilt(path: Path, files: Files, *, listed: Files | None = None) -> Path:
    """Write files into a ZIP as our packs are, with a list that may be another's."""
    hashes = {name: sha256(data).hexdigest() for name, data in (listed or files).items()}
    with zipfile.ZipFile(path, "w") as pack:
        for name, data in {**files, MANIFEST: manifest(hashes)}.items():
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.external_attr = RIGHTS
            pack.writestr(member, data)
    return path


def refused(path: Path) -> str:
    """Check a pack that must not pass; return what is said of it, which is one line."""
    with pytest.raises(UserError) as failure:
        verify(path)
    for language in LANGUAGES:
        said = Phrases(language).say(failure.value.says, failure.value.values)
        assert "\n" not in said
        assert len(said) < 400
    return failure.value.says.removeprefix("evidence.verify.")


def test_a_pack_of_ours_is_whole_and_its_number_is_that_of_the_file(
    desk: Desk, tmp_path: Path
) -> None:
    desk.add_proof(desk.stale(), PDF, "a.pdf")
    pack = write_pack(desk.material(desk.stale()), Phrases("zh"), tmp_path)
    checked = verify(pack.path)
    assert checked.sha256 == sha256(pack.path.read_bytes()).hexdigest() == pack.sha256
    assert checked.files == len(members(pack.path))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rebuilt(tmp_path_factory.mktemp("small") / "small.zip", SMALL)


def test_a_small_pack_of_the_same_shape_is_whole(small: Path) -> None:
    assert verify(small).files == 3


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch") / "changed.zip"


def test_no_byte_of_a_pack_can_be_changed_unseen(small: Path, scratch: Path) -> None:
    good = small.read_bytes()
    for at in range(len(good)):
        for flip in (0x01, 0x80):
            changed = bytearray(good)
            changed[at] ^= flip
            scratch.write_bytes(changed)
            with pytest.raises(UserError):
                verify(scratch)


def test_no_pack_can_be_cut_or_lengthened_unseen(small: Path, scratch: Path) -> None:
    good = small.read_bytes()
    for length in range(len(good)):
        scratch.write_bytes(good[:length])
        refused(scratch)
    for more in (good + b"\0", b"\0" + good, good + good, good[:40] + b"\0" + good[40:]):
        scratch.write_bytes(more)
        refused(scratch)


@given(st.binary(max_size=300))
def test_whatever_else_is_no_pack(scratch: Path, content: bytes) -> None:
    scratch.write_bytes(content)
    refused(scratch)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_pack_with_many_bytes_changed_is_refused_and_never_breaks_us(
    small: Path, scratch: Path, data: st.DataObject
) -> None:
    good = small.read_bytes()
    changed = bytearray(good)
    for _ in range(data.draw(st.integers(1, 12))):
        changed[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    scratch.write_bytes(changed)
    if changed != good:
        refused(scratch)


def compressed(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("case.json", b"\0" * 50_000_000)
        pack.writestr(MANIFEST, b"")


def encrypted(path: Path) -> None:
    data = bytearray(rebuilt(path, SMALL).read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)


def twice(path: Path) -> None:
    data = rebuilt(path, {"messages/0001.txt": b"1", "messages/0002.txt": b"2"}).read_bytes()
    path.write_bytes(data.replace(b"messages/0002.txt", b"messages/0001.txt"))


def overlapping(path: Path) -> None:
    data = rebuilt(path, SMALL).read_bytes()
    at = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", at + 4)
    path.write_bytes(data[: second + 42] + struct.pack("<I", 0) + data[second + 46 :])


def too_many(path: Path) -> None:
    rebuilt(path, {f"messages/{number:05}.txt": b"" for number in range(MOST_FILES)})


def too_big(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)


def named(name: str) -> Callable[[Path], None]:
    return lambda path: void(rebuilt(path, {**SMALL, name: b"x"}))


def void(_: object) -> None:
    """Nothing to give back."""


@pytest.mark.parametrize(
    ("hostile", "says"),
    [
        (compressed, "rebuilt"),
        (encrypted, "rebuilt"),
        (twice, "twice"),
        (overlapping, "rebuilt"),
        (too_many, "too_many"),
        (too_big, "too_big"),
        (named("../../.bashrc"), "name"),
        (named("/etc/passwd.txt"), "name"),
        (named("CON.txt"), "name"),
        (named("proofs/结清.pdf"), "name"),
        (named("proofs/a\x1b[31m.pdf"), "name"),
        (named("CASE.json"), "twice"),
    ],
)
def test_a_hostile_zip_is_refused_in_one_line(
    tmp_path: Path, hostile: Callable[[Path], None], says: str
) -> None:
    hostile(tmp_path / "hostile.zip")
    assert refused(tmp_path / "hostile.zip") == says


def test_files_that_the_list_does_not_have_or_that_are_missing_are_named(tmp_path: Path) -> None:
    more = {**SMALL, "proofs/001.pdf": PDF}
    assert refused(rebuilt(tmp_path / "a.zip", more, listed=SMALL)) == "added"
    assert refused(rebuilt(tmp_path / "b.zip", SMALL, listed=more)) == "missing"
    other = {**SMALL, "case.json": b"[]\n"}
    assert refused(rebuilt(tmp_path / "c.zip", other, listed=SMALL)) == "changed"


@pytest.mark.parametrize(
    "content",
    [b"", b"no list\n", b"\xff\xfe", b"0" * 64 + b"  case.json\n" + b"0" * 64 + b"  case.json\n"],
)
def test_a_list_that_cannot_be_read_is_no_list(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as pack:
        for name, data in {**SMALL, MANIFEST: content}.items():
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.external_attr = RIGHTS
            pack.writestr(member, data)
    assert refused(path) == "no_list"


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, says in (
        (tmp_path / "pipe", "proof.no_file"),
        (tmp_path, "proof.no_file"),
        (tmp_path / "none", "cli.no_file"),
        (tmp_path / ("a" * 300), "cli.not_readable"),
    ):
        with pytest.raises(UserError, match=re.escape(says)):
            verify(path)
