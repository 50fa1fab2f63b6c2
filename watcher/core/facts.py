"""Facts: named truths about one notice, on which the verdict table and the causes rest.

The list is closed, so that a table that names another one is refused. Each fact that the
message itself shows comes with the words that show it.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from watcher.core.hosts import HostClass
from watcher.core.ledger import Ledger
from watcher.core.lenders import Directory
from watcher.core.model import (
    DEMANDING,
    Kind,
    Loan,
    LoanStatus,
    Match,
    Notice,
    Quote,
    Signal,
    Strength,
    Verdict,
)
from watcher.core.notice import folded_holder, same_person
from watcher.core.past import Past
from watcher.core.recognise import Recognised
from watcher.core.rules import MARKS
from watcher.core.view import View

SMALL_SHARE = 10
"""A sum under a tenth of the instalment is small: what residual interest looks like."""

_NAMES = (
    ("amount", ("differs", "fits", "none", "small", "zero")),
    ("days", ("before", "beyond", "lag")),
    ("debtor", ("holder", "other")),
    ("history", ("confirmed", "earlier_overdue", "failed", "receipted", "receipted_long_ago")),
    ("history", ("returned", "sender_seen", "series", "short")),
    ("kind", tuple(Kind)),
    ("ledger", ("empty",)),
    ("lender", ("ambiguous", "dead", "foreign", "in_ledger", "named", "none")),
    ("link", ("unlisted",)),
    ("loan", ("ambiguous", "matched", "none", "open", "settled")),
    ("marks", tuple(MARKS)),
    ("rival", ("active",)),
    ("sender", ("lender", "third_party")),
    ("signal", ("any", "doubted", "hard", "strong", "strong_two")),
    ("signature", ("none", "unknown")),
    ("tail", ("fits", "unknown")),
    ("verdict", (*Verdict, "null")),
)

SIGNAL = "signal."
"""How the facts begin that tell of signals."""

FACTS = frozenset(
    {
        *(f"{topic}.{name}" for topic, names in _NAMES for name in names),
        *("claim", "court", "demand", "open_evidence", "unreadable"),
    },
)
"""Every fact there is; a rule file that names another one is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything that was found of a notice before it is judged."""

    view: View
    recognised: Recognised
    notice: Notice
    match: Match
    signals: tuple[Signal, ...]
    past: Past
    ledger: Ledger
    directory: Directory
    doubted: Quote | None = None
    """What would decide, were the text not worded as honest ones are."""
    unreadable: bool = False


@dataclass(slots=True)
class Facts:
    """The facts that hold, each with its quote where the message shows it, and a few values."""

    held: dict[str, Quote | None] = field(default_factory=dict)
    days: int | None = None
    """Calendar days from the settlement to the notice."""
    settled_on: date | None = None
    paid_on: date | None = None
    """When the instalment of an open loan was paid that the notice speaks of."""
    lag_days: int = 7

    def add(self, name: str, quote: Quote | None = None) -> None:
        """Note a fact; the first quote stands."""
        if self.held.get(name) is None:
            self.held[name] = quote

    def add_if(self, holds: object, name: str, quote: Quote | None = None) -> None:
        """Note a fact where it holds."""
        if holds:
            self.add(name, quote)


def gather(found: Findings) -> Facts:
    """Gather every fact that holds of a notice."""
    facts = Facts()
    _of_kind(facts, found)
    _of_signals(facts, found.signals)
    facts.add_if(found.doubted, "signal.doubted", found.doubted)
    _of_lender(facts, found)
    _of_person(facts, found)
    _of_links(facts, found.view)
    _of_loan(facts, found)
    _of_amount(facts, found)
    for name in found.past.facts:
        facts.add(name)
    facts.paid_on = found.past.paid_on
    facts.add_if(not found.ledger.loans, "ledger.empty")
    facts.add_if(found.unreadable, "unreadable")
    return facts


def _of_kind(facts: Facts, found: Findings) -> None:
    view, marks, kind = found.view, found.recognised.marks, found.notice.kind
    shown = found.recognised.kinds.get(kind)
    facts.add(f"kind.{kind}", shown)
    facts.add_if(kind in DEMANDING, "demand", shown)
    facts.add_if(kind in DEMANDING or kind is Kind.DEBT_TRANSFER, "claim", shown)
    for mark, quote in marks.items():
        facts.add(f"marks.{mark}", quote)
    facts.add_if("court" in marks, "court", marks.get("court"))
    third = marks.get("third_party") or marks.get("guarantor")
    facts.add_if(third, "sender.third_party", third)
    if not view.signatures:
        facts.add("signature.none")
    elif not view.signed_by:
        first = view.signatures[0]
        facts.add("signature.unknown", view.quote((first.start, first.end)))
    else:
        first = view.signatures[0]
        facts.add("sender.lender", view.quote((first.start, first.end)))


def signal_facts(strengths: Collection[Strength]) -> tuple[str, ...]:
    """Return the facts that signals of these strengths make true."""
    strong = sum(one is Strength.STRONG for one in strengths)
    hard = Strength.HARD in strengths
    true = {"hard": hard, "strong": strong, "strong_two": strong > 1, "any": hard or strong}
    return tuple(f"{SIGNAL}{name}" for name, holds in true.items() if holds)


def _of_signals(facts: Facts, signals: tuple[Signal, ...]) -> None:
    strong = [signal.quote for signal in signals if signal.strength is Strength.STRONG]
    hard = [signal.quote for signal in signals if signal.strength is Strength.HARD]
    shown = {"hard": hard[:1], "strong": strong[:1], "strong_two": strong[-1:]}
    for name in signal_facts([signal.strength for signal in signals]):
        facts.add(name, (shown.get(name.removeprefix(SIGNAL)) or [*hard, *strong])[0])


def _of_lender(facts: Facts, found: Findings) -> None:
    view, notice, directory = found.view, found.notice, found.directory
    if not notice.lenders:
        facts.add("lender.none")
        return
    shown = view.quote(view.names[0][0])
    facts.add("lender.named", shown)
    held = any(key in found.ledger.by_lender for key in notice.lenders)
    facts.add("lender.in_ledger" if held else "lender.foreign", shown)
    several = len(notice.lenders) > 1 and found.match.loan is None
    facts.add_if(several, "lender.ambiguous", shown)
    rows = [directory.by_id[key] for key in notice.lenders if key in directory.by_id]
    facts.add_if(view.gone, "lender.dead", view.quote(view.gone) if view.gone else None)
    lags = [row.lag_days for row in rows]
    facts.lag_days = max(lags, default=facts.lag_days)


def _of_links(facts: Facts, view: View) -> None:
    if "signal.strong" not in facts.held:
        return
    for link in view.links:
        if view.hosts.classify(link) is HostClass.UNLISTED:
            facts.add("link.unlisted", view.quote_plain(link.start, link.end))


def _of_person(facts: Facts, found: Findings) -> None:
    view, notice = found.view, found.notice
    holder = folded_holder(view, found.ledger)
    if notice.debtor is None or holder is None:
        return
    person = next(one for one in view.people if one.name == notice.debtor)
    name = "debtor.holder" if same_person(notice.debtor, holder) else "debtor.other"
    facts.add(name, view.quote_plain(person.start, person.end))


def _of_loan(facts: Facts, found: Findings) -> None:
    notice, match, on = found.notice, found.match, found.view.received_on
    loan = match.loan
    open_rivals = any(rival.status is LoanStatus.ACTIVE for rival in match.rivals)
    facts.add_if(
        open_rivals and (loan is None or loan.status is LoanStatus.SETTLED), "rival.active"
    )
    if loan is None:
        all_open = match.rivals and all(rival.status is LoanStatus.ACTIVE for rival in match.rivals)
        facts.add("loan.open" if all_open else "loan.ambiguous" if match.rivals else "loan.none")
        facts.add_if(
            not match.rivals and "lender.in_ledger" in facts.held and notice.account_tails,
            "tail.unknown",
        )
        return
    facts.add("loan.matched")
    facts.add_if(notice.account_tails and loan.account_tails, "tail.fits")
    if loan.status is LoanStatus.ACTIVE or loan.settled_on is None:
        facts.add("loan.open")
        return
    facts.settled_on = max(loan.settled_on, found.past.settled_on or date.min)
    facts.days = (on - facts.settled_on).days
    if on < loan.settled_on:
        facts.add("days.before")
        facts.add("loan.open")
        return
    facts.add("loan.settled")
    facts.add("days.lag" if facts.days <= facts.lag_days else "days.beyond")


def _of_amount(facts: Facts, found: Findings) -> None:
    view, notice, loan = found.view, found.notice, found.match.loan
    if notice.amount is None:
        facts.add("amount.none")
        return
    shown = _quote_amount(view, notice)
    if notice.amount == 0:
        nothing = all(amount.value == 0 for amount in view.amounts)
        facts.add("amount.zero" if nothing else "amount.fits", shown)
        return
    if loan is None:
        return
    monthly = loan.monthly_amount
    penalty = "marks.penalty" in facts.held
    if monthly is None or _is_card(loan, found) or _pays_one(notice.amount, monthly, penalty):
        facts.add("amount.fits", shown)
    else:
        facts.add("amount.differs", shown)
        facts.add_if(notice.amount * SMALL_SHARE < monthly, "amount.small", shown)


def _pays_one(amount: Decimal, monthly: Decimal, penalty: bool) -> bool:  # noqa: FBT001  a plain fact
    return amount == monthly or (penalty and amount > monthly)


def _is_card(loan: Loan, found: Findings) -> bool:
    """Whether a loan is billed by what was spent, so that any sum fits."""
    if loan.product and any(word in loan.product for word in found.view.card_words):
        return True
    rows = (found.directory.by_id.get(key) for key in found.notice.lenders)
    return found.notice.kind is Kind.STATEMENT and any(row and row.kind == "bank" for row in rows)


def _quote_amount(view: View, notice: Notice) -> Quote | None:
    for amount in view.amounts:
        if amount.value == notice.amount:
            return view.quote((amount.start, amount.end))
    return None


def recheck_on(facts: Facts) -> date | None:
    """Return the day on which a lagging notice is to be looked at again."""
    since = facts.settled_on or facts.paid_on
    return None if since is None else since + timedelta(days=facts.lag_days + 1)
