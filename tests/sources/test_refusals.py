import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from tests.sources.exports import read
from watcher.phrases import Phrases


def _zip(*names: str) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


def _open_document() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<x/>")
    return buffer.getvalue()


SIGNAL = (
    b"\0\0\0\x36\x0a\x34\x0a\x10" + bytes(range(16)) + b"\x12\x20" + bytes(range(32)) + b"\x81" * 99
)
HUAWEI = (
    '<?xml version="1.0" encoding="UTF-8"?><info.xml><row table="BackupFilesTypeInfo">'
    '<column name="e_perbackupkey"><value String="00ff" /></column></row></info.xml>'
)
BUS = (
    "signal time=1772676930.1 sender=:1.9 -> destination=(null destination) serial=7"
    " path=/modules/kdeconnect/devices/3f1c; interface=org.kde.kdeconnect.device.conversations;"
    ' member=conversationUpdated\n   variant  struct {\n      int32 1\n      string "还款"\n'
)
CARD = "BEGIN:VCARD\r\nVERSION:2.1\r\nN:周;小满\r\nTEL;CELL:13900001234\r\nEND:VCARD\r\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x6b\x39\xa4\x74" + b"\x91" * 500, "source.is_samsung"),
        (b'{"app":"com.sec.android.easyMover","items":[]}', "source.is_samsung"),
        (SIGNAL, "source.is_signal"),
        (HUAWEI.encode(), "source.is_huawei_backup"),
        (
            b"<?xml version='1.0'?><MIUI-backup><device>x</device></MIUI-backup>",
            "source.is_miui_backup",
        ),
        (
            "<ArrayOfMessage><Message><Body>还</Body></Message></ArrayOfMessage>".encode(),
            "source.is_windows_phone",
        ),
        (b"bplist00\xd1\x01\x02" + b"\x91" * 80, "source.is_apple_list"),
        (b"<?xml version='1.0'?><!DOCTYPE plist PUBLIC 'x'><plist/>", "source.is_apple_list"),
        (b"; Saved by Gammu\n\n[SMSBackup000]\nSMSC = 00\n", "source.is_gammu"),
        (CARD.encode(), "source.is_contacts"),
        (CARD.encode("utf-16"), "source.is_contacts"),
        (BUS.encode(), "source.is_kde_connect"),
        (b"<?xml version='1.0'?><calls count='0' />", "source.is_call_log"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "source.is_pdf"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "source.is_media"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "source.is_media"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "source.is_media"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "source.is_media"),
        (b"Salted__" + b"\x91" * 64, "source.is_sealed"),
        (b"-----BEGIN PGP MESSAGE-----\n\nhQEM\n", "source.is_sealed"),
        (b"age-encryption.org/v1\n-> X25519 x\n", "source.is_sealed"),
        (_zip("[Content_Types].xml", "word/document.xml"), "source.is_office"),
        (_zip("[Content_Types].xml", "xl/workbook.xml", "xl/sheet1.xml"), "source.is_office"),
        (_open_document(), "source.is_office"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, "source.is_office"),
        (b"Rar!\x1a\x07\x01\0" + b"\x91" * 50, "source.is_archive"),
        (b"7z\xbc\xaf\x27\x1c\0\4" + b"\x91" * 50, "source.is_archive"),
        (b"PK\x07\x08PK\x03\x04" + b"\x91" * 50, "source.is_archive"),
        (b"BZh91AY&SY" + b"\x91" * 50, "source.is_archive"),
    ],
)
def test_what_cannot_be_read_is_named_with_a_way_out(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    reading = read(tmp_path, content)

    assert (reading.messages, reading.reasons) == ([], [reason])
    for language in ("zh", "en"):
        said = Phrases(language).say(reason, reading.damage[0].values)
        assert said.endswith(("。", "."))
