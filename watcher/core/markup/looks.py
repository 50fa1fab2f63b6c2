"""How the inside of an element looks: whether its text is seen, and what it does to lines."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from watcher.core.markup.colours import (
    BLACK,
    FAINTEST,
    WHITE,
    Colour,
    alike,
    over,
    parse_colour,
)
from watcher.core.markup.sheets import Declared, Sheet

SMALLEST = 2.0
"""Pixels; text that is not larger cannot be read."""

FLATTEST = 1.0
"""Pixels; a box that is not higher or wider, and cuts what is beyond, shows nothing."""

FAR = 500.0
"""Pixels; what is moved so far to the left or up is off the page."""

_MEDIUM = 16.0


class Box(Enum):
    """What an element does to the line that it stands in."""

    INLINE = auto()
    BLOCK = auto()
    CELL = auto()
    NONE = auto()


class Room:
    """How many pixels of a first line are off the page; text uses them up."""

    __slots__ = ("left",)

    def __init__(self, left: float) -> None:
        self.left = left


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """The look that text inside an element has; None for a colour that is not known.

    `gone`: no descendant can be seen. `size` is of the letters, in pixels. `painted`: letters
    are drawn by other means than their colour.
    """

    gone: bool = False
    invisible: bool = False
    size: float = _MEDIUM
    ink: Colour | None = BLACK
    ground: Colour | None = WHITE
    painted: bool = False
    opacity: float = 1.0
    hidden: bool = False
    room: Room | None = None


PAPER = Look()

_BLOCK_NAMES = (
    "address article aside blockquote center dd details dialog dir div dl dt fieldset"
    " figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main menu nav ol p pre"
    " section summary table tbody tfoot thead tr ul br body caption legend title"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_BY_TAG = dict.fromkeys(_BLOCKS, Box.BLOCK) | dict.fromkeys(("td", "th"), Box.CELL)
_BY_DISPLAY = {
    "none": Box.NONE,
    "table-cell": Box.CELL,
    "inline": Box.INLINE,
    "inline-block": Box.INLINE,
    "inline-flex": Box.INLINE,
    "inline-table": Box.INLINE,
    "contents": Box.INLINE,
    **dict.fromkeys(
        ("block", "flex", "grid", "list-item", "table", "table-row", "flow-root"), Box.BLOCK
    ),
}
_NOT_SIZED = frozenset(("tr", "tbody", "thead", "tfoot", "td", "th", "table"))
_PLACING_NAMES = (
    "clip clip-path transform overflow-x overflow-y left top right margin-left margin-top"
)
_PLACING = frozenset(_PLACING_NAMES.split())
_LIFTED = frozenset(("absolute", "fixed"))
_CUTTING = frozenset(("hidden", "clip", "scroll", "auto"))
_LENGTH = re.compile(
    r"([+-]?(?:\d{1,8}(?:\.\d{0,8})?|\.\d{1,8}))(px|pt|em|rem|%|ex|ch|vw|vh|cm|mm|in|pc)?\Z"
)
_PIXELS = {"px": 1.0, "pt": 4 / 3, "cm": 37.8, "mm": 3.78, "in": 96.0, "pc": 16.0}
_PIXELS |= {"vw": 4.0, "vh": 4.0}  # of a small window
_SIZES = {
    "xx-small": 9.0,
    "x-small": 10.0,
    "small": 13.0,
    "medium": _MEDIUM,
    "large": 18.0,
    "x-large": 24.0,
    "xx-large": 32.0,
}
_TURNED_AWAY = re.compile(
    r"scale(?:3d|x|y)?\(\s*0(?:\.0*)?\s*[,)]|translate(?:3d|x|y)?\(\s*-\d{4,}(?:\.\d*)?px"
    r"|rotate[xy]\(\s*90deg"
)
_CUT_AWAY = re.compile(
    r"rect\((?:\s*[01](?:px)?[\s,]*){4}\)|inset\(\s*(?:[5-9]\d|100)%\s*\)|circle\(\s*0(?:px|%)?\s*[)a]"
)


class Looks:
    """The looks of a mail's elements under its sheets."""

    __slots__ = ("_known", "_sheet")

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._known: dict[tuple[object, ...], tuple[Look, Box]] = {}

    def of(self, tag: str, attributes: Mapping[str, str | None], outside: Look) -> tuple[Look, Box]:
        """Return how an element's inside looks, and what it does to the line."""
        if not attributes and not self._sheet.knows(tag):
            return outside, _BY_TAG.get(tag, Box.INLINE)
        take = attributes.get
        key = (
            outside, tag, take("style"), take("class"), take("id"), take("bgcolor"),
            take("background"), take("color"), take("text"), "hidden" in attributes,
            "href" in attributes,
        )  # fmt: skip
        known = self._known.get(key)
        if known is None:
            declared = self._sheet.cascade(tag, attributes)
            known = _look(tag, declared, outside) if declared else (outside, _box(tag, declared))
            if known[0].room is None or known[0] is outside:
                self._known[key] = known
        return known


def _box(tag: str, declared: Declared) -> Box:
    box = _BY_DISPLAY.get(declared.get("display", "?"), _BY_TAG.get(tag, Box.INLINE))
    aside = declared.get("float") in {"left", "right"} or declared.get("position") in _LIFTED
    return Box.INLINE if aside and box is Box.BLOCK else box


def _look(tag: str, declared: Declared, outside: Look) -> tuple[Look, Box]:
    box = _box(tag, declared)
    size = _size(declared.get("font-size"), outside.size)
    opacity = outside.opacity * _share(declared.get("opacity"))
    gone = (
        outside.gone
        or box is Box.NONE
        or opacity < FAINTEST
        or declared.get("mso-hide") == "all"
        or declared.get("content-visibility") == "hidden"
        or (not _PLACING.isdisjoint(declared) and _is_away(tag, box, declared, size))
    )
    invisible = outside.invisible
    visibility = declared.get("visibility")
    if visibility is not None and visibility != "inherit":
        invisible = visibility in {"hidden", "collapse"}
    ground = _ground(declared, outside.ground)
    written = declared.get("color")
    ink = outside.ink
    if written is not None and written not in {"inherit", "currentcolor"}:
        ink = parse_colour(written)
    painted = outside.painted or "paint" in declared
    unseen = ink is not None and not painted and _unseen(ink, ground)
    room = outside.room
    if box is not Box.INLINE or "text-indent" in declared:
        room = _room(declared.get("text-indent"), size) or (room and Room(room.left))
    look = Look(
        gone=gone,
        invisible=invisible,
        size=size,
        ink=ink,
        ground=ground,
        painted=painted,
        opacity=opacity,
        hidden=gone or invisible or unseen or size <= SMALLEST,
        room=room,
    )
    return look, box


def _unseen(ink: Colour, ground: Colour | None) -> bool:
    return ink[3] < FAINTEST if ground is None else alike(ink, ground)


def _ground(declared: Declared, behind: Colour | None) -> Colour | None:
    """Return the colour behind the text; None where it is an image or not known."""
    image = declared.get("background-image", "none")
    written = declared.get("background-color")
    if image not in {"none", "initial"}:
        return None
    if written is None or written in {"initial", "inherit", "none"}:
        return behind
    colour = parse_colour(written)
    if colour is None:
        return None
    if behind is None:
        return colour if colour[3] == 1.0 else None
    return over(colour, behind)


def _is_away(tag: str, box: Box, declared: Declared, size: float) -> bool:
    return _is_shut(tag, box, declared, size) or _is_elsewhere(declared, size)


def _is_shut(tag: str, box: Box, declared: Declared, size: float) -> bool:
    """Tell whether an element is a box without room for its text.

    Only boxes have a size: an inline element shows its text whatever its height.
    """
    lifted = declared.get("position") in _LIFTED
    cut = f"{declared.get('clip', '') if lifted else ''} {declared.get('clip-path', '')}"
    if _CUT_AWAY.search(cut) is not None:
        return True
    sized = box is Box.BLOCK or lifted or declared.get("display", "").startswith("inline-")
    sized = sized or declared.get("float") in {"left", "right"}
    if not sized:
        return False
    if _TURNED_AWAY.search(declared.get("transform", "")) is not None:
        return True
    if "padding" in declared or tag in _NOT_SIZED:
        return False
    for axis, side in (("overflow-y", "height"), ("overflow-x", "width")):
        if declared.get(axis) not in _CUTTING:
            continue
        least = _length(declared.get(f"min-{side}", "0"), size)
        if least is None or least > FLATTEST:
            continue
        for name in (side, f"max-{side}"):
            length = _length(declared.get(name, ""), size)
            if length is not None and 0 <= length <= FLATTEST:
                return True
    return False


def _is_elsewhere(declared: Declared, size: float) -> bool:
    """Tell whether an element is moved off the page, farther than it is wide."""
    names = ["margin-left", "margin-top"]
    if declared.get("position") in {"absolute", "fixed", "relative"}:
        names += ["left", "top", "right"]
    moved = [_length(declared[name], size) for name in names if name in declared]
    offset = min((one for one in moved if one is not None), default=0.0)
    if offset > -FAR:
        return False
    wide = [_length(declared.get(name, "0"), size) for name in ("width", "min-width", "height")]
    return all(one is not None and offset <= -(one + FAR) for one in wide)


def _room(indent: str | None, size: float) -> Room | None:
    length = None if indent is None else _length(indent, size)
    return Room(-length) if length is not None and length <= -FAR else None


def _size(written: str | None, outside: float) -> float:
    if written is None or written == "inherit":
        return outside
    if written in _SIZES:
        return _SIZES[written]
    if written in {"smaller", "larger"}:
        return outside * (0.83 if written == "smaller" else 1.2)
    length = _length(written, outside, whole=outside)
    return _MEDIUM if length is None or length < 0 else length


def _length(written: str, size: float, whole: float | None = None) -> float | None:
    """Return a length in pixels; None for what is none, or depends on the window."""
    found = _LENGTH.match(written)
    if found is None:
        return None
    number, unit = float(found[1]), found[2]
    if unit is None:
        return number if number == 0 else None
    if unit == "%":
        return 0.0 if number == 0 else None if whole is None else number / 100 * whole
    if unit == "rem":
        return number * _MEDIUM
    return number * _PIXELS.get(unit, size if unit == "em" else size / 2)


def _share(written: str | None) -> float:
    if written is None:
        return 1.0
    found = _LENGTH.match(written)
    if found is None or found[2] not in {None, "%"}:
        return 1.0
    return min(max(float(found[1]) / (100 if found[2] else 1), 0.0), 1.0)
