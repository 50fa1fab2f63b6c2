"""The name in brackets by which a firm signs an SMS, at the start or at the end."""

import re
from dataclasses import dataclass, field

LONGEST = 20
OPENINGS = "【[〔「"
"""Brackets; a text without any is not signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A name in brackets; `start` and `end` take the brackets in."""

    name: str = field(repr=False)
    start: int
    end: int


_INNER = rf"[^【】\[\]〔〕「」\n]{{1,{LONGEST}}}"
_SIGNATURE = rf"(?:【{_INNER}】|\[{_INNER}\]|〔{_INNER}〕|「{_INNER}」)"
_LEADING = re.compile(
    rf"\s{{0,8}}(?:[(<\[]?\d{{1,2}}/\d{{1,2}}[)>\]]\s?)?(?P<sign>{_SIGNATURE})\s{{0,4}}"
)
_MORE = re.compile(rf"(?P<sign>{_SIGNATURE})\s{{0,4}}")
_TRAILING = re.compile(rf"(?P<sign>{_SIGNATURE})[\s.。]{{0,8}}\Z")
MOST_IN_A_ROW = 3
NUMBER_OF_PART = re.compile(r"\d{1,2}/\d{1,2}")


def find_signatures(plain: str) -> tuple[Signature, ...]:
    """Find the signatures at the start, then those at the end."""
    found: list[Signature] = []
    match = _LEADING.match(plain)
    while match is not None and len(found) < MOST_IN_A_ROW:
        _add(found, match)
        match = _MORE.match(plain, match.end())
    end = len(plain)
    tail_from = max(0, end - LONGEST - 12)
    for _ in range(MOST_IN_A_ROW):
        match = _TRAILING.search(plain, max(tail_from, found[-1].end if found else 0), end)
        if match is None:
            break
        _add(found, match)
        end = match.start()
        tail_from = max(0, end - LONGEST - 12)
    return tuple(sorted(found, key=lambda one: one.start))


def _add(found: list[Signature], match: re.Match[str]) -> None:
    name = match["sign"][1:-1].strip()
    if name and not NUMBER_OF_PART.fullmatch(name):
        found.append(Signature(name=name, start=match.start("sign"), end=match.end("sign")))
