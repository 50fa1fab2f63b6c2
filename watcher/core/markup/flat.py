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

_BLOCK_NAMES = (
    "address|article|aside|blockquote|br|center|dd|details|dialog|dir|div|dl|dt|fieldset"
    "|figcaption|figure|footer|form|h[1-6]|header|hr|li|main|menu|nav|ol|p|pre|section|summary"
    "|table|tbody|tfoot|thead|tr|ul"
)
_BLOCK = re.compile(rf"</?(?:{_BLOCK_NAMES})(?![^\s/>])[^>]*>?", re.IGNORECASE)
_FORMATTING = re.compile(
    r"<(/?)(b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])", re.IGNORECASE
)
_VOID = "area base br col embed hr img input link meta source track wbr"
_CLOSE_THEMSELVES = "p li td th tr dt dd option tbody thead tfoot html body head"
_NOT_NESTING = "|".join(f"{_VOID} {_CLOSE_THEMSELVES}".split())
_NESTING_TAG = re.compile(
    rf"<(?P<close>/?)(?!(?i:{_NOT_NESTING})(?:[\s/>]|\Z))(?P<name>[a-zA-Z][^\s/>]{{0,63}})"
)
_BLOCKS = frozenset(_BLOCK_NAMES.replace("h[1-6]", "h1|h2|h3|h4|h5|h6").split("|"))
_UNREAD = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style|title)\b.*?(?:</\1|\Z)", re.DOTALL)
_ANY_TAG = re.compile(r"</?[a-zA-Z][^>]*>?")


def flattened(html: str) -> str:
    """Take away what makes the parser slow: unclosed formatting and too deep nesting."""
    if html.count("<") <= FEW_TAGS:
        return html if html.count("<") <= DEEPEST else _shallow(html)
    return _shallow(_FORMATTING.sub(rf"<\1\2{PLAIN}", html))


def _shallow(html: str) -> str:
    """Drop the tags that open below the deepest level, and those that close them."""
    parts: list[str] = []
    done = depth = dropped = 0
    for tag in _NESTING_TAG.finditer(html):
        start, end = tag.span()
        if start < done:
            continue
        close, name = tag.groups()
        if not close and depth < DEEPEST:
            depth += 1
            continue
        if close and not dropped:
            depth = max(0, depth - 1)
            continue
        dropped += -1 if close else 1
        parts += (html[done:start], "\n" if name.lower() in _BLOCKS else "")
        done = html.find(">", end) + 1
        if not done:
            return "".join(parts)
    parts.append(html[done:])
    return "".join(parts)


def without_tags(html: str) -> str:
    """Return all text of an HTML source, each block on lines of its own, hidden text too."""
    return unescape(_ANY_TAG.sub("", _BLOCK.sub("\n", _UNREAD.sub("", html))))
