"""`loan-watcher evidence` and the proofs of `loan-watcher loan`, as a person uses them."""

import json
import os
import stat
from pathlib import Path

import pytest

from tests.cli.running import LOANS, OVERDUE, Run
from watcher.clock import SystemClock
from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.model import Channel, Message
from watcher.core.pipeline import process
from watcher.store import Store
from watcher.userfiles.loans import read_loans

PDF = b"%PDF-1.7\nsettled\n%%EOF\n"


@pytest.fixture
def ledger(home: Path) -> Path:
    """A ledger with one loan."""
    folder = home / "config" / "loan-watcher"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "loans.toml").write_text(LOANS, encoding="utf-8")
    return folder / "loans.toml"


@pytest.fixture
def noticed(home: Path, ledger: Path, rules: Rules) -> Path:
    """A state folder with one case, an old claim on that loan."""
    loans, _ = read_loans(ledger, rules.directory)
    assert loans is not None
    now = SystemClock().now()
    message = Message(id="1", channel=Channel.SMS, received_at=now, sender="1069", text=OVERDUE)
    state = home / "state" / "loan-watcher"
    with Store.open(state, now) as store:
        store.record([process(message, rules, loans, History())], now=now)
    return state


@pytest.fixture
def proof(tmp_path: Path) -> Path:
    file = tmp_path / "结清证明.pdf"
    file.write_bytes(PDF)
    return file


def test_a_pack_is_written_checked_and_warned_of(
    run: Run, noticed: Path, tmp_path: Path, proof: Path
) -> None:
    assert run("loan", "edit", "haoqidai", "--proof", proof).code == 0
    ran = run("evidence", 1, "--into", tmp_path)
    assert ran.code == 0
    assert "不要发给来信或来电的人" in ran.err
    pack = tmp_path / "loan-watcher-case-1.zip"
    assert "loan-watcher-case-1.zip" in ran.out
    assert stat.S_IMODE(pack.stat().st_mode) == 0o600
    told = json.loads(run("evidence", "--verify", pack, "--json").out)
    assert told["whole"] is True
    assert told["sha256"] in ran.out
    again = json.loads(run("evidence", 1, "--into", tmp_path, "--json").out)
    assert (again["new"], again["sha256"]) == (False, told["sha256"])
    data = bytearray(pack.read_bytes())
    data[data.index(PDF)] ^= 1
    pack.write_bytes(data)
    ran = run("evidence", "--verify", pack)
    assert (ran.code, ran.out) == (2, "")
    assert "proofs/001.pdf" in ran.err
    assert noticed.is_dir()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "二者选一"),
        (("1", "--verify", "x.zip"), "二者选一"),
        (("99", "--into", "."), "99"),
        (("1",), "--into"),
        (("--verify", "/nowhere.zip"), "找不到文件"),
        (("--verify", os.devnull), "不是普通文件"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    run: Run, noticed: Path, words: tuple[str, ...], said: str
) -> None:
    ran = run("evidence", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert noticed.is_dir()


def test_a_loan_is_added_with_its_proofs_and_keeps_them_until_asked(
    run: Run, ledger: Path, home: Path, proof: Path
) -> None:
    cut = proof.with_name("cut.png")
    cut.write_bytes(b"\x89PNG\r\n\x1a\n")
    added = run("loan", "add", "--lender", "微粒贷", "--id", "w", "--proof", proof, "--proof", cut)
    assert added.code == 0
    assert "cut.png" in added.err
    [kept] = [one for one in json.loads(run("loan", "list", "--json").out) if one["id"] == "w"]
    assert [one["name"] for one in kept["proofs"]] == ["结清证明.pdf", "cut.png"]
    assert Path(kept["proofs"][0]["path"]).read_bytes() == PDF
    removed = run("loan", "remove", "w")
    assert "--with-proofs" in removed.err
    assert run("loan", "remove", "w", "--with-proofs").code == 0
    proofs = home / "state" / "loan-watcher" / "evidence" / "proofs"
    assert not list(proofs.rglob("*.proof"))
    assert 'id = "w"' not in ledger.read_text("utf-8")


def test_nothing_is_added_where_a_proof_cannot_be_taken(
    run: Run, ledger: Path, home: Path, proof: Path
) -> None:
    before = ledger.read_text("utf-8")
    ran = run("loan", "add", "--lender", "微粒贷", "--proof", proof, "--proof", "/nowhere")
    assert ran.code == 2
    assert ledger.read_text("utf-8") == before
    wrong = run("loan", "add", "--lender", "微粒贷", "--due-day", "99", "--proof", proof)
    assert wrong.code == 2
    state = home / "state" / "loan-watcher"
    assert not [path for path in state.rglob("*") if path.is_file()]
