"""The values that travel through the pipeline, from a message to a case.

Rules for this file: values only. No parsing, no judging, no I/O; everything is frozen.
Texts, names, amounts and numbers of accounts are `repr=False`, so that no log line or
traceback can show them.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

PhraseValue = str | int | Decimal | date | datetime | None

NO_VALUES: Mapping[str, PhraseValue] = MappingProxyType({})


class Channel(StrEnum):
    """How a message reached the user."""

    SMS = "sms"
    EMAIL = "email"


class Field(StrEnum):
    """The part of a message that a quote stands in."""

    TEXT = "text"
    HTML = "html"
    SUBJECT = "subject"
    SENDER = "sender"
    HEADERS = "headers"


class Kind(StrEnum):
    """What a message is, in the order that decides where several fit."""

    SETTLEMENT_RECEIPT = "settlement_receipt"
    PAYMENT_RECEIPT = "payment_receipt"
    DISBURSEMENT = "disbursement"
    DEBT_TRANSFER = "debt_transfer"
    LEGAL_THREAT = "legal_threat"
    COLLECTION = "collection"
    DEBIT_FAILED = "debit_failed"
    OVERDUE = "overdue"
    STATEMENT = "statement"
    DUE_REMINDER = "due_reminder"
    CREDIT_REPAIR_OFFER = "credit_repair_offer"
    MARKETING = "marketing"
    OTHER = "other"


DEMANDING = frozenset(
    {
        Kind.LEGAL_THREAT,
        Kind.COLLECTION,
        Kind.DEBIT_FAILED,
        Kind.OVERDUE,
        Kind.STATEMENT,
        Kind.DUE_REMINDER,
    },
)
"""The kinds that say a sum is owed."""


class Verdict(StrEnum):
    """What a notice turned out to be; a message that is no notice has none (`None`)."""

    FRAUDULENT = "fraudulent"
    NOT_MINE = "not_mine"
    POSSIBLY_OWED = "possibly_owed"
    UNSURE = "unsure"
    STALE = "stale"
    LAGGING = "lagging"
    EXPECTED = "expected"


SEVERITY: Mapping[Verdict | None, int] = MappingProxyType(
    {
        Verdict.FRAUDULENT: 4,
        Verdict.UNSURE: 3,
        Verdict.POSSIBLY_OWED: 3,
        Verdict.STALE: 3,
        Verdict.NOT_MINE: 3,
        Verdict.LAGGING: 2,
        Verdict.EXPECTED: 1,
        None: 0,
    },
)
"""Which verdict is the worse one; more text never makes a verdict milder."""


class Strength(StrEnum):
    """How much a signal counts: a hard one decides, two strong ones do, weak ones only explain."""

    HARD = "hard"
    STRONG = "strong"
    WEAK = "weak"


class Urgency(StrEnum):
    """How loudly an alert is shown."""

    LOW = "low"
    NORMAL = "normal"
    CRITICAL = "critical"


class LoanStatus(StrEnum):
    """What the user says of a loan."""

    SETTLED = "settled"
    ACTIVE = "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Something to say: the id of an entry in `watcher/phrases` and what fills its blanks."""

    id: str
    values: Mapping[str, PhraseValue] = field(default_factory=lambda: NO_VALUES, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A decoded message, not yet understood.

    `received_at` is aware and is the moment as of which the message is judged.
    `unreadable` is a phrase id where the content could not be read (fully): such a
    message becomes an `unsure` case. `headers` keep the order in which they stood.
    `codes` are the texts of QR codes in its images; they are read as its last lines
    (`core/codes.py`). `source` names the file or mailbox it came from, `place` where in there it
    stands, so that it can be fetched again; they are no part of what is judged.
    """

    id: str
    channel: Channel
    received_at: datetime
    sender: str | None = field(default=None, repr=False)
    subject: str | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)
    html: str | None = field(default=None, repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    unreadable: str | None = None
    codes: tuple[str, ...] = field(default=(), repr=False)
    source: str | None = field(default=None, repr=False, compare=False)
    place: str | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """One loan of the user's ledger, as the user describes it."""

    id: str
    lender: str
    status: LoanStatus
    product: str | None = None
    account_tails: tuple[str, ...] = field(default=(), repr=False)
    principal: Decimal | None = field(default=None, repr=False)
    opened_on: date | None = None
    settled_on: date | None = None
    due_day: int | None = None
    monthly_amount: Decimal | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The user: whose loans these are, and in which time zone their days are counted."""

    name: str | None = field(default=None, repr=False)
    timezone: str = "Asia/Shanghai"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The exact characters the user received that show a finding.

    `start` and `end` are code points of the named field (of an HTML body: of its
    extracted text), so that `field[start:end] == text`.
    """

    field: Field
    text: str = dataclasses.field(repr=False)
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One finding that speaks for fraud, with the words that show it."""

    rule: str
    strength: Strength
    quote: Quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a message says about a debt.

    `lender` is the id of a directory row, or a ledger's own name where the directory has
    none; `lenders` are all that could be meant, best first. `amount` is in CNY and as
    docs/judgement.md "Fields" defines it. `debtor` is the person the message names as the one who
    owes. `marks` are the names of the word lists and checks that were found.
    """

    kind: Kind
    lenders: tuple[str, ...] = ()
    amount: Decimal | None = field(default=None, repr=False)
    minimum: Decimal | None = field(default=None, repr=False)
    due_on: date | None = None
    overdue_days: int | None = None
    account_tails: tuple[str, ...] = field(default=(), repr=False)
    card_tails: tuple[str, ...] = field(default=(), repr=False)
    signature: str | None = field(default=None, repr=False)
    debtor: str | None = field(default=None, repr=False)
    marks: frozenset[str] = frozenset()

    @property
    def demands(self) -> bool:
        """Whether the notice says that a sum is owed."""
        return self.kind in DEMANDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which loan a notice is about, and which facts say so.

    `lender` is the name to show: the ledger's where a loan of the ledger is meant, else
    the directory's. `rivals` are loans that fit as well. `reasons` are phrases.
    """

    lender: str | None = None
    loan: Loan | None = None
    rivals: tuple[Loan, ...] = ()
    reasons: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One piece of evidence for or against a cause; `quote` where the message itself shows it."""

    phrase: Phrase
    quote: Quote | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A hypothesis why the notice came: an id of `rules/causes.toml` with its evidence."""

    id: str
    speaks_for: tuple[Ground, ...] = ()
    speaks_against: tuple[Ground, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The verdict with everything that explains it; `row` is the verdict table's row."""

    verdict: Verdict | None
    row: str
    causes: tuple[Cause, ...] = ()
    signals: tuple[Signal, ...] = ()
    checklists: tuple[str, ...] = ()
    would_change: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What the desktop is asked to show; `recheck_on` is set for a verdict `lagging`."""

    urgency: Urgency
    recheck_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What history keeps of a message: enough to judge later messages by."""

    message_id: str
    received_at: datetime
    kind: Kind
    verdict: Verdict | None = None
    sender: str | None = field(default=None, repr=False)
    lenders: tuple[str, ...] = ()
    loan: str | None = None
    amount: Decimal | None = field(default=None, repr=False)
    due_on: date | None = None
    account_tails: tuple[str, ...] = field(default=(), repr=False)
    marks: frozenset[str] = frozenset()
    signature: str | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)
    """The text of a half of a notice, until its other half has come; else None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A message with all that was found, kept together from message to alert.

    `key` is equal for notices on the same debt (same loan or lender, amount and date), so
    that they are alerted once. `evidence` is what history learns, where it learns anything.
    """

    message: Message
    notice: Notice
    match: Match
    judgement: Judgement
    summary: Phrase
    key: str
    alert: Alert | None = None
    evidence: Evidence | None = None
