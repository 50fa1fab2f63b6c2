"""Letters filled from a case: what the user's ledger and the calendar know, the rest left blank.

Pure. Nothing that a sender wrote is ever filled in, not even a number to be complained of:
the user copies that from the original, or attaches it. Of the messages only their days,
their count and their channel count as known.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Self
from zoneinfo import ZoneInfo

from watcher.core.correspondence import BLANK, FACTS_FOR, Letter, Part, Recipient
from watcher.core.ledger import Ledger
from watcher.core.lenders import Directory
from watcher.core.life import CaseChange
from watcher.core.match import is_guess
from watcher.core.model import Case, Loan, LoanStatus, Phrase, Verdict
from watcher.core.rules import Text
from watcher.phrases import Phrases

SUPERVISED: Final = frozenset({"bank", "bank_product", "consumer_finance"})
"""Lenders that must answer a complaint within the 15 days of the national regulator."""
LOCAL: Final = frozenset({"microloan"})
"""Lenders that the local financial administration supervises."""
OBJECTION: Final = "T1"
"""The letter to the lender of which a complaint tells."""
PAID: Final = "F+"
"""The checklist of those who have already paid."""

_VERDICTS: Final = {
    Verdict.FRAUDULENT: "fraud",
    Verdict.NOT_MINE: "not-mine",
    Verdict.POSSIBLY_OWED: "doubtful",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What may be filled in, and what letters and their parts depend on."""

    values: Mapping[str, object] = field(repr=False)
    circumstances: frozenset[str]
    checklists: frozenset[str]

    @classmethod
    def of(  # noqa: PLR0913  all that is known of a case
        cls,
        leading: Case,
        cases: Sequence[Case],
        ledger: Ledger,
        directory: Directory,
        chosen: Iterable[str] = (),
        *,
        changes: Iterable[CaseChange] = (),
    ) -> Self:
        """Gather it from the messages of one case.

        `chosen` are checklists that the user added, `changes` what became of the case so far.
        """
        verdict = leading.judgement.verdict
        checklists = frozenset((*leading.judgement.checklists, *chosen))
        loan = _loan(leading, ledger)
        circumstances = {_VERDICTS[verdict]} if verdict in _VERDICTS else set()
        if PAID in checklists:
            circumstances.add("paid")
        if loan:
            circumstances.add("settled" if loan.status is LoanStatus.SETTLED else "open")
        certain = not is_guess(leading.match)
        kinds = _kinds(leading, loan, ledger, directory) if certain else frozenset()
        if kinds and kinds <= SUPERVISED:
            circumstances.add("supervised")
        if kinds and kinds <= LOCAL:
            circumstances.add("local")
        values = {
            **_of_messages(cases, ledger),
            "name": ledger.holder.name,
            "claimed": leading.match.lender if leading.notice.lenders else None,
            **(_of_loan(leading, loan) if certain else {}),
            "objected_on": _objected_on(changes),
        }
        return cls(
            values={name: value for name, value in values.items() if value},
            circumstances=frozenset(circumstances),
            checklists=checklists,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a letter; of a `blank` the text says what is to be written there."""

    text: str = field(repr=False)
    blank: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A part of a letter with its blanks filled as far as that goes; `gloss` is English."""

    id: str
    heading: bool
    text: tuple[Piece, ...]
    gloss: tuple[Piece, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A letter for one case; what is blank is for the user to write."""

    id: str
    title: Text
    sending: Text
    paragraphs: tuple[Paragraph, ...]

    @property
    def blanks(self) -> tuple[str, ...]:
        """What is still to be written, in Chinese and in order, each once."""
        pieces = (piece for one in self.paragraphs for piece in one.text if piece.blank)
        return tuple(dict.fromkeys(piece.text for piece in pieces))

    @property
    def sources(self) -> tuple[str, ...]:
        """What the claims in this letter rest on, each once."""
        return tuple(dict.fromkeys(source for one in self.paragraphs for source in one.sources))

    def plain(self, phrases: Phrases) -> str:
        """Return the letter in Chinese, or its gloss in English, as plain text."""
        chinese = phrases.language == "zh"
        lines = [self.title.zh if chinese else self.title.en]
        for one in self.paragraphs:
            said = "".join(
                _marked(piece, phrases) for piece in (one.text if chinese else one.gloss)
            )
            lines.append(f"\n{said}" if one.heading else said)
        return "\n\n".join(lines) + "\n"


def offered(letters: Mapping[str, Letter], known: Known) -> tuple[Letter, ...]:
    """Return the letters that this case calls for, the first one first."""
    return tuple(
        one for one in possible(letters, known) if not known.checklists.isdisjoint(one.checklists)
    )


def possible(letters: Mapping[str, Letter], known: Known) -> tuple[Letter, ...]:
    """Return the letters that could be true of this case."""
    return tuple(one for one in letters.values() if one.fits(known.circumstances))


def write(letter: Letter, known: Known) -> Draft:
    """Fill a letter with what is known and may be told to whom it is for."""
    return Draft(
        id=letter.id,
        title=letter.title,
        sending=letter.sending,
        paragraphs=tuple(
            _paragraph(part, letter.to, known)
            for part in letter.parts
            if part.fits(known.circumstances)
        ),
    )


def _paragraph(part: Part, to: Recipient, known: Known) -> Paragraph:
    return Paragraph(
        id=part.id,
        heading=part.heading,
        text=tuple(_pieces(part.text.zh, to, known, _CHINESE)),
        gloss=tuple(_pieces(part.text.en, to, known, _ENGLISH)),
        sources=part.sources,
    )


def _pieces(text: str, to: Recipient, known: Known, phrases: Phrases) -> Iterator[Piece]:
    end = 0
    for blank in BLANK.finditer(text):
        if blank.start() > end:
            yield Piece(text=text[end : blank.start()])
        end = blank.end()
        fact = blank["fact"]
        value = known.values.get(fact) if fact in FACTS_FOR[to] else None
        if value is not None:
            yield Piece(text=_shown(value, phrases))
        else:
            label = phrases.say(f"letter.fact.{fact}") if fact else blank["label"]
            yield Piece(text=label, blank=True)
    if end < len(text):
        yield Piece(text=text[end:])


def _shown(value: object, phrases: Phrases) -> str:
    if isinstance(value, tuple):
        return phrases.show([_shown(one, phrases) for one in value])
    return phrases.render(value) if isinstance(value, Phrase) else phrases.show(value)


def _marked(piece: Piece, phrases: Phrases) -> str:
    return phrases.say("letter.blank", {"what": piece.text}) if piece.blank else piece.text


def _loan(case: Case, ledger: Ledger) -> Loan | None:
    """Return the loan as the ledger has it now; none where the notice means someone else."""
    if case.match.loan is None or case.judgement.verdict is Verdict.NOT_MINE:
        return None
    return ledger.by_id.get(case.match.loan.id)


def _objected_on(changes: Iterable[CaseChange]) -> date | None:
    """Return when the user last objected to the lender in writing."""
    days = [one.sent_on for one in changes if one.letter == OBJECTION]
    return days[-1] if days else None


def _kinds(case: Case, loan: Loan | None, ledger: Ledger, directory: Directory) -> frozenset[str]:
    """Return of which kinds the lender may be; none where that is not known of each."""
    named = directory.by_name.get(case.match.lender or "", ())
    keys = ledger.lenders[loan.id] if loan else named
    rows = [directory.by_id.get(key) for key in keys]
    return frozenset(row.kind for row in rows if row) if all(rows) else frozenset()


def _of_messages(cases: Sequence[Case], ledger: Ledger) -> dict[str, object]:
    zone = ZoneInfo(ledger.holder.timezone)
    days = sorted(one.message.received_at.astimezone(zone).date() for one in cases)
    channels = dict.fromkeys(one.message.channel for one in cases)
    return {
        "period": days[0] if days[0] == days[-1] else _period(days[0], days[-1]),
        "received_on": days[-1],
        "times": len(cases),
        "channel": tuple(Phrase(id=f"letter.channel.{one.value}") for one in channels),
    }


def _period(first: date, last: date) -> Phrase:
    return Phrase(id="letter.period", values={"first": first, "last": last})


def _of_loan(case: Case, loan: Loan | None) -> dict[str, object]:
    return {
        "lender": loan.lender if loan else case.match.lender,
        "product": loan.product if loan else None,
        "tail": loan.account_tails if loan else None,
        "principal": loan.principal if loan else None,
        "settled_on": loan.settled_on if loan else None,
    }


_CHINESE: Final = Phrases("zh")
_ENGLISH: Final = Phrases("en")
"""A letter is in Chinese and its gloss in English, whatever language the program speaks."""
