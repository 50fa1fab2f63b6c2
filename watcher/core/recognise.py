"""What a message is: its kind, and the marks that qualify it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from watcher.core.conditions import CompiledRule
from watcher.core.kinds import CLAIMS, RECEIPTS, Kinds
from watcher.core.model import DEMANDING, Kind, Quote
from watcher.core.roles import OWED, roles
from watcher.core.settled import Says, Settled
from watcher.core.spans import Span
from watcher.core.view import View
from watcher.core.weights import Question
from watcher.core.wording import falls_short

ORDER: Mapping[Kind, int] = MappingProxyType({kind: at for at, kind in enumerate(Kind)})
"""Where several kinds fit, the earlier stands (docs/judgement.md, "Kinds")."""

CLAUSE_ENDS = ",;。!?\n"

STATING = frozenset({Kind.OVERDUE, Kind.STATEMENT, Kind.DUE_REMINDER})
"""Kinds that state a debt and press nobody: what an assignment or a payout says as well."""

OF_ANY_BILL = STATING | {Kind.DEBIT_FAILED, Kind.COLLECTION}
"""Kinds of what is said of bills for other things as well."""

TOLD_OF = CLAIMS
"""Kinds that what is done names; an assignment is named so only where a case was closed."""

WEIGHED = DEMANDING - {Kind.STATEMENT}
"""Kinds that ask for something, and are worded so; a bill may ask for nothing."""

OBLIGATION_CHANGE = "obligation_change"
"""The mark of what a loan will ask from now on: an announcement, and worded as one."""

RESIDUAL = "residual"
"""The mark of a fee or interest that is left: whoever bills it says that it is overdue."""

NO_CLAIM = "no_claim"
NO_LOANS = frozenset({NO_CLAIM, "other_bill"})
"""Marks of what is owed for something else than a loan, or asks no money: no debt of one."""

LENT_OR_PAID = frozenset({Kind.PAYMENT_RECEIPT, Kind.DISBURSEMENT})
"""Kinds of money that reached an account; what is said of it tells which."""

SHOWN_AS: Mapping[Says, Kind] = MappingProxyType(
    {
        Says.WITHDRAWN: Kind.OTHER,
        Says.GRANTED: Kind.DISBURSEMENT,
        Says.DONE: Kind.PAYMENT_RECEIPT,
        Says.PENDING: Kind.OTHER,
    }
)
"""What a text is whose demands are all told of what is done, the first that it says."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """The kind of a message, and the words that show each kind and mark that was found.

    `kinds` holds those too that a receipt outweighs: added text takes none away.
    """

    kind: Kind
    kinds: Mapping[Kind, Quote]
    marks: Mapping[str, Quote]
    rules: tuple[str, ...]


NOTHING = Recognised(Kind.OTHER, MappingProxyType({}), MappingProxyType({}), ())


def quote_of(view: View, found: Span | Quote) -> Quote:
    """Turn what a condition found into a quote."""
    return found if isinstance(found, Quote) else view.quote(found)


def recognise(
    view: View,
    candidates: Iterable[CompiledRule],
    settled: Settled | None = None,
    worded: Kinds | None = None,
) -> Recognised:
    """Try the recognisers and settle on one kind.

    A text that also demands takes its demanding kind: "paid so far 500, still overdue 300"
    is a demand. A demand is looked for outside what the text says is done.
    """
    ordered = sorted(candidates, key=lambda one: one.rule.alone)
    found = _found(view, ordered)
    kinds = dict(found.kinds)
    told = settled is not None and (not TOLD_OF.isdisjoint(kinds) or kinds.keys() >= LENT_OR_PAID)
    done = tuple(_done(view, settled, worded, found.marks)) if settled and told else ()
    if done:
        shown = {says: at for at, says in reversed(done)}
        if Says.GRANTED in shown and Says.DONE not in shown and kinds.keys() >= LENT_OR_PAID:
            del kinds[Kind.PAYMENT_RECEIPT]
        told_of = TOLD_OF if Says.WITHDRAWN in shown else DEMANDING
        demands = [one for one in ordered if one.rule.kind in told_of]
        asked = _found(view.without([at for at, _ in done]), demands).kinds
        if Kind.STATEMENT in kinds and asked.keys() == {Kind.DUE_REMINDER}:
            # What is left of a bill whose total was told is its column heads.
            asked = {Kind.STATEMENT: kinds[Kind.STATEMENT]}
        kinds = {kind: at for kind, at in kinds.items() if kind not in told_of} | asked
        if told_of.isdisjoint(asked) and RECEIPTS.isdisjoint(kinds):
            says = next((one for one in SHOWN_AS if one in shown), None)
            kinds = {SHOWN_AS[says]: view.quote(shown[says])} | kinds if says else found.kinds
    if not NO_LOANS.isdisjoint(found.marks):
        kinds = {kind: at for kind, at in kinds.items() if kind not in OF_ANY_BILL}
    if NO_CLAIM in found.marks:
        kinds.pop(Kind.MARKETING, None)
    marks = found.marks
    if _is_no_claim(view, kinds, marks, ordered, found.rules):
        kinds = {kind: at for kind, at in kinds.items() if kind not in WEIGHED}
        marks = {}
    recognised = Recognised(_settle(kinds), found.kinds | kinds, marks, tuple(found.rules))
    if worded is None or _of_user(ordered, found.rules):
        return recognised
    return _as_worded(view, recognised, worded)


def _as_worded(view: View, recognised: Recognised, worded: Kinds) -> Recognised:
    """Return what was recognised with the kind as which the text is clearly worded.

    What is left of a fee or of interest is overdue in whatever words.
    """
    if RESIDUAL in recognised.marks:
        return recognised
    claim = None if recognised.rules else worded.claim(view)
    if claim is not None:
        span, kind = claim
        shown: Quote | None = view.quote(span)
    else:
        kind = worded.rather(view, recognised.kind)
        shown = recognised.kinds.get(recognised.kind)
    if kind is recognised.kind:
        return recognised
    more = {} if shown is None or kind in recognised.kinds else {kind: shown}
    return replace(recognised, kind=kind, kinds={**recognised.kinds, **more})


def _done(
    view: View, settled: Settled, worded: Kinds | None, marks: Collection[str]
) -> Iterator[tuple[Span, Says]]:
    """Yield what a text says is done: clause by clause, and the sentences worded as a receipt."""
    yield from settled.clauses(view)
    if worded is not None and OBLIGATION_CHANGE not in marks:
        for sentence, kind in worded.receipts(view):
            yield sentence, Says.GRANTED if kind is Kind.DISBURSEMENT else Says.DONE


def _is_no_claim(
    view: View,
    kinds: Iterable[Kind],
    marks: Iterable[str],
    ordered: Iterable[CompiledRule],
    fit: Iterable[str],
) -> bool:
    """Whether a text has a demand's words and is not worded as one: a circular, a talk, news.

    What a rule of the user's hears is not weighed, nor a failed debit, which asks by itself, nor
    what names a loan's very instalment, nor where a lender says a sum that is owed.
    """
    if WEIGHED.isdisjoint(kinds) or Kind.DEBIT_FAILED in kinds or view.instalment is not None:
        return False
    if OBLIGATION_CHANGE in marks and view.amounts:
        return False
    if view.speaks and any(role in OWED for _, role in roles(view)):
        return False
    return not _of_user(ordered, fit) and falls_short(view, Question.CLAIM)


def _of_user(ordered: Iterable[CompiledRule], fit: Iterable[str]) -> bool:
    own = {one.rule.id for one in ordered if not one.rule.shipped}
    return not own.isdisjoint(fit)


@dataclass(frozen=True, slots=True)
class Found:
    """What recognisers found: the words that show each kind and mark, and the rules that fit."""

    kinds: dict[Kind, Quote]
    marks: dict[str, Quote]
    rules: list[str]


def _found(view: View, ordered: Iterable[CompiledRule]) -> Found:
    """Try rules in their order; those that count only alone come last, and only without a kind.

    A receipt in a clause without any number is not told of this debt, and stops none of them.
    Nor does advertising: the names of loans and a way to unsubscribe stand in reminders too.
    """
    found = Found({}, {}, [])
    last = held = False
    for one in ordered:
        rule = one.rule
        if rule.alone and not last:
            if held:
                break
            last = True
        if rule.draft or (rule.kind in found.kinds) or (rule.mark in found.marks):
            continue
        shown = one.test(view)
        if shown is None:
            continue
        found.rules.append(rule.id)
        if rule.kind is not None:
            found.kinds[rule.kind] = quote_of(view, shown)
            held = held or _holds(view, rule.kind, shown)
        elif rule.mark is not None:
            found.marks[rule.mark] = quote_of(view, shown)
    return found


def _holds(view: View, kind: Kind, shown: Span | Quote) -> bool:
    """Whether rules that count only alone have nothing to say beside this."""
    if kind is Kind.MARKETING:
        return False
    return kind not in RECEIPTS or _has_number(view, shown)


def _has_number(view: View, shown: Span | Quote) -> bool:
    """Whether the clause in which words stand has a digit in it."""
    if isinstance(shown, Quote):
        return True
    dense = view.reading.dense
    before = max(dense.rfind(end, 0, shown[0]) for end in CLAUSE_ENDS)
    ends = [at for end in CLAUSE_ENDS if (at := dense.find(end, shown[1])) >= 0]
    clause = dense[before + 1 : min(ends, default=len(dense))]
    return any(char.isdigit() for char in clause)


def _settle(kinds: Iterable[Kind]) -> Kind:
    found = sorted(kinds, key=ORDER.__getitem__)
    demanding = [kind for kind in found if kind in DEMANDING]
    if Kind.DEBT_TRANSFER in found and STATING.issuperset(demanding):
        return Kind.DEBT_TRANSFER
    return (demanding or found or [Kind.OTHER])[0]
