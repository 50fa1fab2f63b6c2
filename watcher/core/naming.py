"""Which lender a message speaks for, and which it only mentions.

A bank beside a repayment card is not the lender; "on behalf of X" names X; a signature
counts more than a name in the text. A name that several rows carry is narrowed by the
ledger, then by the products the message names, then by the row that has it as its own name.
"""

import re
from collections.abc import Iterable
from decimal import Decimal

from watcher.core.ledger import Ledger
from watcher.core.lenders import Directory
from watcher.core.spans import Span, around, touches
from watcher.core.text import Folding
from watcher.core.view import View

OPENS, CLOSES = frozenset("【[〔「"), frozenset("】]〕」")

SHORT_NAME = 2
JOINS = frozenset("们其他她在向受由的与和及对给于到从欠是为我该贵您你自跟将把助理表替代找")
"""Characters after which a name of two characters may begin."""

IDIOMS = frozenset("打开")
"""Characters before a name of two characters that make another word of it (打白条)."""

SPEAKS = 4
"""From this score on a message claims to come from the lender, not only mentions it."""

PLACE = 1
"""The rating of a name that only tells where to pay."""

OPENING = 3
"""A name within so many characters of the beginning introduces the speaker."""

SENTENCE_ENDS = "。!?\n|"

_HAN = re.compile("[\u4e00-\u9fff]")
_BRACKETED = re.compile("[【〔「](?P<name>[\u4e00-\u9fffa-z]{3,20})[】〕」]")
_TAIL = re.compile(r"(?:尾号)?\(?\d{4}(?![\d.元月年]| \d)")

Named = tuple[Span, tuple[str, ...]]

REACH = 6
"""How near (characters) a word must stand to say what a lender's name is doing there."""


def name_lenders(view: View, directory: Directory, ledger: Ledger) -> None:
    """Settle `view.lenders` (best first) and `view.signed_by`."""
    names = [*_real(view, ledger), *_signed_only(view, directory), *_unlisted(view, ledger)]
    signed = _signed(view)
    names += _shortened(view, ledger, [span for span, _ in names])
    scored = _scored(view, names, signed)
    if not any(score > 0 for score in scored.values()):
        products = list(_products(view, ledger))
        names += products
        scored |= _scored(view, products, signed)
    view.names = tuple(names)
    if not names:
        return
    ranked = sorted(scored, key=lambda ids: -scored[ids])
    chosen: dict[str, None] = {}
    held = [
        ids for ids in ranked if scored[ids] > PLACE and any(one in ledger.by_lender for one in ids)
    ]
    if held and not any(one in ledger.by_lender for one in ranked[0]):
        # A bank reports a transfer to the lender, a collector signs, a platform's bank speaks:
        # the loan is at the lender that the ledger knows.
        ranked = held
    best = scored[ranked[0]] if ranked else 0
    if best == PLACE and signed:
        return  # somebody else signed, and the name only tells where to pay them
    for ids in ranked:
        if scored[ids] == best:
            chosen.update(dict.fromkeys(_narrow(ids, view, directory, ledger)))
    view.lenders = tuple(chosen)
    view.speaks = best >= SPEAKS
    view.instalment = _instalment(view, ledger)
    view.gone = _gone(view, directory)
    view.signed_by = tuple(one for span, ids in names if _in_any(span, signed) for one in ids)


def _gone(view: View, directory: Directory) -> Span | None:
    """Find where a brand that is gone claims, or is where to pay.

    Who names the debt that one has there, or the name that a lender had before, does neither.
    """
    rows = [directory.by_id[key] for key in view.lenders if key in directory.by_id]
    dead = bool(rows) and all(row.dead for row in rows)
    for span, _ in view.names:
        if (dead or _given_up(view, span, directory)) and not _old_debt(view, span):
            return span
    return None


def _old_debt(view: View, span: Span) -> bool:
    if _near(view, "lender.formerly", span, before=0):
        return True
    paid_there = _near(view, "lender.place_after", span, after=OPENING)
    return _near(view, "lender.debt_at", span, before=0) and not paid_there


def _given_up(view: View, span: Span, directory: Directory) -> bool:
    """Whether a name is that of a brand that no longer existed when the message came."""
    name = view.reading.dense[slice(*span)]
    if name not in directory.former:
        return False
    since = directory.former[name]
    return since is None or since <= view.received_on


def _instalment(view: View, ledger: Ledger) -> Span | None:
    """Find the very sum that a loan of the ledger at the lender named asks each month."""
    asked = {sum_ for key in view.lenders for sum_ in ledger.sums.get(key, ())}
    if not asked:
        return None
    return next((one_at for one_at, value in _sums(view) if value in asked), None)


def _sums(view: View) -> Iterable[tuple[Span, Decimal]]:
    return (((one.start, one.end), one.value) for one in view.amounts if one.currency == "CNY")


def may_name(dense: str, folding: Folding, ledger: Ledger) -> bool:
    """Whether a text may name a lender by words that only the ledger knows.

    Where this is false and no name of the directory stands in it, `name_lenders` finds none:
    rules that wait for a lender are not even tried.
    """
    return (
        any(name.lower() in dense for name in ledger.unknown_lenders)
        or any(folding.fold_name(product) in dense for product, _ in ledger.products)
        or any(ledger.shortened(name) for _, name in _bracketed(dense, ledger))
    )


def _scored(view: View, names: Iterable[Named], signed: list[Span]) -> dict[tuple[str, ...], int]:
    """Rate lenders by the best of their mentions."""
    scored: dict[tuple[str, ...], int] = {}
    for span, ids in names:
        score = _score(view, span, in_signature=_in_any(span, signed))
        scored[ids] = max(score, scored.get(ids, score))
    return scored


def _real(view: View, ledger: Ledger) -> Iterable[Named]:
    """Leave out short names that are only part of another word (集中行动 is not 中行).

    Where the ledger has a loan by such a name, other than a bank's, it is not so choosy.
    """
    dense = view.reading.dense
    signatures = [(one.start, one.end) for one in view.signatures]
    for span, ids in view.names:
        start, end = span
        before = dense[start - 1] if start else ""
        if (
            end - start > SHORT_NAME
            or not _HAN.match(before)
            or before in JOINS
            or _has_tail(dense, end)
            or (
                before not in IDIOMS
                and _held(ids, ledger)
                and _sure(dense, end)
                and not _in_any(span, signatures)
            )
        ):
            yield span, ids


def _has_tail(dense: str, end: int) -> bool:
    """Whether a card's last digits stand right behind a short name (存进工行0158卡)."""
    return _TAIL.match(dense, end) is not None


def _sure(dense: str, end: int) -> bool:
    """Whether a short name of a bank is followed by its card, as 行 ends many a word."""
    return dense[end - 1] != "行" or dense[end : end + 1] == "卡"


def _held(ids: Iterable[str], ledger: Ledger) -> bool:
    return any(one in ledger.by_lender for one in ids)


def _products(view: View, ledger: Ledger) -> Iterable[Named]:
    """Find products that only the ledger names, where a text names no lender (车主贷).

    What every lender has, such as 信用卡, points to none.
    """
    dense = view.reading.dense
    for name, ids in ledger.products:
        product = view.folding.fold_name(name)
        at = dense.find(product) if product else -1
        span = (at, at + len(product))
        if at >= 0 and span not in view.lists.get("product.common", ()):
            yield span, ids


def _signed_only(view: View, directory: Directory) -> Iterable[Named]:
    """Find names that are everyday words unless they are the whole signature (够花)."""
    for signature in view.signatures:
        ids = directory.by_signature.get(signature.name)
        if ids is not None:
            yield (signature.start, signature.end), ids


def _unlisted(view: View, ledger: Ledger) -> Iterable[Named]:
    """Find lenders that only the ledger names."""
    for name in ledger.unknown_lenders:
        at = view.reading.dense.find(name.lower())
        if at >= 0:
            yield (at, at + len(name)), (name,)


def _shortened(view: View, ledger: Ledger, named: list[Span]) -> Iterable[Named]:
    """Find lenders of the ledger by a name in brackets that is short for theirs (云溪农商行)."""
    for span, name in _bracketed(view.reading.dense, ledger):
        if not any(_in_any(one, [span]) for one in named):
            ids = ledger.shortened(name)
            if ids:
                yield span, ids


def _bracketed(dense: str, ledger: Ledger) -> Iterable[tuple[Span, str]]:
    """Find names in brackets that may be short for one of a lender of the ledger."""
    for match in _BRACKETED.finditer(dense):
        if match["name"][0] in ledger.beginnings:
            yield match.span(), match["name"]


def _signed(view: View) -> list[Span]:
    """Return the signatures, and names that stand alone in brackets anywhere in the text."""
    dense = view.reading.dense
    bracketed = [
        span
        for span, _ in view.names
        if dense[span[0] - 1 : span[0]] in OPENS and dense[span[1] : span[1] + 1] in CLOSES
    ]
    return sorted({*((one.start, one.end) for one in view.signatures), *bracketed})


def _in_any(span: Span, outer: list[Span]) -> bool:
    return any(
        first <= span[0] and span[1] <= last for first, last in around(outer, span[0], span[1])
    )


def _score(view: View, span: Span, *, in_signature: bool) -> int:
    """Rate one mention; 0 where it is only the bank of a card."""
    if in_signature:
        score = 4
    elif _near(view, "lender.payee_before", span, before=1):
        return 2
    elif _near(view, "lender.place_before", span, before=1):
        return PLACE
    elif _near(view, "lender.card_after", span, after=REACH) or _near(
        view, "lender.card_before", span, before=REACH
    ):
        return 0
    else:
        score = 4 if _opens_sentence(view, span) else 2
    if _near(view, "lender.principal_before", span, before=REACH) or _near(
        view, "lender.debt_after", span, after=REACH
    ):
        score += 3
    return score


def _opens_sentence(view: View, span: Span) -> bool:
    """Whether a name stands at the beginning of a sentence, where a speaker is introduced."""
    before = view.reading.dense[max(0, span[0] - OPENING) : span[0]]
    return len(before) < OPENING or any(end in before for end in SENTENCE_ENDS)


def _near(view: View, words: str, span: Span, *, before: int = -1, after: int = -1) -> bool:
    return touches(view.lists.get(words, ()), span, before=before, after=after)


def _narrow(
    ids: tuple[str, ...],
    view: View,
    directory: Directory,
    ledger: Ledger,
) -> tuple[str, ...]:
    if len(ids) == 1:
        return ids
    held = tuple(one for one in ids if one in ledger.by_lender)
    if len(held) == 1:
        products = [loan.product for loan in ledger.by_lender[held[0]] if loan.product]
        if any(_names_itself(view, view.folding.fold_name(product)) for product in products):
            return held
        return _another_product(held[0], ids, view, directory) or held
    left = held or ids
    named = tuple(
        one
        for one in left
        if any(product.lower() in view.reading.dense for product in directory.by_id[one].products)
    )
    if len(named) == 1:
        return named
    if not held:
        own = tuple(one for one in left if _names_itself(view, directory.by_id[one].name))
        if own:
            return own[:1]
    return named or left


def _another_product(
    held: str, ids: tuple[str, ...], view: View, directory: Directory
) -> tuple[str, ...]:
    """Find the row whose product is named, where one that the ledger has shares its name only."""
    spoken = [one for one in ids if _speaks_of(view, directory, one)]
    return tuple(spoken) if len(spoken) == 1 and held not in spoken else ()


def _speaks_of(view: View, directory: Directory, key: str) -> bool:
    row = directory.by_id[key]
    return any(_names_itself(view, name) for name in (row.name, *row.products))


def _names_itself(view: View, name: str) -> bool:
    return name.lower() in view.reading.dense
