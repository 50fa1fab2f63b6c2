"""The whole story in a system of its own: from the wheel to a case that is done, and a reboot."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.booted import ROOT, booted, libraries, wait_until
from tests.desk import ADDRESS, CODE, DEBUGGING, Desk, Place, screenshots
from tests.sources.exports import smses
from watcher.clock import SystemClock

NAME = "李晓"
EARLIER = (
    "【招联金融】您的12,000.00元借款已发放到尾号8043的招商银行卡。",
    "【招联金融】您于04月17日成功还款1,352.29元，可前往App查看详情。",
    "【招联金融】您尾号9929的借款已全部结清，感谢一路相伴。",
)
BY_MAIL = "李晓，您在招联金融的好期贷借款（尾号9929）已逾期，应还1352.29元，请打开招联金融APP还款。"
BY_SMS = (
    "【招联金融】您的借款已严重逾期，请立即添加客服微信 zl88 并将欠款转账至"
    "个人账户 6222020000001234567，否则上门处理。"
)
LATER = "李晓，您在招联金融的好期贷借款（尾号9929）逾期未还，应还1352.29元，今日将移交催收。"
CONFIG = ".config/loan-watcher/config.toml"
NEVER_QUIET = "[alerts]\nquiet_hours = []\n\n"
JOURNEY = Path(__file__).with_name("journey.py")
MANY_COLOURS = 50
"""More than an empty window has; letters have many."""

INSTALL = """python3 -m venv --without-pip venv
printf '%s\\n' {libraries} > $(echo venv/lib/python3.*/site-packages)/here.pth
venv/bin/python -m pip -q install --no-index --no-deps --no-compile *.whl
ln -s ~/venv/bin/loan-watcher .local/bin/
"""
ANSWERS = (NAME, ADDRESS, "localhost", CODE, "~/phone", "y", "y", "y")
"""Name, mailbox, its server, its code, folder of exports, look now, this loan, service."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with booted() as box:
        desk = Desk(box)
        desk.open_post_office()
        desk.log_in()
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
        subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
        [wheel] = tmp_path.glob("*.whl")
        box.path(wheel.name).write_bytes(wheel.read_bytes())
        yield desk


def sms(text: str, *, days_ago: float = 0.0) -> str:
    date = int((SystemClock().now() - timedelta(days=days_ago)).timestamp() * 1000)
    return f'<sms address="10690000123456" date="{date}" type="1" body="{text}" />'


def mail(text: str) -> bytes:
    made = EmailMessage()
    made["From"] = "招联金融 <notice@mucfc.example>"
    made["To"] = ADDRESS
    made["Subject"] = "还款提醒"
    made["Date"] = format_datetime(datetime.now(UTC))  # noqa: TID251  a mail of just now
    made.set_content(text)
    return made.as_bytes()


def cases(desk: Desk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(desk.said("loan-watcher alerts list --all --json"))
    return found


def sources_read(desk: Desk) -> bool:
    found = json.loads(desk.box.user("venv/bin/loan-watcher status --json").stdout)
    return all(source["last_good"] and not source["late"] for source in found["sources"])


def seen(desk: Desk, name: str) -> Place:
    """Wait for a pop-up, look at it on a screenshot, and return where it is."""
    place = desk.next_pop_up()
    wait_until(lambda: len(desk.screenshot().crop(place).getcolors(10**6) or ()) > MANY_COLOURS)
    folder = screenshots()
    if folder is not None:
        desk.screenshot().save(folder / f"{name}.png")
    return place


def done_on_the_page(desk: Desk, name: str) -> dict[str, Any]:
    """Click the first button of a pop-up, and do everything on the page that it opens."""
    left, _, _, bottom = seen(desk, name)
    desk.click(left + 56, bottom - 31)
    desk.box.path("journey.py").write_text(JOURNEY.read_text(encoding="utf-8"))
    found: dict[str, Any] = json.loads(
        desk.said(f"venv/bin/python journey.py {DEBUGGING} {name}").splitlines()[-1]
    )
    folder = screenshots()
    for part in ("case", "letter", "done"):
        file = desk.box.path(f"{name}/{part}.png")
        if folder is not None and file.exists():
            (folder / f"{name}-{part}.png").write_bytes(file.read_bytes())
    assert found["ticked"] > 1
    assert found["closed"]
    with zipfile.ZipFile(desk.box.path(f"{name}/pack.zip")) as pack:
        assert pack.testzip() is None
        found["pack"] = pack.namelist()
    desk.no_pop_up()
    return found


def installed_and_set_up(desk: Desk) -> None:
    """Install the wheel as a normal user, and answer init by a pipe."""
    desk.said(INSTALL.format(libraries=" ".join(libraries())))
    earlier = zip(EARLIER, (300, 100, 90), strict=True)
    desk.write("phone/sms-1.xml", smses(*(sms(text, days_ago=days) for text, days in earlier)))
    desk.write("answers", "".join(f"{answer}\n" for answer in ANSWERS))
    desk.said("loan-watcher init < answers; rm answers")

    desk.write(CONFIG, NEVER_QUIET + desk.box.path(CONFIG).read_text())  # tests run at any hour
    wait_until(lambda: sources_read(desk))
    assert cases(desk) == []
    assert not desk.pop_ups()
    assert CODE not in desk.said(f"cat {CONFIG}")


def a_mail_comes(desk: Desk) -> None:
    desk.deliver(mail(BY_MAIL))
    found = done_on_the_page(desk, "mail")
    [case] = cases(desk)
    assert found["path"] == f"cases/{case['id']}"
    assert (case["verdict"], case["status"]) == ("stale", "done")
    assert NAME in found["letter"]
    assert any(name.endswith(".eml") for name in found["pack"])


def an_export_is_dropped(desk: Desk) -> None:
    desk.write("phone/sms-2.xml", smses(sms(BY_SMS)))
    found = done_on_the_page(desk, "sms")
    case = next(one for one in cases(desk) if found["path"] == f"cases/{one['id']}")
    assert (case["verdict"], case["status"]) == ("fraudulent", "done")


def the_computer_is_started_again(desk: Desk) -> None:
    before = cases(desk)
    loans = desk.said("cat .config/loan-watcher/loans.toml")
    desk.box.reboot()
    desk.log_in()
    assert cases(desk) == before
    assert desk.said("cat .config/loan-watcher/loans.toml") == loans
    # What comes next is the only thing shown: had anything been shown again, it had come first.
    desk.deliver(mail(LATER))
    seen(desk, "later")
    assert len(desk.pop_ups()) == 1
    new = [case for case in cases(desk) if case not in before]
    assert [case["status"] for case in new] == ["open"]
    assert len(cases(desk)) == len(before) + 1


def test_from_the_wheel_over_a_mail_and_an_export_to_a_reboot_nothing_is_lost_or_shown_twice(
    desk: Desk,
) -> None:
    installed_and_set_up(desk)
    a_mail_comes(desk)
    an_export_is_dropped(desk)
    the_computer_is_started_again(desk)
