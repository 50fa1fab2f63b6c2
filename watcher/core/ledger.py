"""The user's loans, found by lender, by id and by the last digits of an account.

A ledger names lenders as the user does. Which rows of the directory that means is decided
once, here, so that matching only looks things up.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Self, TypeVar

from watcher.core.lenders import Directory, Lender
from watcher.core.model import Holder, Loan, LoanStatus

_Key = TypeVar("_Key")

SHORTEST = 3
"""A name of fewer characters is short for too many."""

GENERIC = frozenset(
    "中国银行农商村业合作社联信用消费金融汽车住房公积管理心小额贷款股份有限司科技省市县区城"
)
"""Characters of which names of lenders are made, whichever lender it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LenderNames:
    """Which rows of the directory a name in a ledger means."""

    directory: Directory
    folded: Mapping[str, tuple[str, ...]] = field(repr=False)
    """Every name and company, folded for width and case -> ids of rows, in directory order."""

    @classmethod
    def of(cls, directory: Directory) -> Self:
        """Index the directory by names as people type them."""
        folded: dict[str, dict[str, None]] = {}
        for row in directory.lenders:
            names = (
                row.name,
                *row.aliases,
                *row.former_names,
                *row.signatures,
                *row.products,
                row.company or "",
            )
            for name in names:
                if key := _fold(name):
                    folded.setdefault(key, {})[row.id] = None
        return cls(
            directory=directory,
            folded=MappingProxyType({name: tuple(ids) for name, ids in folded.items()}),
        )

    def resolve(self, name: str, product: str | None = None) -> tuple[str, ...]:
        """Return the ids of the rows that `name` means; none if the directory has no such name.

        A name of several rows means those that the loan's product speaks of, else the row
        that carries it as its canonical name, else all of them.
        """
        said = _fold(self.directory.fold(name))
        ids = self.directory.by_name.get(name) or self.folded.get(said, ())
        if len(ids) < 2:  # noqa: PLR2004  one row or none leaves nothing to decide
            return ids
        rows = [self.directory.by_id[id_] for id_ in ids]
        meant = _of_product(rows, self.directory.fold(product or "")) or [
            row for row in rows if _fold(row.name) == said
        ]
        return tuple(row.id for row in meant) or ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Everything the user says of their loans, indexed.

    A lender's key is the id of its directory row, or the ledger's own name for it where the
    directory has none. A loan whose lender's name means several rows stands under each.
    """

    holder: Holder
    loans: tuple[Loan, ...]
    by_id: Mapping[str, Loan] = field(repr=False)
    by_lender: Mapping[str, tuple[Loan, ...]] = field(repr=False)
    """Key of a lender -> its loans, in the ledger's order."""
    lenders: Mapping[str, tuple[str, ...]] = field(repr=False)
    """Id of a loan -> keys of the lenders it may be from."""
    names: Mapping[str, str] = field(repr=False)
    """Key of a lender -> the name that the ledger uses for it, the first where it uses several."""
    tails: Mapping[str, tuple[Loan, ...]] = field(repr=False)
    """Last digits as the ledger writes them -> the loans that carry them."""
    endings: Mapping[str, tuple[Loan, ...]] = field(repr=False)
    """What last digits end in -> the loans that carry such digits."""
    by_sum: Mapping[Decimal, tuple[Loan, ...]] = field(repr=False)
    """Instalment -> the loans that are paid by it."""
    sums: Mapping[str, tuple[Decimal, ...]] = field(repr=False)
    """Key of a lender -> the instalments by which its loans are paid."""
    active: tuple[Loan, ...] = field(repr=False)
    products: tuple[tuple[str, tuple[str, ...]], ...] = field(repr=False)
    """Each product with the keys of a lender that it is from, in order of appearance."""
    unknown_lenders: tuple[str, ...]
    """Names in the ledger that the directory does not know, in order of appearance."""
    in_full: Mapping[str, frozenset[str]] = field(repr=False)
    """Each full name of a lender, folded -> the keys that go by it."""
    beginnings: Mapping[str, tuple[str, ...]] = field(repr=False)
    """Each character that a short name may begin with -> the full names that have it."""

    @classmethod
    def of(cls, holder: Holder, loans: Iterable[Loan], directory: Directory) -> Self:
        """Index loans by everything that a notice may name; of two equal ids the first counts."""
        rows = tuple(loans)
        names_of = LenderNames.of(directory)
        by_id: dict[str, Loan] = {}
        by_lender: dict[str, list[Loan]] = {}
        tails: dict[str, list[Loan]] = {}
        endings: dict[str, list[Loan]] = {}
        by_sum: dict[Decimal, list[Loan]] = {}
        names: dict[str, str] = {}
        lenders: dict[str, tuple[str, ...]] = {}
        products: dict[tuple[str, tuple[str, ...]], None] = {}
        unknown: dict[str, None] = {}
        resolved: dict[tuple[str, str | None], tuple[str, ...]] = {}
        for loan in rows:
            named = (loan.lender, loan.product)
            if named not in resolved:
                resolved[named] = names_of.resolve(*named)
            keys = resolved[named]
            if not keys:
                unknown[loan.lender] = None
                keys = (loan.lender,)
            by_id.setdefault(loan.id, loan)
            lenders.setdefault(loan.id, keys)
            if loan.product:
                products[loan.product, lenders[loan.id]] = None
            for key in keys:
                by_lender.setdefault(key, []).append(loan)
                names.setdefault(key, loan.lender)
            for tail in dict.fromkeys(loan.account_tails):
                tails.setdefault(tail, []).append(loan)
            for ending in dict.fromkeys(
                tail[at:] for tail in loan.account_tails for at in range(len(tail))
            ):
                endings.setdefault(ending, []).append(loan)
            if loan.monthly_amount is not None:
                by_sum.setdefault(loan.monthly_amount, []).append(loan)
        in_full = _in_full(names, directory)
        return cls(
            holder=holder,
            loans=rows,
            by_id=MappingProxyType(by_id),
            by_lender=_frozen(by_lender),
            lenders=MappingProxyType(lenders),
            names=MappingProxyType(names),
            tails=_frozen(tails),
            endings=_frozen(endings),
            by_sum=_frozen(by_sum),
            sums=MappingProxyType(
                {
                    key: tuple(
                        {one.monthly_amount: None for one in of if one.monthly_amount is not None}
                    )
                    for key, of in by_lender.items()
                }
            ),
            active=tuple(loan for loan in rows if loan.status is LoanStatus.ACTIVE),
            products=tuple(products),
            unknown_lenders=tuple(unknown),
            in_full=in_full,
            beginnings=_beginnings(in_full),
        )

    def shortened(self, name: str) -> tuple[str, ...]:
        """Return the keys of the lenders for whose full name this is short (云溪农商行).

        Short for a name is what leaves characters of it out and begins with none that many
        lenders have in theirs.
        """
        short = _fold(name)
        if len(short) < SHORTEST:
            return ()
        meant = [one for one in self.beginnings.get(short[0], ()) if _in_turn(short, one)]
        return tuple(dict.fromkeys(key for one in meant for key in sorted(self.in_full[one])))

    def with_tail(self, tail: str) -> list[Loan]:
        """Return the loans whose last digits these can be: one end of the other."""
        shorter = (tail[at:] for at in range(1, len(tail)))
        found = [self.endings.get(tail, ()), *(self.tails.get(one, ()) for one in shorter)]
        return list({loan.id: loan for loans in found for loan in loans}.values())


def _in_full(names: Mapping[str, str], directory: Directory) -> Mapping[str, frozenset[str]]:
    """Collect what the ledger and the directory call each lender of the ledger."""
    found: dict[str, set[str]] = {}
    for key, name in names.items():
        row = directory.by_id.get(key)
        for full in (directory.fold(name), *((row.name, row.company or "") if row else ())):
            found.setdefault(_fold(full), set()).add(key)
    return MappingProxyType({name: frozenset(keys) for name, keys in found.items()})


def _beginnings(names: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Index names by those of their characters that not every lender has in its own."""
    found: dict[str, list[str]] = {}
    for name in names:
        for character in set(name) - GENERIC:
            found.setdefault(character, []).append(name)
    return MappingProxyType({character: tuple(of) for character, of in found.items()})


def _in_turn(short: str, full: str) -> bool:
    """Whether the characters of one name stand in another one after the other."""
    rest = iter(full)
    return all(one in rest for one in short)


def _of_product(rows: Iterable[Lender], product: str) -> list[Lender]:
    """Keep the rows that a product's name speaks of, those that name it exactly before others."""
    wanted = _fold(product)
    if not wanted:
        return []
    words = [(row, [_fold(name) for name in (row.name, *row.products)]) for row in rows]
    exactly = [row for row, names in words if wanted in names]
    return exactly or [
        row
        for row, names in words
        if any(name in wanted or wanted in name for name in names if name)
    ]


def _fold(name: str) -> str:
    """Spell a name one way, whatever its width, case and spaces."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _frozen(index: Mapping[_Key, list[Loan]]) -> Mapping[_Key, tuple[Loan, ...]]:
    return MappingProxyType({key: tuple(loans) for key, loans in index.items()})
