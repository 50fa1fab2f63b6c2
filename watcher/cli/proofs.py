"""Proof files on the command line: taken with a loan, shown with it, and what is said of them."""

from collections.abc import Iterable
from typing import Any

from watcher.casework import proofs
from watcher.casework.looks import Looks, looks_at
from watcher.casework.proofs import Proof, Staged
from watcher.cli.context import Context
from watcher.clock import SystemClock
from watcher.userfiles.folders import state_folder


def keep(speaker: Context, copies: Iterable[Staged], loan: str) -> None:
    """Keep copies as proof for a loan, and say so."""
    clock = SystemClock()
    for copy in copies:
        proof = proofs.claim(state_folder(), copy, loan, clock.now())
        speaker.print("proof.kept", file=copy.name, id=loan, sha256=proof.sha256)
        looks = looks_at(proof.path)
        if looks is not Looks.USUAL:
            condition = speaker.say(f"evidence.condition.{looks.value}")
            speaker.hint(speaker.say("evidence.flaw", file=copy.name, condition=condition))


def proof_form(proof: Proof) -> dict[str, Any]:
    """Return a proof as the JSON object that programs get."""
    return {
        "name": proof.name,
        "bytes": proof.size,
        "sha256": proof.sha256,
        "added_at": proof.added_at.isoformat(timespec="seconds"),
        "path": str(proof.path) if proof.path.exists() else None,
    }
