import pytest

from tests.core.proposing import Propose
from watcher.core.knowledge import Rules


@pytest.fixture(scope="session")
def propose(rules: Rules) -> Propose:
    return Propose(rules)
