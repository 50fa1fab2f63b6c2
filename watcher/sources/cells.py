"""The values in a phone's database as a reader wants them, whatever type they were stored in."""

from watcher.sources.charset import decode_part, mend
from watcher.sources.items import TEXT_LIMIT
from watcher.sources.references import join_halves
from watcher.sources.sms import whole_number

_MOST_BYTES = 4 * TEXT_LIMIT + 4
"""One more character than is kept, at the most bytes that one takes: what is cut shows."""


def text_of(value: object) -> str | None:
    """Return a text column; None where nothing was stored."""
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, bytes):
        return str(value)
    value = value[:_MOST_BYTES]
    try:
        return mend(value.decode())
    except UnicodeDecodeError:
        pass
    try:
        # Each half of an emoji encoded on its own; it also lets the last character be cut off.
        return mend(join_halves(value.decode("utf-8", "surrogatepass")))
    except UnicodeDecodeError:
        return mend(decode_part(value, None, None)[0])


def number_of(value: object) -> int:
    """Return a column of whole numbers; 0 where nothing or something else was stored."""
    if isinstance(value, int):
        return value
    return whole_number(value.decode("ascii", "replace")) if isinstance(value, bytes) else 0
