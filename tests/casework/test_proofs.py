"""Proof files: copied, hashed, private, one copy each, and whole or not there at all."""

import os
import resource
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from tests.casework.packed import PDF
from watcher.casework import proofs
from watcher.casework.proofs import LARGEST, MOST, Proof
from watcher.errors import SourceUnavailable, UserError

NOW = datetime(2026, 7, 20, 4, tzinfo=UTC)
LOAN = "招联/../2025"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def add(state: Path, content: bytes, name: str = "结清证明.pdf", loan: str = LOAN) -> Proof:
    return proofs.claim(state, proofs.receive(state, name, [content], NOW), loan, NOW)


def everything(state: Path) -> list[Path]:
    return [path for path in state.rglob("*") if path.is_file()]


def test_a_proof_is_a_private_copy_with_its_hash_and_name(state: Path) -> None:
    umask = os.umask(0)
    try:
        proof = add(state, PDF)
    finally:
        os.umask(umask)
    assert proofs.of_loan(state, LOAN) == (proof,)
    assert proof.path.read_bytes() == PDF
    assert (proof.name, proof.size, proof.added_at) == ("结清证明.pdf", len(PDF), NOW)
    assert proof.sha256 == sha256(PDF).hexdigest()
    assert state / "evidence" / "proofs" in proof.path.parents
    for path in state.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_the_same_file_added_twice_is_one(state: Path) -> None:
    first = add(state, PDF)
    assert add(state, PDF, "other name.pdf") == first
    assert proofs.of_loan(state, LOAN) == (first,)
    assert len(everything(state)) == 2


def test_each_loan_has_its_own_proofs(state: Path) -> None:
    add(state, PDF)
    add(state, PDF, loan="b")
    assert proofs.remove(state, LOAN) == 1
    assert proofs.of_loan(state, LOAN) == ()
    assert len(proofs.of_loan(state, "b")) == 1
    assert proofs.loans_with_proofs(state) == {"b"}


def test_the_files_named_are_copied_and_those_not_claimed_are_deleted(
    state: Path, tmp_path: Path
) -> None:
    files = [tmp_path / "one.pdf", tmp_path / "two.pdf"]
    for file in files:
        file.write_bytes(PDF + file.name.encode())
    with proofs.staged(state, files, NOW) as (one, _two):
        proofs.claim(state, one, LOAN, NOW)
    assert [proof.name for proof in proofs.of_loan(state, LOAN)] == ["one.pdf"]
    assert len(everything(state)) == 2
    assert all(file.exists() for file in files)


def test_a_proof_of_twenty_mebibytes_is_kept_and_one_byte_more_is_not(state: Path) -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1024**2
            yield b"x" * 1024**2

    add(state, b"x" * LARGEST)
    with pytest.raises(UserError, match=r"proof\.too_big"):
        proofs.receive(state, "film.mp4", endless(), NOW)
    assert taken <= LARGEST + 1024**2
    assert len(everything(state)) == 2


def test_what_is_empty_or_no_file_is_refused_and_leaves_nothing(
    state: Path, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty.pdf").touch()
    good = tmp_path / "good.pdf"
    good.write_bytes(PDF)
    for bad, says in (
        ("pipe", r"proof\.no_file"),
        ("empty.pdf", r"proof\.empty"),
        ("", r"proof\.no_file"),
        ("missing", r"cli\.no_file"),
    ):
        with (
            pytest.raises(UserError, match=says),
            proofs.staged(state, [good, tmp_path / bad], NOW),
        ):
            pytest.fail("nothing is staged")
    assert everything(state) == []


def test_a_loan_has_no_end_of_proofs(state: Path) -> None:
    for number in range(MOST):
        add(state, str(number).encode())
    with pytest.raises(UserError, match=r"proof\.too_many"):
        add(state, b"one more")
    assert len(proofs.of_loan(state, LOAN)) == MOST


def test_a_full_disk_leaves_no_half_proof(state: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(SourceUnavailable, match=r"store\.cannot_save"):
            add(state, b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert everything(state) == []


def test_a_copy_whose_note_is_lost_or_broken_still_counts(state: Path) -> None:
    proof = add(state, PDF)
    note = proof.path.with_suffix(".json")
    for broken in ("", "[]", '{"name": 3}', "[" * 60_000, '{"added_at": "never"}'):
        note.write_text(broken)
        [found] = proofs.of_loan(state, LOAN)
        assert (found.sha256, found.path) == (proof.sha256, proof.path)
    note.unlink()
    [found] = proofs.of_loan(state, LOAN)
    assert found.sha256 == proof.sha256
    assert proofs.remove(state, LOAN) == 1
    assert everything(state) == []


def test_what_a_kill_left_unfinished_goes_with_the_next_but_one_day(state: Path) -> None:
    left = proofs.receive(state, "a.pdf", [PDF], NOW)
    at = (NOW - timedelta(hours=23)).timestamp()
    os.utime(left.path, (at, at))
    add(state, PDF)
    assert left.path.exists()
    os.utime(left.path, (at, at))
    proofs.receive(state, "b.pdf", [PDF], NOW + timedelta(days=1))
    assert not left.path.exists()
