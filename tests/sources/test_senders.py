from pathlib import Path

import pytest

from tests.sources.exports import Reading, read, sms, smses
from watcher.phrases import Phrases
from watcher.sources.files import read_path
from watcher.sources.items import Finished
from watcher.sources.senders import ENOUGH


def _export(*, friends: int = ENOUGH, more: tuple[str, ...] = ()) -> str:
    records = [sms(f"晚上吃什么{n}", number=n, address="13800001111") for n in range(friends)]
    return smses(*records, *more)


def test_a_big_export_without_any_service_number_warns_of_the_phones_switches(
    tmp_path: Path,
) -> None:
    reading = read(tmp_path, _export())

    [remark] = reading.remarks
    said = Phrases("zh").say(remark.reason, remark.values)
    assert remark.source == str(tmp_path / "file")
    assert "通知类短信" in said
    assert "验证码保护" in said
    assert reading.damage == []
    assert len(reading.messages) == ENOUGH
    assert isinstance(reading.items[-1], Finished)


@pytest.mark.parametrize(
    "address",
    [
        "10690000123456",
        "95555",
        "96669",
        "10086",
        "+86 95555",
        "sip:10690000123@botplatform.rcs.chinamobile.com",
    ],
)
def test_one_message_of_a_service_number_is_enough(tmp_path: Path, address: str) -> None:
    notice = sms("您的余额不足", number=900, address=address)

    reading = read(tmp_path, _export(more=(notice,)))

    assert reading.remarks == []
    assert len(reading.messages) == ENOUGH + 1


def test_a_small_export_and_messages_sent_say_nothing_of_that(tmp_path: Path) -> None:
    sent = tuple(sms("好", number=n, kind="2") for n in range(900, 1200))

    assert read(tmp_path, _export(friends=ENOUGH - 1, more=sent)).remarks == []


def test_each_file_of_a_folder_is_warned_of_once(tmp_path: Path) -> None:
    for name in ("a.xml", "b.xml"):
        (tmp_path / name).write_text(_export(), encoding="utf-8")

    remarks = Reading(read_path(tmp_path)).remarks

    assert [Path(remark.source).name for remark in remarks] == ["a.xml", "b.xml"]
