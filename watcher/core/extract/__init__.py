"""What can be read off a folded text: sums, days, tails, numbers, links, people, signatures.

Every function is pure and total: it takes any str and never raises. Offsets are those of the
text that was searched. Each begins with a cheap look whether there is anything to find, for
most messages hold nothing, and is linear in the length of the text.
"""

from watcher.core.extract.accounts import find_accounts, may_hold_account
from watcher.core.extract.amounts import Amount, find_amounts, may_hold_sum
from watcher.core.extract.days import Day, OverdueDays, find_days, find_overdue_days
from watcher.core.extract.links import Link, find_links, may_hold_link
from watcher.core.extract.numbers import (
    NumberForm,
    Phone,
    find_person_ids,
    find_phones,
    number_form,
)
from watcher.core.extract.people import Person, PersonRole, find_people
from watcher.core.extract.signatures import OPENINGS, Signature, find_signatures
from watcher.core.extract.tails import Tail, find_tails, may_hold_tail

__all__ = [
    "OPENINGS",
    "Amount",
    "Day",
    "Link",
    "NumberForm",
    "OverdueDays",
    "Person",
    "PersonRole",
    "Phone",
    "Signature",
    "Tail",
    "find_accounts",
    "find_amounts",
    "find_days",
    "find_links",
    "find_overdue_days",
    "find_people",
    "find_person_ids",
    "find_phones",
    "find_signatures",
    "find_tails",
    "may_hold_account",
    "may_hold_link",
    "may_hold_sum",
    "may_hold_tail",
    "number_form",
]
