"""`loan-watcher export` and `loan-watcher forget`, as a person uses them."""

import json
import os
import socket
from pathlib import Path

import pytest

from tests.cli.running import LOANS, OVERDUE, Run
from watcher.casework import proofs
from watcher.clock import SystemClock
from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.model import Channel, Message
from watcher.core.pipeline import process
from watcher.store import Store
from watcher.store.lock import state_lock
from watcher.userfiles.loans import read_loans

PDF = b"%PDF-1.7\nsettled\n%%EOF\n"


@pytest.fixture
def state(home: Path, rules: Rules, tmp_path: Path) -> Path:
    """A state folder with one case, its proof and a backup."""
    kept, now = home / "state" / "loan-watcher", SystemClock().now()
    before = os.umask(0)
    try:
        folder = home / "config" / "loan-watcher"
        folder.mkdir(parents=True, mode=0o700)
        (folder / "loans.toml").write_text(LOANS, encoding="utf-8")
        ledger, _ = read_loans(folder / "loans.toml", rules.directory)
        assert ledger is not None
        proof = tmp_path / "结清证明.pdf"
        proof.write_bytes(PDF)
        with Store.open(kept, now) as store:
            for text in (OVERDUE, f"王小明{OVERDUE}"):
                message = Message(id=text, channel=Channel.SMS, received_at=now, text=text)
                store.record([process(message, rules, ledger, History())], now=now)
            with proofs.staged(kept, [proof], now) as [copy]:
                proofs.claim(kept, copy, "haoqidai", now)
            store.keep_original(1, b"From: a\r\n\r\nsettled", now)
            store.back_up()
    finally:
        os.umask(before)
    return kept


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_every_file_and_folder_is_the_users_alone_whatever_the_umask(
    run: Run, state: Path, tmp_path: Path
) -> None:
    before = os.umask(0)
    try:
        assert run("export", "--into", tmp_path).code == 0
    finally:
        os.umask(before)
    [export] = tmp_path.glob("loan-watcher-export-*")
    made = [state, *state.rglob("*"), export, *export.iterdir()]
    assert {"backups", "evidence", "proofs", "state.db"} <= {path.name for path in made}
    assert [path for path in made if path.stat().st_mode & 0o077] == []


def test_a_loan_is_forgotten_with_its_proof(run: Run, state: Path) -> None:
    assert b"5512" in on_disk(state)
    ran = run("forget", "--loan", "haoqidai", "--yes", "--json")
    assert ran.code == 0
    assert json.loads(ran.out) == {
        "messages": 2,
        "cases": 1,
        "originals": 1,
        "proofs": 1,
        "left": [],
    }
    assert "loan remove haoqidai" in ran.err
    left = on_disk(state)
    for trace in (OVERDUE.encode(), b"5512", b"haoqidai", PDF):
        assert trace not in left
    assert run("forget", "--loan", "haoqidai", "--yes").code == 2


def test_a_person_is_forgotten(run: Run, state: Path) -> None:
    assert run("forget", "--person", "王小明", "--yes").code == 0
    assert "王小明".encode() not in on_disk(state)
    again = run("forget", "--person", "王小明", "--yes")
    assert again.code == 2
    assert "王小明" in again.err


def test_everything_is_forgotten_and_only_where_no_service_would_read_it_again(
    run: Run, state: Path
) -> None:
    with state_lock(state):
        refused = run("forget", "--everything", "--yes")
    assert refused.code == 2
    assert "systemctl --user stop" in refused.err
    with socket.socket(socket.AF_UNIX) as left:  # by a daemon that was killed
        left.bind(str(state / "control"))
    ran = run("forget", "--everything", "--yes")
    assert ran.code == 0
    assert "config" in ran.err
    assert [path.name for path in state.iterdir()] == ["state.lock"]


def test_nothing_is_deleted_without_a_yes(run: Run, state: Path) -> None:
    for asked in (("--loan", "haoqidai"), ("--person", "王小明"), ("--everything",)):
        ran = run("forget", *asked)
        assert ran.code == 2
        assert "--yes" in ran.err
    assert OVERDUE.encode() in on_disk(state)
    assert run("forget").code == 2
    assert run("forget", "--loan", "a", "--person", "b").code == 2


def test_without_a_service_a_command_makes_the_backup_of_the_night(run: Run, state: Path) -> None:
    [backup] = (state / "backups").iterdir()
    assert run("alerts", "done", 1).code == 0
    assert len([*(state / "backups").iterdir()]) == 1
    os.utime(backup, (1_700_000_000, 1_700_000_000))
    assert run("alerts", "reopen", 1).code == 0
    assert len([*(state / "backups").iterdir()]) == 2


def test_an_export_is_told_with_its_place(run: Run, state: Path, tmp_path: Path) -> None:
    assert state.exists()
    assert run("export").code == 2
    ran = run("export", "--into", tmp_path, "--json")
    told = json.loads(ran.out)
    assert (told["cases"], told["messages"], told["private"]) == (1, 2, True)
    assert Path(told["path"]).parent == tmp_path
    assert "没有加密" in ran.err
