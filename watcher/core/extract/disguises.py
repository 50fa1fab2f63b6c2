"""Addresses of the web as they are hidden from filters, written back as they work.

hxxp://, abc[.]com, abc 点 com, "w w w . a b c . c o m", an address cut by a line break.
Only what can be part of an address is touched; the result is for finding links, never shown.
"""

import re
from collections.abc import Iterator

from watcher.core.edits import Edits
from watcher.core.extract.domains import SPLIT_ENDINGS

_ENDING = "(?:" + "|".join(sorted(SPLIT_ENDINGS, key=lambda one: (-len(one), one))) + ")"
_ENDS = rf"(?i:{_ENDING})(?![A-Za-z0-9])"
_OPEN, _CLOSE = r"[\[({<【〔「]", r"[\])}>】〕」]"
_DOT = r"(?:\.|点|。|(?i:dot))"
_NEXT_SENTENCE = r"(?!。\s{0,2}(?:中国|公司)[\u4e00-\u9fff])"
_LOOSE_DOT = r"(?: {1,3}(?i:dot) {1,3}| {0,2}[点。·•丶] {0,2}| {1,3}\. {0,3}|\. {1,3})"

_GUARD = re.compile(
    rf"[hH][xX*]{{2}}[pP]|{_OPEN} ?{_DOT} ?{_CLOSE}"
    r"|[A-Za-z0-9] ?[点。·•丶] ?[A-Za-z中公]|[A-Za-z0-9] +\.|\. [A-Za-z]"
    r"| (?i:dot) |[./_=&?%-]\n ?[A-Za-z0-9]|\n ?[./?&=]|//[A-Za-z0-9-]{1,63}\n"
    r"|[pPsS](?: :|: |\[:)|:\\\\"
    r"|(?:[A-Za-z0-9./:] ){4}"
)
# The lookahead says how all of them begin, so that most characters are passed over at once.
_DISGUISE = re.compile(
    r"(?=[A-Za-z0-9 \n:.点。·•丶\[({<【〔「-])(?:"
    rf"(?P<scheme>[hH][xX*]{{2}}[pP](?P<secure>[sS]?)(?= ?\[?:))"
    r"|(?P<slashes>(?<=[pPsS]) ?\[?:\]? ?[/\\] ?[/\\] ?(?=[A-Za-z0-9]))"
    rf"|(?P<bracketed>(?<=[A-Za-z0-9]) {{0,2}}{_OPEN} ?{_DOT} ?{_CLOSE} {{0,2}}(?=[A-Za-z0-9中公]))"
    rf"|(?P<spelt>(?<=[A-Za-z0-9]){_NEXT_SENTENCE}{_LOOSE_DOT}(?={_ENDS}))"
    rf"|(?P<www>(?<=[wW]{{3}}){_LOOSE_DOT}(?=[A-Za-z0-9]))"
    r"|(?P<split>(?<=[A-Za-z0-9][./\-_=&?%])\n ?(?=[A-Za-z0-9])"
    r"|(?<=[A-Za-z0-9])\n ?(?=[./?&=][A-Za-z0-9])"
    r"|(?<=//)\n ?(?=[A-Za-z0-9]))"
    r"|(?P<label>(?<=//)[A-Za-z0-9-]{1,63}\n[A-Za-z0-9-]{1,63}(?=\.[A-Za-z]))"
    r"|(?P<spaced>[A-Za-z0-9](?<![A-Za-z0-9./:-][A-Za-z0-9])"
    r"(?: [A-Za-z0-9./:]){4,64}(?![A-Za-z0-9])))"
)
_SPACED_ENDING = re.compile(rf"\.{_ENDS}|://")


def undo_disguises(plain: str) -> tuple[str, Edits | None]:
    """Write disguised addresses back; the edits lead from the result to `plain` (None: equal)."""
    if _GUARD.search(plain) is None:
        return plain, None
    edits = [(*match.span(), meant) for match, meant in _meant(plain)]
    if not edits:
        return plain, None
    parts: list[str] = []
    done = 0
    for start, end, meant in edits:
        parts += (plain[done:start], meant)
        done = end
    parts.append(plain[done:])
    return "".join(parts), Edits((start, end, len(meant)) for start, end, meant in edits)


def _meant(plain: str) -> Iterator[tuple[re.Match[str], str]]:
    for match in _DISGUISE.finditer(plain):
        meant = _write_back(match)
        if meant != match[0]:
            yield match, meant


def _write_back(match: re.Match[str]) -> str:
    written = match[0]
    match match.lastgroup if match.lastgroup != "secure" else "scheme":
        case "scheme":
            return "http" + match["secure"].lower()
        case "slashes":
            return "://"
        case "split":
            return ""
        case "label":
            return written.replace("\n", "")
        case "spaced":
            joined = written.replace(" ", "")
            return joined if _SPACED_ENDING.search(joined) else written
        case _:
            return "."
