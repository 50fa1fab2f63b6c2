"""What there is to read of a message: its fields, in windows, joined, and as they are seen."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, pairwise, starmap

from watcher.core.codes import CodeLines, lines_start, with_codes
from watcher.core.fillers import fillers_in
from watcher.core.markup import Html, read_html
from watcher.core.model import Field, Message
from watcher.core.parts import half_of
from watcher.core.repeated import Said
from watcher.core.spans import Span
from watcher.core.turned import LONGEST as LONGEST_TURNED
from watcher.core.turned import Segment, as_seen

WINDOW, OVERLAP = 8_192, 512
"""A long text is read in windows of so many characters, so that its cost stays linear."""

LONGEST_WHOLE = 2 * WINDOW + OVERLAP
"""A text of no more characters is read as a whole."""

SHORT_LINE = 16
"""A text of which no line is longer was broken up by its sender or on its way."""

BROKEN, LONGEST_BROKEN = 2, 4_096
"""A text of so many lines and at most so many characters is also read with its lines joined."""

BESIDE_FILLERS = 1_024
"""So many characters on both sides of fillers are read with what these hid in a long text."""

_BREAKS = re.compile(r"[\r\n]+")

LONGEST = 1 << 20
"""Characters; what is beyond is not read, and the message is `unsure` at least."""


@dataclass(frozen=True, slots=True)
class Part:
    """A text to be read: the field it stands in, and where the body begins in it.

    `body_at` is behind the subject, or before the window where the window begins later.

    `html` is what it was taken from; `turned` are stretches that were written backwards.
    """

    field: Field
    text: str
    body_at: int = 0
    html: Html | None = None
    turned: tuple[Segment, ...] = ()
    kept: tuple[int, ...] | None = None
    """Where each character stood before something was left out (`leaving`).

    Such a reading only shows frauds, unless the text is `broken` into short lines.
    """
    broken: bool = False
    window: int = 0
    """Which window of a long text it is."""
    whole: str = ""
    """The text in which `kept` counts."""
    codes: CodeLines | None = None
    """Where the lines of the message's QR codes begin in `text` (of a `kept` one: in `whole`)."""
    joined: int | None = None
    """Length of the earlier halves in front of a half; quotes then show the whole half."""


def parts_of(message: Message, before: str = "") -> Iterator[Part]:
    """Yield what there is to read of a message, overridden text both as stored and as seen.

    `before` are the halves of the same notice that came earlier.
    """
    subject = message.subject
    bodies: list[tuple[Field, str, Html | None]] = []
    html = None if message.html is None else read_html(message.html)
    if message.text is not None:
        bodies.append((Field.TEXT, message.text, None))
    if html is not None:
        bodies.append((Field.HTML, html.text, html))
    if not bodies and (subject or message.unreadable or message.codes):
        bodies.append((Field.TEXT, "", None))
    for field, said, html_of_body in bodies:
        body = with_codes(said, message.codes)
        text, body_at = (f"{subject}\n{body}", len(subject) + 1) if subject else (body, 0)
        if before:
            yield Part(field, before + half_of(said), 0, joined=len(before))
        codes = None
        if message.codes:
            # A quote of a code stands at one place, whichever part was read.
            home = Field.TEXT if html is None else Field.HTML
            at = lines_start(said if html is None else html.text)
            codes = CodeLines(start=body_at + lines_start(said), field=home, at=at)
        for part in _readings(Part(field, text, body_at, html_of_body, codes=codes)):
            yield part
            yield from _without_fillers(part)


def _without_fillers(part: Part) -> Iterator[Part]:
    """Yield a part without its fillers; of a long one, the stretches in which fillers stand."""
    found = fillers_in(part.text)
    if not found:
        return
    size = len(part.text)
    whole = size <= LONGEST_BROKEN or part.codes is not None
    beside = size if whole else BESIDE_FILLERS
    apart = (at for at, (one, next_) in enumerate(pairwise(found), 1) if next_[0] - one[1] > beside)
    for first, behind in pairwise((0, *apart, len(found))):
        near = found[first:behind]
        start, end = max(near[0][0] - beside, 0), min(near[-1][1] + beside, size)
        yield replace(leaving(part, ((0, start), *near, (end, size))), broken=False)


def texts_of(message: Message) -> tuple[str | None, str | None]:
    """Return the plain text and that of the HTML as they are quoted, codes at their place."""
    html = None if message.html is None else read_html(message.html).text
    if html is not None:
        return message.text, with_codes(html, message.codes)
    return with_codes(message.text or "", message.codes) or message.text, None


def _readings(whole: Part) -> Iterator[Part]:
    """Yield a text in windows, with its lines joined, and as seen where it is overridden."""
    text = whole.text
    if len(text) <= LONGEST_WHOLE:
        yield whole
    else:
        yield from _windows(whole)
    if text.count("\n") >= BROKEN and len(text) <= LONGEST_BROKEN:
        yield lines_joined(whole)
    if "\u202e" in text or "\u2067" in text:
        for start, window in windows(text, OVERLAP + LONGEST_TURNED):
            seen, turned = as_seen(window)
            if turned:
                yield replace(_window(whole, start, seen), turned=turned)


def _windows(whole: Part) -> Iterator[Part]:
    codes, size = whole.codes, len(whole.text)
    said = Said(OVERLAP)
    for start, window in windows(whole.text):
        if codes is None and said.repeats(whole.text, start, window):
            continue
        if codes is None or (start <= codes.start and start + len(window) == size):
            yield _window(whole, start, window)
        elif start < codes.start:
            yield _with_codes(whole, start, start + len(window))


def _window(whole: Part, start: int, text: str) -> Part:
    codes = whole.codes
    return replace(
        whole,
        text=text,
        body_at=whole.body_at - start,
        window=start // WINDOW,
        codes=codes and replace(codes, start=codes.start - start),
    )


def _with_codes(whole: Part, start: int, end: int) -> Part:
    """Put the codes behind a window that does not reach them: its text may ask to scan one."""
    first = len(whole.text) if whole.codes is None else whole.codes.start
    kept = (*range(start, min(end, first)), *range(first - 1, len(whole.text)))
    text = whole.text[start : min(end, first)] + whole.text[first - 1 :]
    return replace(
        whole, text=text, kept=kept, whole=whole.text, broken=True, window=start // WINDOW
    )


def windows(text: str, overlap: int = OVERLAP) -> Iterator[tuple[int, str]]:
    """Yield the windows in which a long text is read, each with where it begins."""
    for start in range(0, min(max(len(text) - overlap, 1), LONGEST), WINDOW):
        yield start, text[start : start + WINDOW + overlap]


def lines_joined(part: Part) -> Part:
    """Take out the line breaks with which an address or account was broken up."""
    lines = part.text[: part.codes.start if part.codes else None].splitlines()
    return replace(
        leaving(part, (found.span() for found in _BREAKS.finditer(part.text))),
        broken=max(map(len, lines), default=0) <= SHORT_LINE,
    )


def leaving(part: Part, spans: Iterable[Span]) -> Part:
    """Leave stretches of a part's text out of it; they come in order."""
    left: list[Span] = []
    at = 0
    for start, end in (*spans, (len(part.text), 0)):
        if at < start:
            left.append((at, start))
        at = max(at, end)
    kept = chain.from_iterable(starmap(range, left))
    return replace(
        part,
        text="".join([part.text[start:end] for start, end in left]),
        kept=tuple(kept if part.kept is None else map(part.kept.__getitem__, kept)),
        whole=part.whole or part.text,
    )
