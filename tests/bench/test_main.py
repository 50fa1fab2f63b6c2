import json

import pytest

from bench.__main__ import FIGURES, TIMED, main
from bench.report import share


def test_without_a_name_every_figure_is_listed_with_what_it_measures(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in FIGURES)
    assert "Speed of judging" in shown


def test_what_measures_time_is_among_the_figures() -> None:
    assert set(TIMED) < set(FIGURES)


def test_an_unknown_name_is_refused_with_the_names_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["judgment"]) == 2
    assert "rule-mutation" in capsys.readouterr().err


def test_the_last_line_is_one_object_of_numbers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOAN_WATCHER_CORPORA", "none-here")
    assert main(["corpora", "--quick"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"absent": True}


def test_a_share_of_nothing_is_nothing() -> None:
    assert share(0, 0) == 0
    assert share(1, 3) == 0.3333
