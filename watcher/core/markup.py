"""HTML mail as text: what the reader sees, and apart from it what is hidden.

Hidden content is how a mail shows a filter another text than its reader, so it is kept, but
never mixed in. The parser is quadratic in nesting and multiplies unclosed formatting tags, so
both are taken away before it sees the text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

LONGEST = 1 << 20
"""Characters; a longer text is cut."""

DEEPEST = 256
FEW_TAGS = 1000
MOST_LINKS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A link of an HTML mail: where it leads, and the text that the reader sees."""

    href: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Html:
    """The visible text, the hidden text, the links and how many images there are."""

    text: str = field(repr=False)
    hidden: str = field(default="", repr=False)
    links: tuple[Anchor, ...] = ()
    images: int = 0


_BLOCKS = frozenset(
    (
        "address article aside blockquote center dd details dialog dir div dl dt fieldset figcaption figure"
        " footer form h1 h2 h3 h4 h5 h6 header hr li main menu nav ol p pre section summary table tbody tfoot"
        " thead tr ul br body caption legend title"
    ).split()
)
_CELLS = frozenset(("td", "th"))
_UNSEEN = frozenset(("script", "style", "head", "noscript", "object", "iframe", "svg", "math", "title"))
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_FORMATTING = re.compile(
    r"<(/?)(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])", re.IGNORECASE
)
_TAG = re.compile(r"<(?P<close>/?)(?P<name>[a-zA-Z][^\s/>]{0,63})[^>]*>")
_SPACES = re.compile(r"[ \t\r\f\v\u00a0]+")
_LINES = re.compile(r" ?\n[ \n]*")
_STYLE_HIDES = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|font-size:0(?:\.0*)?(?:px|pt|em|rem|%)?(?![.\d])"
    r"|opacity:0(?:\.0*)?(?![.\d])|mso-hide:all"
    r"|(?<![-a-z])(?:max-)?(?:height|width):0(?:px|pt|em)?(?![.\d%])(?=.{0,512}overflow:hidden)"
    r"|overflow:hidden.{0,512}(?<![-a-z])(?:max-)?(?:height|width):0(?:px|pt|em)?(?![.\d%])"
    r"|text-indent:-\d{3,}|(?:left|top):-\d{4,}|clip:rect\(0|transform:scale\(0\)"
)
_COLOUR = re.compile(r"(?<![-a-z])color:(?P<colour>#[0-9a-f]{3,8}|[a-z]+(?:\([0-9.,%]{1,40}\))?)")
_BACKGROUND = re.compile(
    r"background(?:-color)?:(?P<colour>#[0-9a-f]{3,8}|[a-z]+(?:\([0-9.,%]{1,40}\))?)"
)
_WHITE = frozenset(
    ("#fff", "#ffff", "#ffffff", "#ffffffff", "white", "rgb(255,255,255)", "rgba(255,255,255,1)",
     "#fefefe", "#fdfdfd", "snow", "ghostwhite")
)  # fmt: skip
_CLEAR = frozenset(("transparent", "rgba(0,0,0,0)", "#0000", "#00000000"))
LONGEST_STYLE = 2048


def read_html(html: str) -> Html:
    """Read an HTML text; total, linear, and cut at 1 MiB.

    Blocks stand on lines of their own, table cells are parted by a space.
    """
    source = _flattened(html[:LONGEST].replace("\x00", "").encode("utf-8", "replace").decode())
    body = LexborHTMLParser(source).body if source.strip() else None
    if body is None:
        return Html(text="")
    return _Reader().read(body)


def _flattened(html: str) -> str:
    """Take away what makes the parser slow: unclosed formatting and too deep nesting."""
    if html.count("<") <= FEW_TAGS:
        return html if html.count("<") <= DEEPEST else _shallow(html)
    return _shallow(_FORMATTING.sub(r"<\1span", html))


def _shallow(html: str) -> str:
    parts: list[str] = []
    done = depth = dropped = 0
    for tag in _TAG.finditer(html):
        name = tag["name"].lower()
        if name in _VOID or tag[0].endswith("/>"):
            continue
        if tag["close"]:
            if dropped:
                dropped -= 1
            else:
                depth = max(0, depth - 1)
                continue
        elif depth < DEEPEST:
            depth += 1
            continue
        else:
            dropped += 1
        parts += (html[done : tag.start()], "\n" if name in _BLOCKS else " ")
        done = tag.end()
    if not parts:
        return html
    parts.append(html[done:])
    return "".join(parts)
