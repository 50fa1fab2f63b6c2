"""The directory of lenders: who they are, by which names they sign, where they really are.

A row keeps the basis of each fact. A missing fact lowers certainty; it never makes a fraud.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final

LENDER_KINDS: Final = (
    *("platform", "marketplace", "microloan", "consumer_finance", "auto_finance"),
    *("bank", "bank_product", "closed"),
)
"""On which depends what a letter may demand of it, and by when it has to answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lender:
    """One row of the directory; `hotline` is shown to the user only where `hotline_show`.

    `kind` is one of `LENDER_KINDS`. `former_names` are brands that this lender has given up:
    they still find the row, but a notice signed with one needs a closer look, from `renamed_on`
    on where that is known. `lag_days` is how many calendar days after settlement a notice may
    still be plain data lag.
    """

    id: str
    name: str
    kind: str
    aliases: tuple[str, ...] = ()
    former_names: tuple[str, ...] = ()
    renamed_on: date | None = None
    signatures: tuple[str, ...] = ()
    """Names too ordinary to be looked for in a text; they count as the whole signature only."""
    products: tuple[str, ...] = ()
    company: str | None = None
    hotline: str | None = None
    hotline_show: bool = False
    domains: tuple[str, ...] = ()
    certificate: str | None = None
    dead: bool = False
    lag_days: int = 7
    basis: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """All lenders, found by id or by any name."""

    lenders: tuple[Lender, ...]
    by_id: Mapping[str, Lender]
    by_name: Mapping[str, tuple[str, ...]]
    """Each name, alias, former name and product -> ids of its rows, in directory order."""

    by_signature: Mapping[str, tuple[str, ...]]
    """Each name that counts only as a whole signature -> ids of its rows."""
    former: Mapping[str, date | None]
    """Names of brands that were given up or renamed -> since when, where that is known."""
    fold: Callable[[str], str] = str
    """How a name that somebody else writes (traditional characters) is brought to these."""

    @classmethod
    def of(cls, lenders: Iterable[Lender], fold: Callable[[str], str] = str) -> "Directory":
        """Index lenders by id and by every name they go by."""
        rows = tuple(lenders)
        signed: dict[str, list[str]] = {}
        for row in rows:
            for name in row.signatures:
                signed.setdefault(name, []).append(row.id)
        names: dict[str, list[str]] = {}
        for row in rows:
            for name in dict.fromkeys((row.name, *row.aliases, *row.former_names, *row.products)):
                names.setdefault(name, []).append(row.id)
        return cls(
            lenders=rows,
            by_signature=MappingProxyType({name: tuple(ids) for name, ids in signed.items()}),
            former=MappingProxyType(
                {name: row.renamed_on for row in rows for name in row.former_names}
            ),
            by_id=MappingProxyType({row.id: row for row in rows}),
            by_name=MappingProxyType({name: tuple(ids) for name, ids in names.items()}),
            fold=fold,
        )
