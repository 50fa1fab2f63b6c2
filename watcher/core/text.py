"""Text folded once: one form for every way in which a character can be written.

Two folded forms are made of each message. *Plain* is folded character by character: width,
traditional characters, look-alikes, invisible characters. *Dense* also drops what was put
between two Han characters to hide a word, and spells disguised words the usual way.

Both remember where each character came from, so that a finding can quote the exact
characters that the user received. That way back is only worked out when it is asked for:
most messages are ordinary chat, and nothing in them is ever quoted.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

import ahocorasick_rs

from watcher.core.edits import Edits
from watcher.core.letters import REMEMBERED, Letters

BLANK = "。"
"""Stands in a reading for what is passed over: it ends a sentence, so nothing reaches across."""

HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
SEPARATORS = (
    r"\s.·•‧∙*_\-~^|/\\+=#'`"
    "\u2013-\u2015\u2016\u2022\u2190-\u2bff\u3003\u4e28\u4e36\ufffc\ufffd\U0001f000-\U0001faff"
)
"""What is put between characters to hide a word; commas, stops and brackets divide clauses."""

_STEP = f"[A-Za-z][{SEPARATORS}]"
_ALONE = "[A-Za-z](?![A-Za-z0-9])"
_APART = (
    f"[{SEPARATORS}](?<={_STEP})(?<![A-Za-z0-9]{_STEP})(?={_ALONE})(?:"
    f"(?={_STEP}{_STEP}{_ALONE})"
    f"|(?<={_STEP}{_STEP})(?<![A-Za-z0-9]{_STEP}{_STEP})(?={_STEP}{_ALONE})"
    f"|(?<={_STEP}{_STEP}{_STEP})(?<![A-Za-z0-9]{_STEP}{_STEP}{_STEP}))"
)
"""Between two of four or more Latin letters that stand one by one: T.o.D.e.s.k."""
_WEDGE = re.compile(
    f"[{SEPARATORS}](?<=[{HAN}][{SEPARATORS}])[{SEPARATORS}]{{0,2}}(?=[{HAN}])"
    rf"|,(?<=[0-9],)(?<![0-9]{{4}},)(?=[0-9]{{3}}(?:[^0-9]|\Z))|{_APART}"
)
"""What the dense text leaves out: what hides a word, and the commas within a number."""
_SPACE = re.compile(r"\s")


class Reading:
    """A text with its folded forms: `original`, `plain` and `dense`.

    `dense` is the same object as `plain` where nothing had to be changed. Not to be
    changed from outside; the ways back are kept once they were needed.
    """

    __slots__ = (
        "_folded", "_folding", "_from_dense", "_from_plain", "_gaps", "_respelt",
        "dense", "original", "plain",
    )  # fmt: skip

    def __init__(
        self, folding: "Folding", original: str, plain: str, dense: str, *, respelt: bool = True
    ) -> None:
        self._folding = folding
        self._folded = plain
        self._respelt = respelt
        self.original = original
        self.plain = plain
        self.dense = dense
        self._from_plain: Edits | None = None
        self._from_dense: tuple[Edits, ...] | None = None
        self._gaps: tuple[tuple[int, bool], ...] | None = None

    def fold(self, text: str) -> str:
        """Fold another text by the same table, such as a decoded host."""
        return self._folding.fold(text)

    def plain_span(self, start: int, end: int) -> tuple[int, int]:
        """Map a span of `plain` to the span of `original` that it was read from."""
        start, end = _within(self.plain, start, end)
        if self._from_plain is None:
            self._from_plain = self._folding.edits_of_plain(self.original)
        if not self._from_plain:
            return start, end
        start, end = self._from_plain.back(start, end)
        return _within(self.original, start, end)

    def plain_to_dense(self, position: int) -> int:
        """Map a position of `plain` to the one of `dense` that was made of it."""
        if self.dense is self.plain:
            return position
        for edits in reversed(self._edits_of_dense()):
            position = edits.forth(position)
        return position

    def gaps(self) -> tuple[tuple[int, bool], ...]:
        """Return where in `dense` blanks were dropped, and whether each held a line break."""
        if self._gaps is None:
            self._gaps = () if self.dense is self.plain else tuple(self._find_gaps())
        return self._gaps

    def line_breaks(self) -> tuple[int, ...]:
        """Return where in `dense` line breaks were dropped."""
        if self.dense is self.plain or "\n" not in self.plain:
            return ()
        return tuple(at for at, new_line in self.gaps() if new_line)

    def _find_gaps(self) -> Iterator[tuple[int, bool]]:
        respelt = self._folding.respelt(self._folded) if self._respelt else None
        dropped = 0
        for wedge in _WEDGE.finditer(self._folded):
            start, end = wedge.span()
            at, dropped = start - dropped, dropped + end - start
            said = wedge[0]
            if not said.isspace() and _SPACE.search(said) is None:
                continue
            yield respelt.forth(at) if respelt else at, "\n" in said

    def _edits_of_dense(self) -> tuple[Edits, ...]:
        """Work out again what was dropped and respelt; the last change comes first."""
        if self._from_dense is None:
            wedges = Edits((*found.span(), 0) for found in _WEDGE.finditer(self._folded))
            respelt = (self._folding.respelt(self._folded),) if self._respelt else ()
            self._from_dense = (*respelt, wedges)
        return self._from_dense

    def without(self, spans: Iterable[tuple[int, int]]) -> "Reading":
        """Return the reading with spans of `dense` blank, in `plain` too; offsets stay.

        The spans come in their order.
        """
        spans = tuple(spans)
        dense = _blanked(self.dense, spans)
        same = self.dense is self.plain
        plain_spans = (self.dense_to_plain(*span) for span in spans)
        plain = dense if same else _blanked(self.plain, plain_spans)
        left = Reading(self._folding, self.original, plain, dense)
        left._folded, left._respelt = self._folded, self._respelt
        if self._from_plain is None:
            self._from_plain = self._folding.edits_of_plain(self.original)
        left._from_plain = self._from_plain
        left._from_dense = () if same else self._edits_of_dense()
        return left

    def dense_span(self, start: int, end: int) -> tuple[int, int]:
        """Map a span of `dense` to the span of `original` that it was read from."""
        return self.plain_span(*self.dense_to_plain(start, end))

    def dense_to_plain(self, start: int, end: int) -> tuple[int, int]:
        """Map a span of `dense` to the span of `plain` that it was read from."""
        start, end = _within(self.dense, start, end)
        if self.dense is self.plain:
            return start, end
        for edits in self._edits_of_dense():
            start, end = edits.back(start, end)
        return _within(self.plain, start, end)


def _blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return a text with stretches blank that come in their order."""
    parts: list[str] = []
    done = 0
    for start, end in spans:
        first, last = max(start, done), min(end, len(text))
        if first < last:
            parts += (text[done:first], BLANK * (last - first))
            done = last
    return "".join((*parts, text[done:]))


def _within(text: str, start: int, end: int) -> tuple[int, int]:
    if 0 <= start <= end <= len(text):
        return start, end
    start = min(max(start, 0), len(text))
    return start, min(max(end, start), len(text))


class Folding:
    """The table by which texts are folded; built once for a set of rules."""

    __slots__ = ("_finder", "_names", "_spelt", "_table")

    def __init__(self, table: Letters, variants: Mapping[str, str]) -> None:
        self._table = table
        self._names: dict[str, str] = {}
        self._spelt = tuple(variants.values())
        self._finder = (
            ahocorasick_rs.AhoCorasick(
                tuple(variants), matchkind=ahocorasick_rs.MatchKind.LeftmostLongest
            )
            if variants
            else None
        )

    @classmethod
    def of(cls, single: Mapping[str, str], variants: Mapping[str, str]) -> "Folding":
        """Build the table from `single` characters and whole words (`variants`).

        Words are given as they look; Latin letters in them match in either case. A word that
        means itself stays as it is, whatever other words stand in it.
        """
        table = Letters({char: to for char, to in single.items() if len(char) == 1})
        words: dict[str, str] = {}
        spelt = {meant: meant.translate(table) for meant in set(variants.values())}
        for word, meant in variants.items():
            folded = word.translate(table)
            for form in (folded, folded.lower(), folded.upper(), folded.title()):
                if form and (form != meant or word == meant):
                    words.setdefault(form, spelt[meant])
        return cls(table, words)

    def read(self, original: str) -> Reading:
        """Fold a text; total over every str, lone surrogates included."""
        plain = original.translate(self._table)
        dense = plain
        if _WEDGE.search(plain) is not None:
            dense = _WEDGE.sub("", plain)
        squeezed = dense
        if self._finder is not None:
            found = self._finder.find_matches_as_indexes(dense)
            if found:
                dense = self._spell(dense, found)
        return Reading(self, original, plain, dense, respelt=dense is not squeezed)

    def fold(self, text: str) -> str:
        """Return only the plain form, for words that are to be found in plain texts."""
        return text.translate(self._table)

    def fold_name(self, name: str) -> str:
        """Fold a name that the user's files give; it is asked for with every message."""
        folded = self._names.get(name)
        if folded is None:
            folded = self.fold(name)
            if len(self._names) < REMEMBERED:
                self._names[name] = folded
        return folded

    def _spell(self, text: str, found: list[tuple[int, int, int]]) -> str:
        parts: list[str] = []
        done = 0
        for word, start, end in found:
            if _cuts_a_word(text, start, end):
                continue
            parts += (text[done:start], self._spelt[word])
            done = end
        if not parts:
            return text
        parts.append(text[done:])
        return "".join(parts)

    def edits_of_plain(self, original: str) -> Edits:
        """Work out again where folding changed the length of the text."""
        return Edits(self._lengths(original))

    def _lengths(self, original: str) -> Iterator[tuple[int, int, int]]:
        table = self._table
        if table.uneven.isdisjoint(original):
            return
        for at, char in enumerate(original):
            value = table[ord(char)]
            if isinstance(value, str):
                yield at, at + 1, len(value)

    def respelt(self, plain: str) -> Edits:
        """Work out again what was respelt after all was dropped that is to be."""
        if self._finder is None:
            return Edits(())
        squeezed = _WEDGE.sub("", plain)
        return Edits(
            (start, end, len(self._spelt[word]))
            for word, start, end in self._finder.find_matches_as_indexes(squeezed)
            if not _cuts_a_word(squeezed, start, end)
        )


NAME_SIGNS = frozenset("0123456789_-@./")
"""Beside Latin letters these make an address or the name of an account, not a word spelt out."""


def _cuts_a_word(text: str, start: int, end: int) -> bool:
    """Whether a stretch begins or ends in a Latin word or name: V信 in TV信号, fawu in fawu_88."""
    if not (text[start].isascii() or text[end - 1].isascii()):
        return False
    if text[start:end].isascii() and (
        text[max(0, start - 1) : start] in NAME_SIGNS or text[end : end + 1] in NAME_SIGNS
    ):
        return True
    return _is_latin(text[max(0, start - 1) : start + 1]) or _is_latin(text[end - 1 : end + 1])


def _is_latin(pair: str) -> bool:
    return len(pair) == 2 and pair.isascii() and pair.isalpha()  # noqa: PLR2004  two characters
