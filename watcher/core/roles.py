"""What each sum in a message is: owed, a minimum, a penalty, paid, or something else.

Which words give a sum its role is knowledge and stands in `rules/words.toml`; the lists
that this file asks for are `ROLES`.
"""

from watcher.core.extract import Amount
from watcher.core.spans import around
from watcher.core.view import View

ROLES = (
    "amount.rest",
    "amount.total",
    "amount.due",
    "amount.minimum",
    "amount.penalty",
    "amount.paid",
    "amount.beyond",
    "amount.other",
)
"""Word lists that say what a sum is; the nearest before the sum counts, else one just after it."""

OWED = frozenset({"amount.rest", "amount.total", "amount.due", "amount.minimum", "amount.beyond"})
"""Roles of what is said to be owed."""

BEFORE, AFTER = 14, 7
"""How far (characters) a role word may stand before and after the sum it speaks of."""

BOOKED_WITHIN = 18

LEFT_ASIDE = ("忽略", "勿理", "理会", "无视", "略过", "不用管", "不必管", "没看见", "没看到")
ASIDE_WITHIN = 10
"""A deed that only those who did it are told of ("if paid, ignore this"), and how near that is."""
DENIALS_OF_BOOKING = ("未", "没", "失败", "请", "如", "若", "不", "。", ";", "!", "元")

ENDS_OF_DEED = (*",。;!\n", "元", "未", "没", "应", "欠", "差", "余", "剩")

CLAUSE_ENDS = ",。;!\n"

DENIED_WITHIN = 5
"""How far (characters) a denial may stand before a word of payment."""

FULL_STOPS = "。!?"
"""What stands before one of these says nothing of the sum."""

NEARER = 4
"""By so much a word after the sum must be nearer than one before it to count instead."""

ADJACENT = 1
"""A word of payment this near after the sum ("还款520元成功") counts before all others."""

DENIALS = frozenset("未没,、。;不")
"""Unless one of these stands between."""


def roles(view: View) -> tuple[tuple[Amount, str | None], ...]:
    """Pair each sum of a view with its role, None where no word near it gives one."""
    if view.roles is None:
        found: list[tuple[Amount, str | None]] = []
        before = 0
        for amount in view.amounts:
            said = max(view.reading.dense.rfind(mark, before, amount.start) for mark in FULL_STOPS)
            found.append((amount, _role(view, amount, max(before, said + 1))))
            before = amount.end
        view.roles = tuple(found)
    return view.roles


def _role(view: View, amount: Amount, floor: int) -> str | None:
    """Find the nearest word before the sum (not beyond another sum), else just after it."""
    if _booked(view, amount):
        return "amount.paid"
    best: tuple[int, int, str] | None = None
    behind: tuple[int, int, str] | None = None
    for role in ROLES:
        spans = view.lists.get(role, ())
        for start, end in around(spans, amount.start - BEFORE, amount.end + AFTER):
            if floor <= start and end <= amount.start and amount.start - end <= BEFORE:
                said = _denied(view, start) if role == "amount.paid" else role
                best = max(best or (-1, -1, ""), (end, end - start, said))
            elif amount.end <= start <= amount.end + AFTER and _same_clause(
                view.reading.dense, amount.end, start
            ):
                behind = min(behind or (1 << 30, 0, ""), (start, start - end, role))
    if behind is not None and behind[2] == "amount.paid":
        between = view.reading.dense[amount.end : behind[0]]
        if not between or (len(between) <= ADJACENT and between not in DENIALS):
            return behind[2]
    if behind is None:
        return best[2] if best else None
    if best is not None and amount.start - best[0] <= behind[0] - amount.end + NEARER:
        return best[2]
    return behind[2]


def _denied(view: View, start: int) -> str:
    """Take a word of payment that is denied (没看到入账) for a word of debt."""
    before = view.reading.dense[max(0, start - DENIED_WITHIN) : start]
    clause = before[max(before.rfind(mark) for mark in CLAUSE_ENDS) + 1 :]
    return "amount.due" if any(denial in clause for denial in "未没无") else "amount.paid"


def _booked(view: View, amount: Amount) -> bool:
    """Whether the clause goes on to say that the sum was taken or paid (…已足额扣收)."""
    dense = view.reading.dense
    for start, end in around(
        view.lists.get("amount.booked", ()), amount.end, amount.end + BOOKED_WITHIN
    ):
        if amount.end <= start <= amount.end + BOOKED_WITHIN:
            between = dense[amount.end : start]
            aside = dense[end : end + ASIDE_WITHIN]
            if not any(denial in between for denial in DENIALS_OF_BOOKING) and not any(
                word in aside for word in LEFT_ASIDE
            ):
                return True
    return _just_done(view, amount)


def _just_done(view: View, amount: Amount) -> bool:
    """Whether the clause leads up to the sum with a deed that is done (成功代扣…2741元)."""
    dense = view.reading.dense
    deeds = view.lists.get("amount.just_done", ())
    return any(
        start >= amount.start - BEFORE
        and end <= amount.start
        and not any(mark in dense[end : amount.start] for mark in ENDS_OF_DEED)
        for start, end in around(deeds, amount.start - BEFORE, amount.start)
    )


def _same_clause(text: str, start: int, end: int) -> bool:
    return not any(mark in text[start:end] for mark in CLAUSE_ENDS)
