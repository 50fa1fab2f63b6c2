import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.casework.packed import Desk
from watcher.cli.demo import PLAYS_AT, ExampleClock
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.ingest import Ingest
from watcher.judging.here import JudgeHere
from watcher.sources.files import read_path
from watcher.store import Store
from watcher.userfiles.loans import read_loans


@pytest.fixture(scope="session")
def example(
    rules: Rules, checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Ledger]:
    """The example of `loan-watcher demo`, judged and recorded once."""
    demo, state = checkout / "watcher" / "demo", tmp_path_factory.mktemp("example") / "state"
    ledger, _ = read_loans(demo / "loans.toml", rules.directory)
    assert ledger is not None
    with Store.open(state, PLAYS_AT) as store:
        ingest = Ingest(judge=JudgeHere(rules, ledger), store=store, clock=ExampleClock())
        ingest.run(read_path(demo / "inbox"), source="sms:/home/someone/SMSBackup")
    return state, ledger


@pytest.fixture
def desk(tmp_path: Path, rules: Rules, example: tuple[Path, Ledger]) -> Iterator[Desk]:
    """A copy of the example that the test may change."""
    state, ledger = example
    shutil.copytree(state, tmp_path / "state")
    with Store.open(tmp_path / "state", PLAYS_AT) as store:
        yield Desk(store=store, state=tmp_path / "state", ledger=ledger, rules=rules)
