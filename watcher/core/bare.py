"""What a text says without its bare sentences (docs/judgement.md, rule 2).

A bare sentence carries no lender, number, day or person. Anybody can put one beside a demand,
so none may make a verdict milder: a text is also read with such sentences taken out, all of
them or those alone that say that something is done, and the graver verdict stands.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from watcher.core.model import Case, Verdict
from watcher.core.pieces import Part, leaving
from watcher.core.sentences import Sentences
from watcher.core.settled import Settled
from watcher.core.spans import Span, united
from watcher.core.view import View

_SAYS = re.compile(r"[^\W_]")
_CARRIES = re.compile(r"[\d【】]|://|www\.")


def less(
    part: Part, view: View, sentences: Sentences, settled: Settled | None, holder: str = ""
) -> Iterator[Part]:
    """Yield a part without bare sentences; `view` is that of the part, its lenders named."""
    if part.turned:
        return
    said = _said(view, sentences)
    if len(said) <= 1:  # without the only one nothing is left
        return
    bare, others = _bare(view, said, holder, sentences.tag)
    if not bare:
        return
    done = united(settled.spans(view)) if settled is not None else ()
    # What leaves more of the text tells better what it is, where both are equally grave.
    ways = (tuple(one for one in bare if _touches(one, done)), bare if others else ())
    for way in dict.fromkeys(ways):
        left = _without(part, view, way) if way else None
        if left is not None:
            yield left


def says_whose(case: Case, left: Part, sentences: Sentences, holder: str = "") -> bool:
    """Whether a case found in less of a text says whose it is, or its writer is familiar.

    A line of a newsletter that demands of nobody is no demand, once the rest of it is left out;
    neither is what a warning names, though an office signs it.
    """
    notice = case.notice
    signed = notice.signature and case.judgement.verdict is not Verdict.FRAUDULENT
    named = notice.lenders or notice.debtor or (holder and holder in left.text)
    return bool(named or signed or sentences.familiar.search(left.text))


def _said(view: View, sentences: Sentences) -> list[Span]:
    """Return the sentences that say anything."""
    dense = view.reading.dense
    return [span for span in sentences.spans(view) if _SAYS.search(dense, *span) is not None]


def _bare(
    view: View, said: Iterable[Span], holder: str, tag: re.Pattern[str]
) -> tuple[tuple[Span, ...], bool]:
    """Find the bare ones of some sentences, and whether there are others."""
    bare: list[Span] = []
    others = False
    reading = view.reading
    days = ((one.start, one.end) for one in view.days)
    carried = united((*(span for span, _ in view.names), *days))
    people = united((one.start, one.end) for one in view.people)
    for start, end in said:
        carries = _CARRIES.search(reading.dense, start, end) is not None
        if (
            (carries and tag.fullmatch(reading.dense, start, end) is None)
            or _touches((start, end), carried)
            or (people and _touches(reading.dense_to_plain(start, end), people))
            or (holder and reading.dense.find(holder, start, end) >= 0)
        ):
            others = True
        else:
            bare.append((start, end))
    return tuple(bare), others


def _touches(span: Span, others: Sequence[Span]) -> bool:
    """Whether a stretch has characters of one of others, which are in order (`united`)."""
    before = bisect_left(others, (span[1],))
    return before > 0 and span[0] < others[before - 1][1]


def _without(part: Part, view: View, spans: Iterable[Span]) -> Part | None:
    """Take stretches of the dense text out of a part; None where nothing is left."""
    left = leaving(part, (view.reading.dense_span(*span) for span in spans))
    return left if _SAYS.search(left.text) is not None else None
