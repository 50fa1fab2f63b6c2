import html
import json

import pytest

from bench.__main__ import main
from bench.report import Numbers
from tests.needed import needs


def quick(capsys: pytest.CaptureFixture[str]) -> Numbers:
    needs("dbus-daemon", "dbus-daemon")
    assert main(["notify", "--quick"]) == 0
    numbers: Numbers = json.loads(capsys.readouterr().out.splitlines()[-1])
    return numbers


def test_no_pop_up_about_a_hostile_notice_carries_markup(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert quick(capsys) == {"bodies": 1000, "bad_markup": 0}


def test_words_that_are_not_escaped_are_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(html, "escape", str)
    assert quick(capsys)["bad_markup"] > 200
