import json
import os

import pytest

from bench.__main__ import main
from tests.needed import needs


def _measured(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, float]:
    assert main([*arguments]) == 0
    numbers: dict[str, float] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return numbers


def test_faults_lose_and_double_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    numbers = _measured(capsys, "imap-faults", "--faults", "12")

    assert numbers.keys() == {"faults", "lost", "doubled", "back_within_60s"}
    assert numbers["faults"] >= 12
    assert (numbers["lost"], numbers["doubled"]) == (0, 0)


def test_an_alert_comes_in_time_and_an_idle_mailbox_costs_little(
    capsys: pytest.CaptureFixture[str],
) -> None:
    numbers = _measured(capsys, "imap-idle", "--mails", "1", "--hours", "0.05")

    assert numbers.keys() == {"alert_s", "alert_polled_s", "wakeups_per_min", "kb_per_hour"}
    assert numbers["alert_s"] < 5
    assert numbers["alert_polled_s"] < 120
    assert numbers["wakeups_per_min"] <= 2


def test_a_mailbox_is_read_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    needs("dovecot-imapd", "dovecot")
    if os.geteuid() != 0:
        pytest.skip("Dovecot is started by root only")
    numbers = _measured(capsys, "imap-scan", "--mails", "60")

    assert numbers.keys() == {"headers_per_s", "texts_per_s"}
