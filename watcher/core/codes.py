"""The QR codes of a message, read as its last lines.

Each stands on a line of its own behind the text: behind the text of the HTML where there is
one, else behind the plain text. That is where a quote of a code stands, so that it can be
found again: `[QR] https://…`. The mark is no word of any rule.
"""

from dataclasses import dataclass

from watcher.core.model import Field

MARK = "[QR] "


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeLines:
    """Where the lines of the codes begin in a text, and where they begin in the field."""

    start: int
    field: Field
    at: int


def with_codes(text: str, codes: tuple[str, ...]) -> str:
    """Return a text with a line for each code behind it."""
    if not codes:
        return text
    lines = [MARK + " ".join(code.split()) for code in codes]
    return "\n".join([text, *lines] if text else lines)


def lines_start(text: str) -> int:
    """Return where the first line of a code begins behind a text, given that there are codes."""
    return len(text) + 1 if text else 0
