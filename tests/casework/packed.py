"""A state folder with the example's cases, and what a pack of one of them is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

from watcher.casework import proofs
from watcher.casework.evidence import Material
from watcher.casework.gathering import gather
from watcher.cli.demo import PLAYS_AT
from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Message, Verdict
from watcher.core.pipeline import process
from watcher.store import Store

PDF = b"%PDF-1.7\nsettled\n%%EOF\n"


@dataclass(frozen=True)
class Desk:
    """The state folder of the example, opened to be written, and its ledger."""

    store: Store
    state: Path
    ledger: Ledger
    rules: Rules

    def material(self, number: int) -> Material:
        """Gather what the pack of a case is made of; steps are told by their ids."""
        found = gather(self.store, self.state, number, self.ledger, lambda *step: "/".join(step))
        assert found is not None
        return found

    def stale(self) -> int:
        """Return the number of the example's stale case, whose loan has a receipt."""
        return next(row.id for row in self.store.cases() if row.verdict is Verdict.STALE)

    def opened(self, message: Message) -> int:
        """Judge and record a message; return the number of its case."""
        before = {row.id for row in self.store.cases()}
        case = process(message, self.rules, self.ledger, History())
        self.store.record([case], now=PLAYS_AT)
        [number] = {row.id for row in self.store.cases()} - before
        return number

    def add_proof(self, number: int, content: bytes, name: str) -> None:
        """Give the loan of a case a proof."""
        loan = self.material(number).loan
        assert loan is not None
        copy = proofs.receive(self.state, name, [content], PLAYS_AT)
        proofs.claim(self.state, copy, loan.id, PLAYS_AT)


def members(path: Path) -> Mapping[str, bytes]:
    """Read a pack with the standard library, as any other program would."""
    with ZipFile(path) as pack:
        return {name: pack.read(name) for name in pack.namelist()}
