"""What a file looks like from its first and last bytes: nothing is parsed."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Final

HEAD: Final = 4096
TAIL: Final = 2048

_PDF, _PNG = b"%PDF-", b"\x89PNG\r\n\x1a\n"
_KNOWN: Final = re.compile(
    rb"%PDF-|\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|BM|II\*\x00|MM\x00\*|PK\x03\x04"
    rb"|\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1|ID3|OggS|#!AMR|RIFF....(?:WEBP|WAVE)|....ftyp",
    re.DOTALL,
)
_TEXTS: Final = ("utf-8-sig", "gb18030")
_LONGEST_CHARACTER: Final = 4


class Looks(StrEnum):
    """How a file looks: of a usual kind, cut off, or of no kind that is known here."""

    USUAL = "usual"
    CUT = "cut"
    UNKNOWN = "unknown"


def looks_of(head: bytes, tail: bytes) -> Looks:
    """Judge a file by at most `HEAD` of its first and `TAIL` of its last bytes."""
    if head.startswith(_PDF):
        return Looks.USUAL if b"%%EOF" in tail else Looks.CUT
    if head.startswith(_PNG):
        return Looks.USUAL if b"IEND" in tail else Looks.CUT
    return Looks.USUAL if _KNOWN.match(head) or _is_text(head) else Looks.UNKNOWN


def looks_at(path: Path) -> Looks:
    """Judge a file by what stands on the disk; `OSError` where it cannot be read."""
    with path.open("rb") as file:
        head = file.read(HEAD)
        size = file.seek(0, 2)
        file.seek(max(0, size - TAIL))
        return looks_of(head, file.read(TAIL))


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    for encoding in _TEXTS:
        for cut in range(_LONGEST_CHARACTER):  # the last character may stand in two parts
            try:
                text = head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return all(one.isprintable() or one in "\n\r\t\f" for one in text)
    return False
