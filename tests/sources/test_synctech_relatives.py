"""What other programs write in the form of SyncTech's XML, each in its own way."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sources.exports import FIRST_DATE, read

DUE = "【示例金融】您的借款今日应还500.00元，请及时还款。"
DECLARED = "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>"
MOMENT = datetime(2026, 3, 5, 2, 15, 30, tzinfo=UTC)


def silence(body: str, *, kind: str = "1", address: str = "10690000123456") -> str:
    """Write a record as Silence, SMSSecure and TextSecure do: no `date_sent`, no `sub_id`."""
    return (
        f'  <sms protocol="0" address="{address}" date="{FIRST_DATE}" type="{kind}" subject="null"'
        f' body="{body}" toa="null" sc_toa="null" service_center="null" read="1" status="-1"'
        ' locked="0" />\n'
    )


def signal(body: str, *, kind: str = "1") -> str:
    """Write a record as old Signal does: with name and readable date among the columns."""
    return (
        '  <sms protocol="0" address="+8610690000123456" contact_name="null"'
        f' date="{FIRST_DATE}" readable_date="Thu, 05 Mar 2026 10:15:30 GMT+08:00" type="{kind}"'
        f' subject="null" body="{body}" toa="null" sc_toa="null" service_center="null" read="1"'
        ' status="-1" locked="0" />\n'
    )


def signal_back(body: str, *, kind: str = "1") -> str:
    """Write a record as signal-back does: all keys, no line breaks."""
    return (
        f'<sms protocol="0" subject="null" date="{FIRST_DATE}" service_center="null" toa="null"'
        f' sc_toa="null" address="10690000123456" type="{kind}" body="{body}" read="1"'
        ' status="-1" locked="0" date_sent="0" readable_date="" contact_name=""></sms>'
    )


def minimal(body: str, *, kind: str = "1") -> str:
    """Write a record as converters from other phones do."""
    return (
        f'<sms protocol="0" address="10690000123456" date="{FIRST_DATE}" type="{kind}"'
        f' body="{body}"/>\n'
    )


def smses(*records: str, declared: str = DECLARED) -> str:
    return f'{declared}<smses count="{len(records)}">\n{"".join(records)}</smses>'


@pytest.mark.parametrize("write", [silence, signal, signal_back, minimal])
def test_each_relative_gives_its_received_messages(tmp_path: Path, write: object) -> None:
    assert callable(write)
    body = "It&apos;s &#55357;&#56832;&#10;逾期 &amp; &quot;白条&quot;"

    reading = read(tmp_path, smses(write(DUE), write("好的", kind="2"), write(body)))

    assert reading.texts == [DUE, 'It\'s 😀\n逾期 & "白条"']
    assert {message.received_at for message in reading.messages} == {MOMENT}
    assert {(message.sender or "").removeprefix("+86") for message in reading.messages} == {
        "10690000123456"
    }
    assert all(message.unreadable is None for message in reading.messages)
    assert reading.damage == []
    assert reading.finished[0].records == 3


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("declared", ["", DECLARED, "\r\n"])
def test_one_line_in_any_utf_is_read(tmp_path: Path, codec: str, declared: str) -> None:
    content = smses(*[signal_back(DUE)] * 50, declared=declared).replace("\n", "")

    reading = read(tmp_path, content.encode(codec))

    assert reading.texts == [DUE] * 50
    assert reading.damage == []


def test_one_message_has_one_identity_in_all_of_them(tmp_path: Path) -> None:
    written = [write(DUE) for write in (silence, signal, signal_back, minimal)]

    messages = read(tmp_path, smses(*written)).messages

    assert len({message.id for message in messages}) == 1


def test_a_converter_that_writes_no_count_is_read(tmp_path: Path) -> None:
    reading = read(tmp_path, f"<smses>{minimal(DUE)}</smses>")

    assert (reading.texts, reading.damage) == ([DUE], [])
