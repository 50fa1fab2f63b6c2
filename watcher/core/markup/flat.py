"""HTML made harmless for the parser, and a reading of what is too much for any parser.

The parser is quadratic in nesting and multiplies unclosed formatting tags, so both are
taken away before it sees the text.
"""

import re
from html import unescape

DEEPEST = 256
FEW_TAGS = 1000
PLAIN = "-"
"""Ends the name of a formatting tag that the parser is not to carry into later blocks."""


def _one_of(names: str) -> str:
    """Return the pattern of some names, parted by their first letters: so `re` tries few."""
    rests: dict[str, list[str]] = {}
    for name in sorted(names.split(), reverse=True):
        rests.setdefault(name[0], []).append(name[1:])
    return "|".join(f"{first}(?:{'|'.join(rest)})" for first, rest in rests.items())


_BLOCK_NAMES = (
    "address article aside blockquote br center dd details dialog dir div dl dt fieldset"
    " figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main menu nav ol p pre section"
    " summary table tbody tfoot thead tr ul"
)
_BLOCK = re.compile(rf"</?(?=[a-zA-Z])(?:{_one_of(_BLOCK_NAMES)})(?![^\s/>])[^>]*>?", re.IGNORECASE)
_FORMATTING = re.compile(
    rf"<(/?)({_one_of('b big code em font i nobr s small strike strong tt u')})(?=[\s/>])",
    re.IGNORECASE,
)
_VOID = "area base br col embed hr img input link meta source track wbr"
_CLOSE_THEMSELVES = "p li td th tr dt dd option tbody thead tfoot html body head"
_NOT_NESTING = _one_of(f"{_VOID} {_CLOSE_THEMSELVES}")
_OFTEN_FLAT = tuple(
    f"<{name}{end}" for name in ("br", "img", "li", "p", "td", "th", "tr") for end in " >"
)
"""How tags begin that nest nothing and stand by the thousand in long mails."""
_NESTING_TAG = re.compile(
    rf"<(?P<close>/?)(?!(?i:{_NOT_NESTING})(?:[\s/>]|\Z))(?P<name>[a-zA-Z][^\s/>]{{0,63}})"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_UNREAD = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style|title)\b.*?(?:</\1|\Z)", re.DOTALL)
_ANY_TAG = re.compile(r"</?[a-zA-Z][^>]*>?")


def flattened(html: str) -> str:
    """Take away what makes the parser slow: unclosed formatting and too deep nesting."""
    tags = html.count("<")
    if tags > FEW_TAGS:
        html = _FORMATTING.sub(rf"<\1\2{PLAIN}", html)
    opened = tags - html.count("</")
    if opened > DEEPEST:
        opened -= sum(map(html.count, _OFTEN_FLAT))
    return html if opened <= DEEPEST else _shallow(html)


def _shallow(html: str) -> str:
    """Drop the tags that open below the deepest level, and those that close them."""
    parts: list[str] = []
    done = depth = dropped = 0
    find = html.find
    for tag in _NESTING_TAG.finditer(html):
        start, end = tag.span()
        if start < done:
            continue
        close, name = tag.groups()
        if close:
            if not dropped:
                depth = max(0, depth - 1)
                continue
            dropped -= 1
        elif depth < DEEPEST:
            depth += 1
            continue
        else:
            dropped += 1
        if start > done:
            parts.append(html[done:start])
        if name in _BLOCKS or name.lower() in _BLOCKS:
            parts.append("\n")
        done = find(">", end) + 1
        if not done:
            return "".join(parts)
    parts.append(html[done:])
    return "".join(parts)


def without_tags(html: str) -> str:
    """Return all text of an HTML source, each block on lines of its own, hidden text too."""
    return unescape(_ANY_TAG.sub("", _BLOCK.sub("\n", _UNREAD.sub("", html))))
