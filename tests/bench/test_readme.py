"""The READMEs' table of figures: written by a command, complete, and true to its last run."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.readme import CLOSES, COLUMNS, OPENS, ROWS, fill
from bench.report import Numbers, Unmeasured

PAGE = f"before\n{OPENS}\n{CLOSES}\nafter\n"


def measured(**changed: Numbers) -> Mapping[str, Numbers]:
    numbers = {row.figure: dict.fromkeys((one.key for one in ROWS), 0.5) for row in ROWS}
    return {**{figure: {**of, "messages": 2000} for figure, of in numbers.items()}, **changed}


def test_each_figure_stands_beside_the_command_that_measures_it() -> None:
    page = fill(PAGE, "README.md", measured())
    assert page.startswith("before\n")
    assert page.endswith("after\n")
    for row in ROWS:
        assert f"| {row.en} | {row.written(measured()[row.figure])} | {row.command} |" in page


def test_what_cannot_be_measured_keeps_the_figure_it_had() -> None:
    page = fill(PAGE, "README.md", measured())
    again = fill(page, "README.md", measured(corpora={}))
    assert again == page


def test_a_page_without_a_place_for_the_table_is_refused() -> None:
    with pytest.raises(Unmeasured, match="README"):
        fill("no place", "README.md", measured())


@pytest.mark.parametrize("name", COLUMNS)
def test_the_page_that_ships_holds_every_figure(checkout: Path, name: str) -> None:
    table = (checkout / name).read_text("utf-8").partition(OPENS)[2].partition(CLOSES)[0]
    shown = [tuple(cell.strip() for cell in line.split("|")[1:4]) for line in table.splitlines()]
    says = {(cells[0], cells[2]) for cells in shown if len(cells) == len(COLUMNS[name])}
    zh = name == "README.zh-CN.md"
    assert {(row.zh if zh else row.en, row.command) for row in ROWS} <= says
