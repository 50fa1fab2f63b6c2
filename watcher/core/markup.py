"""HTML mail as text: what the reader sees, and apart from it what is hidden.

Hidden content is how a mail shows a filter another text than its reader, so it is kept, but
never mixed in. The parser is quadratic in nesting and multiplies unclosed formatting tags, so
both are taken away before it sees the text.
"""

import re
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


_BLOCKS_WORDS = (
    "address article aside blockquote center dd details dialog dir div dl dt fieldset"
    " figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main menu nav ol p pre"
    " section summary table tbody tfoot thead tr ul br body caption legend title"
)
_BLOCKS = frozenset(_BLOCKS_WORDS.split())
_CELLS = frozenset(("td", "th"))
_UNSEEN = frozenset(
    ("script", "style", "head", "noscript", "object", "iframe", "svg", "math", "title")
)
_VOID_WORDS = "area base br col embed hr img input link meta source track wbr"
_VOID = frozenset(_VOID_WORDS.split())
_FORMATTING_WORDS = "(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)"
_FORMATTING_OPENS = re.compile(rf"<{_FORMATTING_WORDS}(?=[\s/>])", re.IGNORECASE)
_FORMATTING_CLOSES = re.compile(rf"</{_FORMATTING_WORDS}(?=[\s/>])", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,63})")
_CLOSE_THEMSELVES = "p li td th tr dt dd option tbody thead tfoot html body head"
_NOT_NESTING = _VOID | frozenset(_CLOSE_THEMSELVES.split())
_MARKUP = re.compile(r"<[^<>]{0,1024}>")
_STYLE_SPACE = re.compile(r"\s+|/\*[^*]{0,64}\*/")
MOST_NODES = 100_000
"""A tree with more is not walked: all its text counts as seen, so that nothing escapes."""

LONGEST_TEMPLATE = 4096
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
    return _shallow(_FORMATTING_CLOSES.sub("</span", _FORMATTING_OPENS.sub("<span", html)))


def _shallow(html: str) -> str:
    """Drop the tags that open below the deepest level, and those that close them."""
    parts: list[str] = []
    done = depth = dropped = 0
    for tag in _TAG.finditer(html):
        if tag.start() < done:
            continue
        closes, name = tag.groups()
        name = name.lower()
        if name in _NOT_NESTING:
            continue
        if not closes and depth < DEEPEST:
            depth += 1
            continue
        if closes and not dropped:
            depth = max(0, depth - 1)
            continue
        dropped += -1 if closes else 1
        parts += (html[done : tag.start()], "\n" if name in _BLOCKS else " ")
        done = html.find(">", tag.end()) + 1
        if not done:
            return "".join(parts)
    parts.append(html[done:])
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class _Look:
    """How the inside of an element looks: hidden or not, and the colour behind it."""

    hidden: bool
    ground: str


_PAPER = _Look(hidden=False, ground="white")


class _Reader:
    """One walk over the tree, in document order and without recursion."""

    def __init__(self) -> None:
        self._seen: list[str] = []
        self._hidden: list[str] = []
        self._links: list[tuple[str, int]] = []
        self._anchors: list[Anchor] = []
        self._images = 0

    def read(self, body: LexborNode) -> Html:
        """Walk the tree below `body`."""
        node: LexborNode | None = body
        trail: list[tuple[LexborNode, _Look]] = []
        look = _PAPER
        nodes = 0
        while node is not None and nodes < MOST_NODES:
            nodes += 1
            below = None
            if node.is_text_node:
                self._text(node, hidden=look.hidden)
            elif node.is_element_node:
                self._open(node, hidden=look.hidden)
                below = node.child if node.tag not in _UNSEEN else None
                if below is not None:
                    trail.append((node, look))
                    look = _shows(node, look)
                else:
                    self._close(node)
            if below is not None:
                node = below
                continue
            following = node.next
            while following is None and trail:
                parent, look = trail.pop()
                self._close(parent)
                following = parent.next if parent.mem_id != body.mem_id else None
            node = following
        if node is not None:
            self._seen = [body.text(separator="\n")]
        return Html(
            text=_tidy("".join(self._seen)),
            hidden=_tidy("".join(self._hidden)),
            links=tuple(self._anchors),
            images=self._images,
        )

    def _text(self, node: LexborNode, *, hidden: bool) -> None:
        text = node.text_content or ""
        (self._hidden if hidden else self._seen).append(text.replace("\n", " "))

    def _open(self, node: LexborNode, *, hidden: bool) -> None:
        tag = node.tag
        if tag in _BLOCKS:
            (self._hidden if hidden else self._seen).append("\n")
        if tag == "img":
            self._images += 1
        elif tag == "template":
            self._template(node)
        elif tag == "a":
            self._links.append(((node.attributes.get("href") or "").strip(), len(self._seen)))

    def _close(self, node: LexborNode) -> None:
        tag = node.tag
        if tag in _BLOCKS:
            self._seen.append("\n")
            self._hidden.append("\n")
        elif tag in _CELLS:
            self._seen.append(" ")
        elif tag == "a" and self._links:
            href, since = self._links.pop()
            if href and len(self._anchors) < MOST_LINKS:
                text = _tidy("".join(self._seen[since:])).replace("\n", " ")
                self._anchors.append(Anchor(href=href, text=text))

    def _template(self, node: LexborNode) -> None:
        self._hidden.append(_MARKUP.sub(" ", (node.html or "")[:LONGEST_TEMPLATE]))


def _tidy(text: str) -> str:
    """One space at most in a row, no blank lines, none at the ends."""
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()


def _shows(node: LexborNode, outside: _Look) -> _Look:
    """Say whether an element shows anything, and on what ground, by its own attributes."""
    attributes = node.attributes
    if not attributes:
        return outside
    if "hidden" in attributes or node.tag in ("template", "input"):
        return _Look(hidden=True, ground=outside.ground)
    style = (attributes.get("style") or "")[:LONGEST_STYLE]
    plain = _STYLE_SPACE.sub("", style).lower().replace("!important", "") if style else ""
    behind = _BACKGROUND.search(plain)
    ground = (attributes.get("bgcolor") or "").strip().lower() or outside.ground
    if behind is not None and behind["colour"] not in _CLEAR:
        ground = behind["colour"]
    if "url(" in plain or "background" in attributes:
        ground = "image"
    found = _COLOUR.search(plain)
    colour = found["colour"] if found else (attributes.get("color") or "").strip().lower()
    unseen = colour in _CLEAR or (colour in _WHITE and ground in _WHITE)
    hidden = outside.hidden or unseen or _STYLE_HIDES.search(plain) is not None
    return _Look(hidden=hidden, ground=ground)
