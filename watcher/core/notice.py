"""What a notice says of a debt: whose, how much, when, on which account.

Which words make a card one that only repays is knowledge and stands in `rules/words.toml`
(`card.repayment`).
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import combinations

from watcher.core.due import due_on
from watcher.core.extract.people import TITLES
from watcher.core.ledger import Ledger
from watcher.core.lenders import Directory
from watcher.core.model import DEMANDING, Kind, Notice
from watcher.core.recognise import Recognised
from watcher.core.roles import roles
from watcher.core.spans import Span, around, distance
from watcher.core.view import View

CARD_REACH = 8
ACCOUNT_REACH = 2
"""How near a word must stand to last digits to say what kind of account they are of."""

MINIMUM = (Decimal("0.05"), Decimal("0.1"))
"""Shares of a bill that cards ask as the minimum payment."""

NO_PART = frozenset({"amount.rest", "amount.minimum", "amount.beyond", "amount.other"})
"""Roles of sums that are never principal, interest or penalty of another one."""

LEAST_PART = Decimal("0.75")
"""Of what is owed the instalment is at least so much, the penalty the rest. What is only short of
it was paid in part, and the whole is owed no more."""

MOST_SUMS = 12
"""A text with more sums is a table of several debts; trying their parts would take seconds."""

PAYING = frozenset(
    {Kind.SETTLEMENT_RECEIPT, Kind.PAYMENT_RECEIPT, Kind.DISBURSEMENT},
)


def read_notice(view: View, recognised: Recognised, directory: Directory, ledger: Ledger) -> Notice:
    """Gather the fields of a notice from a view; `view.lenders` is settled before."""
    accounts, cards = _tails(view, directory, ledger)
    amount, minimum = _amounts(view, recognised.kind)
    return Notice(
        kind=recognised.kind,
        lenders=view.lenders,
        amount=amount,
        minimum=minimum,
        due_on=due_on(view),
        overdue_days=_overdue_days(view),
        account_tails=accounts,
        card_tails=cards,
        signature=view.signatures[0].name if view.signatures else None,
        debtor=_debtor(view, folded_holder(view, ledger)),
        marks=frozenset(recognised.marks),
    )


def _amounts(view: View, kind: Kind) -> tuple[Decimal | None, Decimal | None]:
    """Return the sum said to be owed (or paid, or given out) and the minimum payment."""
    by_role: dict[str | None, list[Decimal]] = {}
    for amount, role in roles(view):
        if amount.currency == "CNY":
            by_role.setdefault(role, []).append(amount.value)
    minimum = by_role.get("amount.minimum", [None])[0]
    if kind in DEMANDING or kind is Kind.DEBT_TRANSFER:
        wanted: tuple[str | None, ...] = (
            "amount.rest",
            "amount.total",
            "amount.due",
            None,
            "amount.beyond",
            "amount.paid",
            "amount.penalty",
            "amount.other",
        )
    elif kind in PAYING:
        wanted = (
            "amount.paid",
            None,
            "amount.due",
            "amount.total",
            "amount.rest",
            "amount.penalty",
            "amount.beyond",
        )
    else:
        return None, minimum
    if kind is Kind.STATEMENT:
        total = _with_minimum([value for values in by_role.values() for value in values])
        if total is not None:
            return total, minimum
    sums = [value for role in wanted for value in by_role.get(role, ())]
    chosen = next((value for value in sums if value), next(iter(sums), None))
    return (_whole(chosen, by_role, kind) if chosen else chosen), minimum


def _whole(amount: Decimal, by_role: Mapping[str | None, Iterable[Decimal]], kind: Kind) -> Decimal:
    """Return the sum of the text of which one is a part: principal, interest and penalty.

    What was paid already and what is left of it make a whole too, but not one that is owed.
    """
    others = {value for role in by_role.keys() - NO_PART for value in by_role[role]} - {amount}
    if len(others) > MOST_SUMS:
        return amount
    wholes = (
        whole
        for whole in others
        if amount < whole
        and (kind in PAYING or amount >= whole * LEAST_PART)
        and any(
            whole == amount + sum(parts)
            for count in (1, 2, 3)
            for parts in combinations(others - {whole}, count)
        )
    )
    return max(wholes, default=amount)


def _with_minimum(sums: Iterable[Decimal]) -> Decimal | None:
    """Find the total of a bill: the largest sum of which another is the minimum payment.

    A table does not say what a number is where the number stands; the shares do.
    """
    values = set(sums)
    cent = Decimal("0.01")
    totals = [
        total
        for total in values
        if total > 1
        and any(abs(total * share - part) <= cent for share in MINIMUM for part in values)
    ]
    return max(totals, default=None)


def _overdue_days(view: View) -> int | None:
    return view.overdue_days[0].days if view.overdue_days else None


def _tails(
    view: View, directory: Directory, ledger: Ledger
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Part last digits of a contract from those of a card that is only used to repay.

    Where a bank reports a payment to another lender, all digits are of its own cards.
    """
    if not view.tails:
        return (), ()
    accounts: list[str] = []
    cards: list[str] = []
    reported = bool(view.signed_by) and set(view.signed_by).isdisjoint(view.lenders)
    repaying = view.lists.get("card.repayment", [])
    banks = sorted(
        at
        for at, ids in view.names
        if not set(ids) & set(view.lenders) and _are_banks(directory, ids)
    )
    deposits = _deposits(view, directory, ledger)
    for tail in view.tails:
        span = (tail.start, tail.end)
        is_card = (
            reported
            or _near(span, banks, CARD_REACH)
            or _near(span, repaying, CARD_REACH)
            or (_near(span, deposits, ACCOUNT_REACH) and not ledger.with_tail(tail.digits))
        )
        (cards if is_card else accounts).append(tail.digits)
    return tuple(dict.fromkeys(accounts)), tuple(dict.fromkeys(cards))


def _deposits(view: View, directory: Directory, ledger: Ledger) -> list[Span]:
    """Find the words for an account at a bank that lent no card: the loan is repaid from it."""
    words = view.lists.get("card.account", [])
    if not words or not _are_banks(directory, view.lenders):
        return []
    held = [loan for key in view.lenders for loan in ledger.by_lender.get(key, ())]
    if not held or any(word in (loan.product or word) for loan in held for word in view.card_words):
        return []
    of_debts = view.lists.get("card.debt", [])
    return [at for at in words if not any(distance(at, one) <= 0 for one in of_debts)]


def _are_banks(directory: Directory, ids: Iterable[str]) -> bool:
    rows = [directory.by_id.get(one) for one in ids]
    return any(row is not None and row.kind == "bank" for row in rows)


def _near(span: Span, words: list[Span], reach: int) -> bool:
    return any(
        distance(at, span) <= reach for at in around(words, span[0] - reach, span[1] + reach)
    )


def folded_holder(view: View, ledger: Ledger) -> str | None:
    """Return the holder's name as folded texts spell it (黃 as 黄)."""
    return view.folding.fold_name(ledger.holder.name) if ledger.holder.name else None


def _debtor(view: View, holder: str | None) -> str | None:
    """Return the person named as the debtor: one to be told, else the one addressed."""
    relayed = [person.name for person in view.people if person.role == "relayed"]
    addressed = [person.name for person in view.people if person.role == "addressed"]
    for names in (relayed, addressed):
        if names:
            return next((name for name in names if holder and same_person(name, holder)), names[0])
    return None


SHORTEST = 2
"""Characters of the shortest whole name; 李生 is a surname with a Cantonese title, or a name."""


def same_person(named: str, holder: str) -> bool:
    """Whether a name as messages write it can be the holder's.

    That is the whole name, a masked one, a surname with a title, or the first name alone.
    """
    name = named
    for title in TITLES:
        name = name.removesuffix(title)
    if len(name) == SHORTEST:
        name = name.removesuffix("生")
    if not name:
        return True
    if "*" not in name:
        first_name = len(name) >= SHORTEST and holder.endswith(name)
        return name == holder or first_name or (len(name) < len(holder) and holder.startswith(name))
    if name.startswith("*"):
        return holder.endswith(name.lstrip("*"))
    if name.endswith("*"):
        return holder.startswith(name.rstrip("*"))
    first, last = name.split("*", 1)[0], name.rsplit("*", 1)[1]
    return holder.startswith(first) and holder.endswith(last)
