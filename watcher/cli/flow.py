"""Lines of Chinese and Latin text mixed, broken where a reader of Chinese expects it.

rich breaks at spaces only, so a sentence with a number in it would leave half a line empty.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.measure import Measurement
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

NEVER_FIRST: Final = frozenset("，。、；：？！）」』】》”’…·,.;:?!)]}%⟧")
"""Characters that no line begins with."""
NEVER_LAST: Final = frozenset("（「『【《“‘([{⟦")
"""Characters that no line ends with."""
_NARROWEST: Final = 8


class Flow:
    """A text that fills its lines; styles and line breaks in it are kept."""

    def __init__(self, text: Text | str) -> None:
        self.text = Text(text) if isinstance(text, str) else text

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        """Yield the lines, each no wider than there is room."""
        for paragraph in self.text.split("\n", allow_blank=True):
            offsets = list(breaks(paragraph.plain, options.max_width))
            for line in paragraph.divide(offsets):
                line.rstrip()
                line.no_wrap, line.overflow = True, "fold"
                yield line

    def __rich_measure__(self, console: "Console", options: "ConsoleOptions") -> Measurement:
        """Return how narrow and how wide the text can be set."""
        widest = max((cell_len(line) for line in self.text.plain.split("\n")), default=0)
        return Measurement(min(_NARROWEST, widest), min(widest, options.max_width))


def breaks(text: str, width: int) -> Iterator[int]:
    """Yield the offsets at which lines of at most `width` cells begin, the first one excepted."""
    start, used, last_chance = 0, 0, 0
    for at, character in enumerate(text):
        size = cell_len(character)
        if at > start and _may_break(text[at - 1], character):
            last_chance = at
        while used + size > width and at > start and not character.isspace():
            start = last_chance if last_chance > start else at
            yield start
            used = cell_len(text[start:at])
        used += size


def _may_break(before: str, after: str) -> bool:
    if after in NEVER_FIRST or before in NEVER_LAST or after.isspace():
        return False
    return before.isspace() or _is_wide(before) or _is_wide(after)


def _is_wide(character: str) -> bool:
    return cell_len(character) > 1
