"""Styles of an HTML mail: declarations in attributes and sheets, and which of them stands.

Only what decides whether text is seen is kept. Where a style is written so that programs
may read it differently, it hides nothing: rather too much is judged than too little.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from watcher.core.markup.colours import parse_colour

Declared = dict[str, str]
"""Values by property, lower case; "" is a value that is not known, which never hides."""

_KNOWN_NAMES = (
    "display visibility content-visibility opacity font-size color background-color"
    " background-image overflow-x overflow-y height max-height width max-width min-height"
    " min-width text-indent position left top right margin-left margin-top float clip"
    " clip-path transform mso-hide padding paint"
)
KNOWN = frozenset(_KNOWN_NAMES.split())
_UNKNOWN: Declared = dict.fromkeys(KNOWN, "")
_PAINT_NAMES = (
    "text-shadow -webkit-text-fill-color -webkit-text-stroke -webkit-text-stroke-width"
    " background-clip -webkit-background-clip"
)
_PAINT = frozenset(_PAINT_NAMES.split())
"""Properties that let text of the ground's colour, or of none, be seen nevertheless."""

_NOT_READ = re.compile(r"/\*.*?(?:\*/|\Z)|\"[^\"\n\\]*\"|'[^'\n\\]*'|url\([^()\"']*\)", re.DOTALL)
_DOUBTFUL = re.compile(r"[\\{}\[\]\"']|\([^()]*[;(]|\ball\s*:")
_DECLARATION = re.compile(r"([a-z-]+)\s*:\s*([^;]*)")
_FONT_SIZE = re.compile(
    r"(?:^|\s)(\.?\d[\w.%]*|(?:xx?-)?(?:small|large)|medium|smaller|larger)(?=[\s/]|$)"
)
_ZERO = re.compile(r"(?:\s|0(?:\.0*)?(?:[a-z]+|%)?(?![\d.%a-z]))*\Z")
_TOKENS = re.compile(r"([{}])")
_SIMPLE = re.compile(r"(?!\Z)(?:\*|[a-z][a-z0-9]*)?(?:[.#]-?[^\W\d][\w-]*)?\Z")
_TAG = re.compile(r"[a-z][a-z0-9]*")
_BARE_HEX = re.compile(r"[0-9a-f]{3}(?:[0-9a-f]{3})?\Z")
_NAMES = re.compile(r"[.#][\w-]+")
_COMBINATORS = re.compile(r"[\s>+~]+")
_OTHER_MEDIA = re.compile(r"@media\s+(?:print|speech|aural|tty)\s*\Z")
_CONDITIONS = ("@media", "@supports", "@layer", "@container", "@scope", "@document", "@-moz")
MOST_CLASSES = 32
LONGEST_BACKGROUND = 512
MOST_SELECTORS = 10_000
"""Of sheets with more, none is heeded: nothing is hidden by them."""

_MOST_SPECIFIC = 1 << 20

_Rank = tuple[bool, int, int]
_Body = dict[tuple[str, bool], str]


def read_style(style: str) -> tuple[Declared, Declared]:
    """Read a style attribute: its declarations, and its important ones."""
    plain: Declared = {}
    important: Declared = {}
    style = _without_strings(style.lower())
    if _DOUBTFUL.search(style) is not None:
        return plain, _UNKNOWN
    for name, value in _declarations(style):
        into = plain
        if value.endswith("important"):
            before, mark, after = value.rpartition("!")
            if mark and after.strip() == "important":
                into, value = important, before.rstrip()  # noqa: PLW2901  as it is read
        for known, known_value in _spelt_out(name, value):
            into[known] = known_value
    return plain, important


def _without_strings(css: str) -> str:
    """Take out comments, strings and addresses, which may hold anything."""
    if "/*" in css or '"' in css or "'" in css or "url(" in css:
        return _NOT_READ.sub(_marked, css)
    return css


def _marked(found: re.Match[str]) -> str:
    kind = found[0][:1]
    return " " if kind == "/" else "url()" if kind == "u" else "x"


def _declarations(style: str) -> Iterator[tuple[str, str]]:
    for part in style.split(";"):
        found = _DECLARATION.match(part.strip())
        if found is not None:
            yield found[1], found[2].rstrip()


def _spelt_out(name: str, value: str) -> Iterator[tuple[str, str]]:
    """Yield the kept properties that a declaration sets."""
    if name == "background":
        images = "url(" in value or "gradient" in value or "image" in value
        yield "background-image", "url()" if images else "none"
        yield "background-color", _colour_in(value)
    elif name == "font":
        size = _FONT_SIZE.search(value)
        yield "font-size", size[1] if size is not None else ""
    elif name == "overflow":
        both = value.split()
        yield "overflow-x", both[0] if both else ""
        yield "overflow-y", both[-1] if both else ""
    elif name.startswith("padding"):
        if _ZERO.match(value) is None:
            yield "padding", "some"
    elif name in _PAINT:
        yield "paint", "some"
    elif name in KNOWN:
        yield name, value


def _colour_in(value: str) -> str:
    """Return the colour that a `background` names; without one it is transparent."""
    if parse_colour(value) is not None:
        return value
    rest = value if len(value) <= LONGEST_BACKGROUND else ""
    if not rest:
        return ""
    while rest:
        word, _, rest = rest.partition(" ")
        while word.count("(") > word.count(")") and rest:
            more, _, rest = rest.partition(" ")
            word += f" {more}"
        if parse_colour(word) is not None:
            return word
    return "" if "(" in value and "url()" not in value else "transparent"


class Sheet:
    """The rules of all `<style>` elements that name a tag, a class, an id or a tag with one."""

    __slots__ = ("_order", "_rules")

    def __init__(self, texts: Iterable[str]) -> None:
        self._rules: dict[str, dict[str, tuple[_Rank, str]]] = {}
        self._order = 0
        for text in texts:
            self._read(text.lower())

    def cascade(self, tag: str, attributes: Mapping[str, str | None]) -> Declared:
        """Return what stands for an element, by importance, selector and order."""
        found: dict[str, tuple[_Rank, str]] = {}
        if self._rules:
            for key in _keys(tag, attributes):
                for name, ranked in self._rules.get(key, {}).items():
                    if name not in found or ranked[0] >= found[name][0]:
                        found[name] = ranked
        declared = dict(_of_attributes(tag, attributes))
        for name, ranked in found.items():
            declared[name] = ranked[1]
        style = attributes.get("style")
        if style:
            plain, important = read_style(style)
            firm = {name for name, ranked in found.items() if ranked[0][0]}
            declared.update({name: plain[name] for name in plain if name not in firm})
            declared.update(important)
        return declared

    def knows(self, tag: str) -> bool:
        """Tell whether an element without attributes can be meant by a rule."""
        return tag in self._rules or "*" in self._rules

    def _read(self, css: str) -> None:
        css = _without_strings(css.replace("<!--", " ").replace("-->", " "))
        if self._order + css.count("{") > MOST_SELECTORS:
            self._forget()
            return
        for prelude, body, conditional in _blocks(css):
            selectors = [one.strip() for one in prelude.split(",")]
            # A browser drops a rule of which it cannot read one selector.
            hides = not conditional and all(map(_SIMPLE.match, selectors))
            for selector in selectors:
                if self._order >= MOST_SELECTORS:
                    self._forget()
                    return
                self._order += 1
                self._add(selector, body, hides=hides)

    def _forget(self) -> None:
        self._order = MOST_SELECTORS
        self._rules.clear()

    def _add(self, selector: str, body: _Body, *, hides: bool) -> None:
        specific = _MOST_SPECIFIC
        if hides:
            keys = [selector]
            specific = selector.count("#") * 100 + selector.count(".") * 10 + 1
        else:
            # Where it holds is not known: wherever it may hold, what is said elsewhere is in doubt.
            last = _COMBINATORS.split(selector)[-1]
            tag = _TAG.match(last)
            keys = _NAMES.findall(last) or [tag[0] if tag is not None else "*"]
        for key in keys:
            known = self._rules.setdefault(key, {})
            for (name, important), value in body.items():
                if not hides and value in {"none", "hidden"}:
                    continue
                rank = (important, specific, self._order)
                if name not in known or rank > known[name][0]:
                    known[name] = (rank, value if hides else "")


def _blocks(css: str) -> list[tuple[str, _Body, bool]]:  # noqa: PLR0912  one step of a scanner
    """Return the rules as selectors, declarations and whether they hold only somewhere.

    None are returned where programs may part the rules differently.
    """
    found: list[tuple[str, _Body, bool]] = []
    if "\\" in css:
        return found
    conditions = skipped = 0
    selectors: str | None = None
    text = ""
    for part in _TOKENS.split(css):
        if part not in {"{", "}"}:
            text = part
            continue
        if skipped:
            skipped += 1 if part == "{" else -1
        elif part == "{":
            if selectors is not None:
                return []
            prelude = text.rpartition(";")[2].strip()
            if not prelude.startswith("@"):
                selectors = prelude
            elif prelude.startswith(_CONDITIONS) and not _OTHER_MEDIA.match(prelude):
                conditions += 1
            else:
                skipped = 1
        elif selectors is not None:
            found.append((selectors, _body(text), conditions > 0))
            selectors = None
        elif conditions:
            conditions -= 1
        else:
            return []
        text = ""
    if selectors is not None:
        found.append((selectors, _body(text), conditions > 0))
    return found


def _body(text: str) -> _Body:
    plain, important = read_style(text)
    return {
        **{(name, False): value for name, value in plain.items()},
        **{(name, True): value for name, value in important.items()},
    }


def _of_attributes(tag: str, attributes: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
    """Yield what attributes other than `style` say about the look."""
    if "hidden" in attributes:
        yield "display", "none"
    ground = attributes.get("bgcolor")
    if ground:
        yield "background-color", _as_css(ground)
    if attributes.get("background"):
        yield "background-image", "url()"
    ink = attributes.get("color") if tag == "font" else attributes.get("text")
    if ink and tag in {"font", "body"}:
        yield "color", _as_css(ink)
    elif tag == "a" and "href" in attributes:
        yield "color", "#0000ee"


def _as_css(colour: str) -> str:
    colour = colour.strip().lower()
    return f"#{colour}" if _BARE_HEX.match(colour) else colour


def _keys(tag: str, attributes: Mapping[str, str | None]) -> Iterator[str]:
    yield "*"
    yield tag
    for name in (attributes.get("class") or "").lower().split(maxsplit=MOST_CLASSES)[:MOST_CLASSES]:
        yield f".{name}"
        yield f"{tag}.{name}"
    identity = attributes.get("id")
    if identity:
        yield f"#{identity.lower()}"
        yield f"{tag}#{identity.lower()}"
