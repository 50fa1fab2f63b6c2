"""One walk over the tree of an HTML mail, in document order and without recursion."""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from watcher.core.markup.flat import PLAIN, flattened, without_tags
from watcher.core.markup.looks import PAPER, Box, Look, Looks
from watcher.core.markup.sheets import Sheet

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

LONGEST = 1 << 20
"""Characters; a longer text is cut."""

MOST_LINKS = 500
MOST_NODES = 50_000
"""A tree with more is not walked: all its text counts as seen, so that nothing escapes."""

FEW_CHARACTERS = 1 << 16
"""The tree of a text that is no longer is walked without first counting what is in it."""

LONGEST_TEMPLATE = 4096

LONG_ALT = 12
"""Characters; what is put for a picture and is no shorter says something of its own."""


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


_UNSEEN = frozenset(("script", "style", "head", "object", "iframe", "math", "title"))
_HIDDEN = frozenset(("noscript", "template"))
_NOT_WALKED = ",".join(sorted(_UNSEEN | _HIDDEN))
_NOT_NODES = re.compile(
    rf"<(?=[!a-zA-Z])(?:!|{'|'.join(sorted(_UNSEEN | _HIDDEN))})", re.IGNORECASE
)
"""Where a source has one of these, what stands behind it need not be nodes that are walked."""
_OTHER_MEDIA = frozenset(("print", "speech", "aural", "tty"))
_TARGETS = {"area": "href", "form": "action", "button": "formaction", "input": "formaction"}
"""What leads somewhere besides links, and the attribute that says where."""
_SHOWS_VALUE = frozenset(("text", "button", "submit", "reset"))
_REFRESH = re.compile(r"[;,]\s*(?:url\s*=\s*)?['\"]?([^'\"\s]+)", re.IGNORECASE)
_REFRESHES = "meta[http-equiv=refresh i]"
_MARKUP = re.compile(r"<[^<>]{0,1024}>")
_SPACES = re.compile(r"[ \t\r\f\v\u00a0]+")
_UNEVEN = re.compile(r"[\t\r\n\f\v\u00a0]|  ")
_LINES = re.compile(r" ?\n[ \n]*")


def read_html(html: str) -> Html:
    """Read an HTML text; total, linear, and cut at 1 MiB.

    Blocks stand on lines of their own, table cells are parted by a space. What is hidden
    leaves no gap.
    """
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415  who gets SMS alone needs none

    cut = html[:LONGEST].replace("\x00", "").encode("utf-8", "replace").decode()
    if not cut.strip():
        return Html(text="")
    if len(cut) > FEW_CHARACTERS and _says_too_large(cut):
        return Html(text=_tidy(without_tags(cut)))
    tree = LexborHTMLParser(flattened(cut))
    body = tree.body
    if body is None:
        return Html(text="")
    if len(cut) > FEW_CHARACTERS and _too_large(body):
        return Html(text=_tidy(without_tags(cut)))
    looks = Looks(Sheet(_sheets(tree)))
    root = tree.root
    outside = looks.of("html", root.attributes, PAPER)[0] if root is not None else PAPER
    reader = _Reader(looks, *_before_body(tree))
    read = reader.read(body, outside)
    return read if read is not None else Html(text=_tidy(without_tags(cut)))


def _says_too_large(html: str) -> bool:
    """Whether a source opens too many tags and has too many texts behind them.

    Brackets that are no tags count too: who writes so many is read as who writes so many tags.
    """
    opened = html.count("<") - html.count("</")
    texts = html.count(">") - html.count("><")
    return opened + texts > MOST_NODES and _NOT_NODES.search(html) is None


def _too_large(body: "LexborNode") -> bool:
    """Whether a tree is sure to have too many nodes; with parts that nobody sees, none is sure."""
    nodes = sum(1 for _ in islice(body.traverse(include_text=True), MOST_NODES + 1))
    return nodes > MOST_NODES and body.css_first(_NOT_WALKED) is None


def _before_body(tree: "LexborHTMLParser") -> tuple[str, str]:
    """Return what addresses are relative to, and the one that opens by itself; perhaps empty."""
    base = tree.css_first("base[href]")
    refreshed = (one.attributes.get("content") or "" for one in tree.css(_REFRESHES))
    opens = (found[1] for found in map(_REFRESH.search, refreshed) if found is not None)
    return ((base.attributes.get("href") or "") if base else ""), next(opens, "")


def _sheets(tree: "LexborHTMLParser") -> list[str]:
    if tree.css_first("style") is None:
        return []
    texts: list[str] = []
    for style in tree.css("style"):
        media = (style.attributes.get("media") or "").strip().lower()
        if media in _OTHER_MEDIA:
            continue
        text = style.text()
        texts.append(f"@media {media} {{{text}" if media not in {"", "all", "screen"} else text)
    return texts


class _Reader:
    """What was met so far: text seen and hidden, links that are open with their text, images.

    From `_since` on, what was seen belongs to the innermost link that is open.
    """

    def __init__(self, looks: Looks, base: str, opens: str) -> None:
        self._looks = looks
        self._base = base
        self._seen: list[str] = []
        self._hidden: list[str] = []
        self._links: list[tuple[str, list[str]]] = []
        self._since = 0
        self._anchors: list[Anchor] = []
        self._images = 0
        self._leads(opens, "")

    def read(self, body: "LexborNode", outside: Look) -> Html | None:
        """Walk the tree below `body`; None where it is too large."""
        node: LexborNode | None = body
        trail: list[tuple[LexborNode, str, Box, Look]] = []
        look = outside
        nodes = 0
        while node is not None:
            nodes += 1
            if nodes > MOST_NODES:
                return None
            below = None
            if node.is_text_node:
                self._text(node.text_content or "", look)
            elif node.is_element_node:
                tag = (node.tag or "").removesuffix(PLAIN)
                inside, box = self._open(node, tag, look)
                below = node.child if tag not in _UNSEEN and tag not in _HIDDEN else None
                if below is not None:
                    trail.append((node, tag, box, look))
                    look = inside
                    node = below
                    continue
                self._close(tag, box)
            following = node.next
            while following is None and trail:
                parent, tag, box, look = trail.pop()
                self._close(tag, box)
                following = parent.next if trail else None
            node = following
        return Html(
            text=_tidy("".join(self._seen)),
            hidden=_tidy("".join(self._hidden)),
            links=tuple(self._anchors),
            images=self._images,
        )

    def _text(self, text: str, look: Look) -> None:
        if _UNEVEN.search(text) is not None:
            text = _SPACES.sub(" ", text.replace("\n", " "))
        if look.hidden:
            self._hidden.append(text)
        elif look.room is None or look.room.left <= 0 or not text.strip():
            self._seen.append(text)
        else:
            beyond = int(look.room.left / look.size)
            look.room.left -= len(text) * look.size
            self._hidden.append(text[:beyond])
            self._seen.append(text[beyond:])

    def _open(self, node: "LexborNode", tag: str, outside: Look) -> tuple[Look, Box]:
        attributes = node.attributes
        look, box = self._looks.of(tag, attributes, outside)
        if box is Box.BLOCK:
            (self._hidden if look.gone else self._seen).append("\n")
            if look.room is not None and tag == "br":
                look.room.left = 0
        if tag == "img":
            self._images += 1
            alt = attributes.get("alt") or ""
            if len(alt) >= LONG_ALT:
                self._text(alt, look)
        elif tag in _HIDDEN:
            self._hidden.append(_MARKUP.sub(" ", (node.html or "")[:LONGEST_TEMPLATE]))
        elif tag == "a":
            href = attributes.get("href") or attributes.get("xlink:href") or ""
            self._part()
            self._links.append(("" if look.gone else href.strip(), []))
        elif tag in _TARGETS and not look.gone:
            self._leads((attributes.get(_TARGETS[tag]) or "").strip(), attributes.get("alt") or "")
        if tag == "input" and (attributes.get("type") or "text").lower() in _SHOWS_VALUE:
            self._text(attributes.get("value") or "", look)
        return look, box

    def _close(self, tag: str, box: Box) -> None:
        if box is Box.BLOCK:
            self._seen.append("\n")
        elif box is Box.CELL:
            self._seen.append(" ")
        if box is not Box.INLINE:
            self._hidden.append("\n")
        if tag == "a" and self._links:
            self._part()
            href, said = self._links.pop()
            self._leads(href, _tidy("".join(said)).replace("\n", " "))

    def _part(self) -> None:
        """Give the innermost open link what was seen in it: a click there leads nowhere else."""
        if self._links:
            self._links[-1][1].extend(self._seen[self._since :])
        self._since = len(self._seen)

    def _leads(self, href: str, text: str) -> None:
        if not href or len(self._anchors) >= MOST_LINKS:
            return
        with suppress(ValueError):  # as it stands, it is read as well as it can be
            href = urljoin(self._base, href)
        self._anchors.append(Anchor(href=href, text=text))


def _tidy(text: str) -> str:
    """One space at most in a row, no blank lines, none at the ends."""
    if _UNEVEN.search(text) is None:
        return text.strip()
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()
