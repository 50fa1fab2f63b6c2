"""Files that people take for SMS backups and that cannot be read: what each is, by its content.

Each has its own phrase, which says what the file is and how to export it in a readable way.
"""

import re
from collections.abc import Callable

from watcher.sources.roots import first_element

Refusals = tuple[tuple[Callable[[bytes], bool], str], ...]
"""What tells a file by its first bytes, and the phrase that is said of it."""

_LOOK = 64 * 1024
_ZIP = b"PK\x03\x04"
_OFFICE = (b"[Content_Types].xml", b"word/document.xml", b"xl/workbook.xml")
_OPEN_DOCUMENT = b"mimetypeapplication/vnd.oasis.opendocument"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ARCHIVES = (
    *(_ZIP, b"PK\x05\x06", b"PK\x07\x08", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c"),
    *(b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"),
)
_PICTURES = (
    *(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*"),
    *(b"\x1aE\xdf\xa3", b"OggS", b"ID3"),
)
_SEALED = (b"Salted__", b"age-encryption.org/v1", b"-----BEGIN PGP MESSAGE-----", b"-----BEGIN AGE")
_SIGNAL = re.compile(rb"\0\0\0[\x30-\x60]\x0a[\x30-\x60]\x0a\x10.{16}\x12\x20", re.DOTALL)
"""The length of the first frame, the frame, its header, 16 bytes that begin it and 32 of salt."""
_SAMSUNG = b"\x6b\x39\xa4\x74"
_SAMSUNG_NAMES = (b"SmartSwitch", b"com.sec.android.easyMover")
_GAMMU = re.compile(rb"(?:\s*[;#][^\n]*\n)*\s*\[SMSBackup\d{3}\]")
_BUS = b"org.kde.kdeconnect"


def _root(name: bytes) -> Callable[[bytes], bool]:
    return lambda head: first_element(head) == name


def _begins(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(marks)


def _is_office(head: bytes) -> bool:
    if head.startswith(_OLD_OFFICE):
        return True
    look = head[:_LOOK]
    return head.startswith(_ZIP) and (
        any(name in look for name in _OFFICE) or look[30:].startswith(_OPEN_DOCUMENT)
    )


def _is_media(head: bytes) -> bool:
    # RIFF is WebP and AVI; a box "ftyp" is HEIC, MP4 and their like.
    return head.startswith(_PICTURES) or head[:4] == b"RIFF" or head[4:8] == b"ftyp"


def _is_samsung(head: bytes) -> bool:
    text = head.lstrip()[:1]
    named = any(name in head[:_LOOK] for name in _SAMSUNG_NAMES)
    return head.startswith(_SAMSUNG) or (text in {b"{", b"[", b"<"} and named)


def _is_huawei(head: bytes) -> bool:
    return head.lstrip()[:1] == b"<" and b"BackupFilesTypeInfo" in head


def _is_vcard(head: bytes) -> bool:
    return head.lstrip()[:11].upper() == b"BEGIN:VCARD"


def _is_kde_connect(head: bytes) -> bool:
    return head.lstrip().startswith((b"signal ", b"method ", b"variant ")) and _BUS in head[:_LOOK]


REFUSED_FIRST: Refusals = ((_is_office, "source.is_office"),)
"""What a reader of another format would open as its own: told before any is asked."""

REFUSED: Refusals = (
    (_is_huawei, "source.is_huawei_backup"),
    (_is_samsung, "source.is_samsung"),
    (_root(b"MIUI-backup"), "source.is_miui_backup"),
    (_root(b"ArrayOfMessage"), "source.is_windows_phone"),
    (lambda head: _SIGNAL.match(head) is not None, "source.is_signal"),
    (_begins(b"bplist00"), "source.is_apple_list"),
    (_root(b"plist"), "source.is_apple_list"),
    (_begins(*_SEALED), "source.is_sealed"),
    (lambda head: _GAMMU.match(head) is not None, "source.is_gammu"),
    (_is_vcard, "source.is_contacts"),
    (_is_kde_connect, "source.is_kde_connect"),
    (_begins(b"%PDF-"), "source.is_pdf"),
    (_is_media, "source.is_media"),
    (_begins(*_ARCHIVES), "source.is_archive"),
)
"""What no reader took, by the first bytes; text as UTF-8. In the order in which it is asked."""
