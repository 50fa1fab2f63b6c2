import io
import struct
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sources.exports import Reading, mms, part, read, sms, smses
from tests.sources.jsonexports import fossify, fossify_sms, lines, smsie_sms, smsie_zip, zipped
from watcher.core.model import Message
from watcher.sources.files import read_path
from watcher.sources.formats import read_document
from watcher.sources.items import Damage, Document, Mark

EXPORT = "messages.ndjson"
CONTENT = lines(smsie_sms("一"), smsie_sms("二", number=1)).encode()
LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("sms-20260305101530.xml", smses(sms("一"), sms("二", number=1))),
        ("SMS.XML", smses(sms("一"), sms("二", number=1))),
        ("QKSMS/信息.json", fossify(fossify_sms("一"), fossify_sms("二", number=1))),
        ("deep/down/messages.ndjson", CONTENT.decode()),
    ],
)
@pytest.mark.parametrize("streamed", [True, False])
def test_the_one_export_in_a_zip_is_read(
    tmp_path: Path, name: str, content: str, *, streamed: bool
) -> None:
    others = {"readme.txt": b"x", f"__MACOSX/._{name}": b"y", "pictures/": b""}

    reading = read(tmp_path, zipped({**others, name: content.encode()}, streamed=streamed))

    assert reading.texts == ["一", "二"]
    assert reading.damage == []
    assert reading.finished[0].records == 2
    assert {message.source for message in reading.messages} == {str(tmp_path / "file")}


def test_members_that_are_not_packed_are_read(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("empty.txt", "")
        archive.writestr(EXPORT, CONTENT)

    assert read(tmp_path, out.getvalue()).texts == ["一", "二"]


def test_a_zip_with_the_fields_of_large_ones_is_read(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(EXPORT, "w", force_zip64=True) as member:
            member.write(CONTENT)
        archive.writestr("data/x", "x" * 1000)
    small = out.getvalue()
    # As written where everything is beyond four gigabytes: the numbers stand elsewhere.
    at, end = small.index(CENTRAL), small.index(END)
    row = bytearray(small[at:end])
    packed, size = struct.unpack_from("<2I", row, 20)
    length, extra = struct.unpack_from("<2H", row, 28)
    struct.pack_into("<2I", row, 20, 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<H", row, 30, 20 + 5)
    more = struct.pack("<2HB2H2Q", 9, 1, 0, 1, 16, size, packed)
    assert extra == 0
    row[46 + length : 46 + length] = more
    end_64 = struct.pack(
        "<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 2, 2, len(row), at
    ) + struct.pack("<4sIQI", b"PK\x06\x07", 0, at + len(row), 1)
    tail = struct.pack("<4s4H2IH", END, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)

    reading = read(tmp_path, small[:at] + bytes(row) + end_64 + tail)

    assert reading.texts == ["一", "二"]
    assert reading.damage == []


@pytest.mark.parametrize(
    "members",
    [
        {"notes.txt": b"x"},
        {"a.xml": smses(sms("一")).encode(), "b.xml": smses(sms("二")).encode()},
        {"a/messages.ndjson": CONTENT, "b/messages.ndjson": CONTENT},
        {"inner.json": zipped({EXPORT: CONTENT})},
        {},
    ],
)
def test_a_zip_without_just_one_export_is_named_and_left(
    tmp_path: Path, members: dict[str, bytes]
) -> None:
    archive = zipped(members)
    if not members:
        archive = LOCAL + archive

    assert read(tmp_path, archive).reasons == ["source.is_archive"]


def test_a_zip_of_something_else_is_named_and_left(tmp_path: Path) -> None:
    assert read(tmp_path, zipped({"a.json": b"{}"})).reasons == ["source.unknown_format"]
    assert read(tmp_path, zipped({"a.xml": b""})).reasons == ["source.is_empty"]


@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt",
        "a/../../evil.txt",
        "/etc/evil",
        "\\evil",
        "a\\..\\evil",
        "C:\\evil",
        "c:evil",
        "..",
        "../messages.ndjson",
    ],
)
def test_names_that_lead_out_are_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "sms"
    folder.mkdir()

    reading = read(folder, zipped({EXPORT: CONTENT, name: b"x"}))

    assert reading.reasons == ["source.zip_leads_out"]
    assert reading.messages == []
    assert sorted(tmp_path.rglob("*")) == [folder, folder / "file"]


@pytest.mark.parametrize(
    "name", ["a..b/c.txt", "资料/.../x.txt", "資料.bak", "..hidden", "data/PART_1_a:b.png"]
)
def test_other_odd_names_do_no_harm(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, zipped({EXPORT: CONTENT, name: b"x"})).texts == ["一", "二"]


@pytest.mark.parametrize("where", [LOCAL, CENTRAL])
def test_an_encrypted_zip_is_refused(tmp_path: Path, where: bytes) -> None:
    archive = bytearray(zipped({EXPORT: CONTENT}))
    archive[archive.index(where) + (6 if where == LOCAL else 8)] |= 1

    for content in (archive, archive[: archive.index(CENTRAL)] if where == LOCAL else archive):
        assert read(tmp_path, bytes(content)).reasons == ["source.zip_encrypted"]


@pytest.mark.parametrize("method", [9, 12, 14, 93, 99])
def test_other_ways_of_packing_are_left(tmp_path: Path, method: int) -> None:
    archive = bytearray(zipped({EXPORT: CONTENT}))
    archive[archive.index(LOCAL) + 8] = archive[archive.index(CENTRAL) + 10] = method

    assert read(tmp_path, bytes(archive)).reasons == ["source.is_archive"]


@pytest.mark.parametrize("beginning", [CONTENT, CONTENT + b'{"_id":"1","body":"', b""])
def test_a_bomb_is_given_up_and_what_came_before_is_kept(tmp_path: Path, beginning: bytes) -> None:
    archive = zipped({EXPORT: beginning + b" " * 60_000_000})
    assert len(archive) < 100_000

    reading = read(tmp_path, archive)

    assert reading.reasons == (["source.zip_bomb"] if beginning else ["source.is_empty"])
    assert reading.texts == (["一", "二"] if beginning else [])
    assert len(reading.finished) == 1


def test_an_honest_export_that_packs_well_is_no_bomb(tmp_path: Path) -> None:
    rows = [smsie_sms("【示例金融】您的借款今日应还500.00元", number=n) for n in range(40_000)]

    reading = read(tmp_path, smsie_zip(*rows))

    assert len(reading.messages) == 40_000
    assert reading.damage == []


def test_members_that_overlap_are_refused(tmp_path: Path) -> None:
    # One kernel, listed many times, as in the bombs that need no nesting.
    archive = zipped({EXPORT: CONTENT})
    at, end = archive.index(CENTRAL), archive.index(END)
    row = archive[at:end]
    rows = row + row.replace(EXPORT.encode(), b"elsewhere.ndjso") * 50
    tail = struct.pack("<4s4H2IH", END, 0, 0, 51, 51, len(rows), at, 0)

    assert read(tmp_path, archive[:at] + rows + tail).reasons == ["source.zip_forged"]


@pytest.mark.parametrize(
    ("where", "offset", "form", "value"),
    [
        (CENTRAL, 20, "<I", 10**6),  # longer than the file
        (CENTRAL, 42, "<I", 7),  # not where the member begins
        (CENTRAL, 42, "<I", 10**9),
        (CENTRAL, 28, "<H", 60_000),
        (LOCAL, 30, "<H", 0x5858),  # another name than in the directory
        (END, 10, "<H", 9),
    ],
)
def test_a_directory_that_contradicts_itself_is_refused(
    tmp_path: Path, where: bytes, offset: int, form: str, value: int
) -> None:
    archive = bytearray(zipped({EXPORT: CONTENT}, streamed=False))
    struct.pack_into(form, archive, archive.index(where) + offset, value)

    assert read(tmp_path, bytes(archive)).reasons == ["source.zip_forged"]


def test_too_many_members_are_refused_at_once(tmp_path: Path) -> None:
    row = struct.pack("<4s6H3I5H2I", CENTRAL, *[0] * 9, 1, *[0] * 6) + b"x"
    rows = row * 60_000
    end_64 = struct.pack(
        "<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 10**9, 10**9, len(rows), 4
    ) + struct.pack("<4sIQI", b"PK\x06\x07", 0, 4 + len(rows), 1)
    tail = struct.pack("<4s4H2IH", END, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)

    assert read(tmp_path, LOCAL + rows + end_64 + tail).reasons == ["source.zip_forged"]


def test_bytes_that_changed_on_the_way_are_said(tmp_path: Path) -> None:
    archive = bytearray(zipped({EXPORT: CONTENT * 50}, streamed=False))
    for at in range(archive.index(EXPORT.encode()) + 40, archive.index(CENTRAL) - 4, 7):
        harmed = archive.copy()
        harmed[at] ^= 0x55

        assert read(tmp_path, bytes(harmed)).reasons == ["source.zip_damaged"]


def test_a_zip_that_was_cut_gives_the_whole_of_its_first_member(tmp_path: Path) -> None:
    for streamed in (True, False):
        archive = zipped({EXPORT: CONTENT, "data/a": b"\x89PNG" * 500}, streamed=streamed)

        reading = read(tmp_path, archive[: archive.index(CENTRAL)])

        assert reading.texts == ["一", "二"]
        assert reading.reasons == ["source.zip_cut"]


def test_every_prefix_of_a_zip_gives_only_whole_records() -> None:
    records = [sms(f"第{number}条", number=number) for number in range(30)]
    export = smses(*records, mms(part("彩信"))).encode()
    for archive in (smsie_zip(*(smsie_sms(f"{n}") for n in range(60))), zipped({"a.xml": export})):
        whole, damage = _items(archive)
        assert len(whole) >= 31
        assert damage == []
        for end in range(len(archive)):
            messages, damage = _items(archive[:end])

            assert messages == whole[: len(messages)]
            assert len(damage) == 1


def _items(content: bytes) -> tuple[list[Message], list[str]]:
    document = Document(
        file=io.BytesIO(content),
        name="file",
        size=len(content),
        written_at=datetime(2026, 3, 9, tzinfo=UTC),
    )
    items = list(read_document(document))
    messages = [item for item in items if isinstance(item, Message)]
    return messages, [item.reason for item in items if isinstance(item, Damage)]


def test_behind_walls_a_bomb_costs_one_line_and_the_batch_goes_on(tmp_path: Path) -> None:
    (tmp_path / "1.zip").write_bytes(zipped({EXPORT: CONTENT + b" " * 60_000_000}))
    (tmp_path / "2.zip").write_bytes(zipped({"../x": b"x"}))
    (tmp_path / "3.zip").write_bytes(zipped({EXPORT: CONTENT}))

    reading = Reading(read_path(tmp_path))

    assert reading.reasons == ["source.zip_bomb", "source.zip_leads_out"]
    assert reading.texts == ["一", "二"] * 2


def test_where_to_go_on_in_a_member_is_no_place_in_the_zip() -> None:
    packed = zipped({"sms.xml": smses(sms("一" * 600_000), sms("二")).encode()})
    document = Document(
        file=io.BytesIO(packed),
        name="a",
        size=len(packed),
        written_at=datetime(2026, 3, 9, tzinfo=UTC),
    )

    marks = [item for item in read_document(document) if isinstance(item, Mark)]

    assert marks
    assert {mark.resume for mark in marks} == {None}
