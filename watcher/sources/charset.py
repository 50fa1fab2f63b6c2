"""Which characters the bytes of a Chinese mail mean, whatever label they carry.

Labels lie: gb2312 is written for GB18030, utf-8 for GBK, nothing at all for either. So
every charset that could be meant decodes the bytes strictly, and the text that looks
most like Chinese is taken.
"""

import codecs
import encodings.aliases
import re
from collections.abc import Iterator
from functools import cache

_WIDER = {
    "gb2312": "gb18030",
    "gb_2312": "gb18030",
    "gb_2312_80": "gb18030",
    "gbk": "gb18030",
    "x_gbk": "gb18030",
    "cp936": "gb18030",
    "ms936": "gb18030",
    "windows_936": "gb18030",
    "euc_cn": "gb18030",
    "euccn": "gb18030",
    "x_euc_cn": "gb18030",
    "chinese": "gb18030",
    "gb": "gb18030",
    "big5": "big5hkscs",
    "big_5": "big5hkscs",
    "big5_hkscs": "big5hkscs",
    "cn_big5": "big5hkscs",
    "x_x_big5": "big5hkscs",
    "cp950": "big5hkscs",
    "hz_gb_2312": "hz",
    "hz_gb": "hz",
    "utf8": "utf_8",
    "unicode_1_1_utf_8": "utf_8",
    "unicode": "utf_16",
}
_ANY_LABEL = frozenset(
    {"us_ascii", "ascii", "unknown", "unknown_8bit", "default", "binary", "none"}
)
_NO_CHARSET = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape"})
_CHINESE = frozenset({"gb18030", "big5hkscs", "hz", "utf_8"})
_PAIR_OF_HIGH_BYTES = re.compile(rb"[\x80-\xff]{2}")
_SEVEN_BIT = frozenset({"hz", "utf_7", "iso2022_jp", "iso2022_kr", "iso2022_jp_2", "iso2022_jp_1"})
_GUESS_LIMIT = 64 * 1024
_META = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE
)
_META_LIMIT = 16 * 1024
_HZ = re.compile(rb"~\{(?:[\x21-\x77][\x21-\x7e])+~\}")
_SAMPLE = 20_000
_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_FIRST_CJK = 0x2E80
_DECLARED_BONUS = 0.15
_NAME_BONUS, _NAME_BYTES = 0.45, 24
"""How much more a label counts for a few bytes: a name alone may have rare characters only."""
_ASCII = bytes(range(128))


def teach_aliases() -> None:
    """Let every decoder of this process read the wider charset where the narrower is named."""
    encodings.aliases.aliases.update(
        {name: codec for name, codec in _WIDER.items() if codec in {"gb18030", "big5hkscs", "hz"}},
    )


def mend(text: str) -> str:
    """Replace what no message can mean: control characters, NUL, and halves of characters."""
    return _NO_CHARACTER.sub("�", text)


def meta_charset(html: bytes) -> str | None:
    """Return the charset that an HTML body names for itself."""
    found = _META.search(html[:_META_LIMIT])
    return found[1].decode("ascii") if found else None


def decode_part(data: bytes, declared: str | None, meta: str | None) -> tuple[str, str]:
    """Return the text of `data` and the charset it was read in; never fails.

    `declared` is what the MIME header says, `meta` what the HTML says of itself.
    """
    claimed = [codec for label in (declared, meta) if (codec := _codec(label))]
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace"), "utf-16"
    if data.isascii():
        return _decode_ascii(data, claimed)
    data = data.removeprefix(codecs.BOM_UTF8)
    as_utf8 = _strictly(data, "utf_8")
    if as_utf8 is not None and ("utf_8" in claimed or any(c >= "\u0800" for c in as_utf8)):
        return as_utf8, "utf_8"
    if claimed and claimed[0] not in _CHINESE and not _PAIR_OF_HIGH_BYTES.search(data):
        # Accents among ASCII letters: no Chinese text looks like that.
        return data.decode(claimed[0], "replace"), claimed[0]
    return _best(data, claimed)


def _decode_ascii(data: bytes, claimed: list[str]) -> tuple[str, str]:
    for codec in claimed:
        if codec in _SEVEN_BIT and (text := _strictly(data, codec)) is not None:
            return text, codec
    if _HZ.search(data) and (text := _strictly(data, "hz")) is not None:
        return text, "hz"
    for codec in claimed:
        wide = codec.startswith(("utf_16", "utf_32"))
        if wide and b"\0" in data and (text := _strictly(data, codec)) is not None:
            return text, codec
    return data.decode("ascii"), "ascii"


def _best(data: bytes, claimed: list[str]) -> tuple[str, str]:
    found: list[tuple[float, str, str]] = []
    little = max(0.0, 1 - len(data[:_SAMPLE].translate(None, _ASCII)) / _NAME_BYTES)
    for codec in dict.fromkeys([*claimed, "utf_8", "gb18030", "big5hkscs"]):
        text = _strictly(data, codec)
        if text is not None:
            bonus = _DECLARED_BONUS + _NAME_BONUS * little if codec in claimed else 0.0
            found.append((_likeness(text) + bonus, text, codec))
    if not found:
        found.extend(
            (_likeness(text), text, codec)
            for codec in _guessed(data)
            if (text := _strictly(data, codec)) is not None
        )
    # A single bad byte must not hand a whole text to a charset in which it means nothing.
    for codec in dict.fromkeys([*claimed[:1], "utf_8", "gb18030"]):
        text = data.decode(codec, "replace")
        found.append((_likeness(text), text, codec))
    _, text, codec = max(found, key=lambda candidate: candidate[0])
    return text, codec


def _guessed(data: bytes) -> Iterator[str]:
    # Imported late: few messages need a guess, and the library is slow to load.
    from charset_normalizer import from_bytes  # noqa: PLC0415

    best = from_bytes(data[:_GUESS_LIMIT]).best()
    if best is not None:
        yield best.encoding


def _codec(label: str | None) -> str | None:
    """Return the codec to try for a label, None where it says nothing or is unknown."""
    if not label:
        return None
    name = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")
    if name in _ANY_LABEL or name in _NO_CHARSET:
        return None
    name = _WIDER.get(name, name)
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    # Python also calls bytes-to-bytes transforms codecs; zlib among them inflates bombs.
    return name if info._is_text_encoding else None  # noqa: SLF001  the only way to tell them apart


def _strictly(data: bytes, codec: str) -> str | None:
    """Decode without any error, save that the last character may be cut off."""
    try:
        return codecs.getincrementaldecoder(codec)("strict").decode(data)
    except (UnicodeError, LookupError):
        return None


@cache
def _common() -> tuple[frozenset[str], frozenset[str]]:
    """Return the first levels of GB 2312 and of Big5: the characters that texts are made of."""
    low = range(0xA1, 0xFF)
    simplified = (bytes((h, t)).decode("gb2312", "ignore") for h in range(0xB0, 0xD8) for t in low)
    trail = (*range(0x40, 0x7F), *low)
    traditional = (bytes((h, t)).decode("big5", "ignore") for h in range(0xA4, 0xC7) for t in trail)
    return frozenset(simplified), frozenset(traditional)


def _likeness(text: str) -> float:
    """Return how much a text looks like Chinese or else like any language: about 0 to 1."""
    simplified, traditional = _common()
    total = 0.0
    count = 0
    for character in text[:_SAMPLE]:
        if character < "\x80":
            continue
        count += 1
        if character in simplified:
            total += 1.0
        elif character in traditional:
            total += 0.9
        else:
            total += _weight(ord(character))
    return total / count if count else 1.0


def _weight(code: int) -> float:
    """Return the likeness of one character that is no common Han."""
    if 0x3000 <= code <= 0x301F or 0xFF01 <= code <= 0xFF5E or 0x2010 <= code <= 0x2030:  # noqa: PLR2004  punctuation
        return 1.0
    if code == 0xFFFD or 0xE000 <= code <= 0xF8FF or code < 0xA0:  # noqa: PLR2004  replacement, private, C1
        return -1.0
    if 0x3400 <= code <= 0x9FFF or code >= 0x20000:  # noqa: PLR2004  rarer Han
        return 0.5
    if 0x1F000 <= code < 0x20000:  # noqa: PLR2004  emoji
        return 0.8
    return 0.3 if code < _FIRST_CJK else 0.2
