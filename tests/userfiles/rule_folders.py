"""A folder of shipped rules and one of the user's, for tests of reading them."""

from datetime import date
from pathlib import Path

from watcher.core.knowledge import RuleData
from watcher.errors import Problem
from watcher.phrases import LANGUAGES, Phrases
from watcher.userfiles.problems import render
from watcher.userfiles.rules import read_rule_data

TESTS = """
[[rules.tests]]
text = "请尽快还款一"
hit = true
[[rules.tests]]
text = "请尽快还款二"
hit = true
[[rules.tests]]
text = "谢谢"
hit = false
[[rules.tests]]
text = "再见"
hit = false
"""
RULE = (
    """
[[rules]]
id = "collection.soon"
title = { zh = "催促还款", en = "Presses for payment" }
kind = "collection"
all = ["尽快还款"]
"""
    + TESTS
)


class Folders:
    """A shipped folder and the user's, to be written to and read."""

    def __init__(self, root: Path) -> None:
        self.shipped = root / "shipped"
        self.own = root / "rules"
        self.ship("rules.toml", RULE)
        self.own.mkdir()

    def ship(self, name: str, text: str) -> None:
        self.put(self.shipped / name, text)

    def write(self, name: str, text: str) -> None:
        self.put(self.own / name, text)

    def read(self, *, thorough: bool = True) -> tuple[RuleData | None, tuple[Problem, ...]]:
        data, problems = read_rule_data(
            self.shipped, self.own, today=date(2026, 8, 1), thorough=thorough
        )
        for problem in problems:
            for language in LANGUAGES:
                assert render(problem, Phrases(language)).startswith(problem.file)
        return data, problems

    def found(self) -> list[tuple[str, int | None]]:
        return [(problem.says, problem.line) for problem in self.read()[1]]

    @staticmethod
    def put(path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def own_rule(extra: str, id_: str = "mine.first") -> str:
    return (
        f'[[rules]]\nid = "{id_}"\ntitle = {{ zh = "我的", en = "mine" }}\n'
        f'strength = "weak"\n{extra}\n{TESTS}'
    )
