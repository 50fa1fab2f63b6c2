import json
import os
import subprocess
import sys
from pathlib import Path

from bench.imap_server import ImapServer
from tests.cli.running import OVERDUE
from tests.conftest import LONG
from tests.mailboxes import mail
from watcher.clock import SystemClock

SCANNER = Path(__file__).with_name("scanner.py")
ROOT = Path(__file__).parents[3]


def test_a_kill_at_any_statement_loses_no_mail_and_doubles_no_alert(tmp_path: Path) -> None:
    now = SystemClock().now()
    with ImapServer() as server:
        inbox = server.account().folder()
        for number in range(1, 5):
            text = "" if number == 2 else OVERDUE.replace("640", f"{number}40")
            inbox.deliver(mail(number, at=now, text=text), received_at=now)
        where = (tmp_path, server.host, server.port, server.ca_file, inbox.uidvalidity)
        done = subprocess.run(
            [sys.executable, str(SCANNER), *map(str, where)],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), LONG: os.environ.get(LONG, "")},
            stdout=subprocess.PIPE,
            check=True,
        )
        assert server.violations == ()
    *killed, whole = map(json.loads, done.stdout.splitlines())

    assert len(killed) > 5
    assert whole["messages"] == [f"第{number}号通知" for number in (1, 3, 4)]
    assert whole["cases"] == len(set(whole["alerts"])) == len(whole["alerts"]) > 0
    assert whole["kept"] > 0
    assert all(one == whole for one in killed)
