import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.hand_clock import HandClock
from tests.sources.exports import HEAD, mail, sms, smses
from watcher.core.knowledge import RuleData, Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Holder
from watcher.daemon.folder import SmsFolder
from watcher.daemon.sight import Sight, sight_of
from watcher.daemon.worker import Desk
from watcher.ingest import Ingest, Summary
from watcher.judging.here import JudgeHere
from watcher.store import Store, WaitingAlert

RULES = Rules.compile(RuleData())
LATER = timedelta(hours=1)


@dataclass
class Place:
    """A watched folder with a store of its own, and looks at it."""

    path: Path
    store: Store
    clock: HandClock
    folder: SmsFolder

    @property
    def desk(self) -> Desk:
        ingest = Ingest(
            judge=JudgeHere(RULES, Ledger.of(Holder(), (), RULES.directory)),
            store=self.store,
            clock=self.clock,
        )
        return Desk(store=self.store, ingest=ingest, meanwhile=lambda: None)

    def write(self, content: str | bytes, name: str = "sms.xml") -> None:
        """Write a file that nobody is writing to any more."""
        path = self.path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.clock.at += LATER
        os.utime(path, (self.clock.at.timestamp() - 60,) * 2)

    def look(self) -> Summary:
        """Look once; what is not read counts as nothing."""
        summary, _ = self.folder.poll(self.desk)
        return summary or Summary()

    def restart(self) -> None:
        self.folder = SmsFolder(self.path, self.clock, partial(sight_of, environ={}))

    def told(self) -> list[str]:
        return [alert.summary.id for alert in self.waiting()]

    def waiting(self) -> tuple[WaitingAlert, ...]:
        return self.store.pending_alerts(self.clock.now())


@pytest.fixture
def place(tmp_path: Path) -> "Callable[[], Place]":
    clock = HandClock(datetime(2026, 7, 20, 12, tzinfo=UTC))
    path = tmp_path / "sms"
    path.mkdir()
    store = Store.open(tmp_path / "state", clock.now())
    sight = partial(sight_of, environ={})
    return lambda: Place(path=path, store=store, clock=clock, folder=SmsFolder(path, clock, sight))


def json_line(number: int) -> str:
    return (
        f'{{"id": "{number}", "channel": "sms", "sender": "10690000123456",'
        f' "received_at": "2026-03-05T10:{number:02}:00+08:00", "text": "第{number}条"}}\n'
    )


def letter(number: int) -> bytes:
    return b"From x Thu Mar  5 10:15:30 2026\n" + mail(b"Mail %d\n" % number) + b"\n"


def test_of_an_appended_export_only_what_is_new_is_read(place: Callable[[], Place]) -> None:
    here = place()
    records = [sms(f"第{number}条", number=number) for number in range(99)]
    here.write(smses(*records))
    assert here.look().messages == 99

    for number in range(99, 102):  # the count in the head gets another digit on the way
        records.append(sms(f"第{number}条", number=number))
        here.write(smses(*records))
        summary = here.look()
        assert (summary.messages, summary.known, summary.damage) == (1, 0, [])


def test_of_appended_lines_only_the_new_ones_are_read(place: Callable[[], Place]) -> None:
    here = place()
    lines = [json_line(number) for number in range(5)]
    here.write("".join(lines) + '{"id": "6", "chan', "sms.ndjson")
    assert here.look().messages == 5

    here.write("".join([*lines, json_line(6), json_line(7)]), "sms.ndjson")
    assert here.look().messages == 2


def test_of_an_appended_mbox_only_the_last_mail_is_read_twice(place: Callable[[], Place]) -> None:
    here = place()
    here.write(letter(1) + letter(2) + letter(3), "mbox")
    assert here.look().messages == 3

    here.write(letter(1) + letter(2) + letter(3) + letter(4), "mbox")
    summary = here.look()
    assert (summary.messages, summary.known) == (2, 1)


def test_a_restart_does_not_make_it_read_from_the_start(place: Callable[[], Place]) -> None:
    here = place()
    here.write(json_line(1) + json_line(2), "sms.ndjson")
    assert here.look().messages == 2
    here.restart()

    here.write(json_line(1) + json_line(2) + json_line(3), "sms.ndjson")
    assert here.look().messages == 1


@pytest.mark.parametrize(
    "records",
    [
        (sms("零", number=9), sms("一"), sms("二", number=1)),
        (sms("二", number=1), sms("三", number=2), sms("四", number=3)),
        (sms("甲"), sms("乙", number=1), sms("丙", number=2)),
    ],
)
def test_a_rewritten_export_is_read_from_the_start(
    place: Callable[[], Place], records: tuple[str, ...]
) -> None:
    here = place()
    here.write(smses(sms("一"), sms("二", number=1)))
    here.look()

    here.write(smses(*records))
    assert here.look().messages == 3


def test_a_rotated_export_is_not_read_again(place: Callable[[], Place]) -> None:
    here = place()
    here.write(json_line(1) + json_line(2), "sms.ndjson")
    here.look()

    (here.path / "sms.ndjson").rename(here.path / "sms.ndjson.1")
    here.write(json_line(3), "sms.ndjson")
    assert here.look().messages == 1
    assert here.look().messages == 0


def test_a_truncated_export_gives_what_is_whole_and_says_so_once(
    place: Callable[[], Place],
) -> None:
    here = place()
    content = smses(sms("一"), sms("二", number=1), sms("三", number=2))
    here.write(content[: content.index("三")])

    assert here.look().messages == 2
    here.clock.at += LATER
    assert here.look().messages == 0
    assert here.told() == ["daemon.damage"]
    here.clock.at += LATER
    here.look()
    assert here.told() == ["daemon.damage"]

    here.write(content)
    summary = here.look()
    assert (summary.messages, summary.damage) == (1, [])


def test_an_export_that_lacks_service_numbers_is_told_of_once(place: Callable[[], Place]) -> None:
    here = place()
    friends = [sms(f"第{one}条", number=one, address="13800138000") for one in range(250)]
    here.write(smses(*friends[:220]))

    here.look()
    (told,) = here.waiting()
    assert told.summary.id == "source.no_service_senders"
    assert told.summary.values["read"] == 220
    here.store.acknowledge(told.id)

    here.restart()
    here.write(smses(*friends), "next.xml")
    assert here.look().messages == 250
    assert here.told() == []


def test_what_was_taken_for_what_in_a_table_is_told_for_each_kind_of_table(
    place: Callable[[], Place],
) -> None:
    here = place()
    header, row = "号码,时间,内容\n", "10690000123456,2026-03-05 10:15:30,今日应还\n"
    here.write(header + row, "one.csv")
    here.look()
    here.write(header + row * 2, "two.csv")
    here.look()
    assert here.told() == ["source.csv_columns_all_received"]

    here.write(header.replace("内容", "短信内容") + row, "three.csv")
    here.look()
    assert [alert.summary.values["text"] for alert in here.waiting()] == ["内容", "短信内容"]


def test_a_folder_that_is_gone_is_told_once_and_found_again(place: Callable[[], Place]) -> None:
    here = place()
    here.write(smses(sms("一")))
    here.look()
    here.path.rename(here.path.with_name("away"))

    for _ in range(5):
        here.look()
    assert here.told() == ["daemon.folder_gone"]

    here.path.mkdir()
    here.write(smses(sms("一"), sms("二", number=1)))
    assert here.look().messages == 2
    assert here.told() == []


def always(sight: Sight, _path: Path) -> Sight:
    return sight


def test_what_the_walls_hide_is_told_apart_and_taken_back_after_a_start_anew(
    place: Callable[[], Place],
) -> None:
    here = place()
    here.write(smses(sms("一")))
    for sight, says in (
        (Sight.WALLED_OFF, ["daemon.folder_walled_off"]),
        (Sight.REPLACED, ["daemon.folder_replaced"]),
    ):
        here.folder = SmsFolder(here.path, here.clock, partial(always, sight))
        assert here.folder.poll(here.desk) == (None, False)
        assert here.folder.is_walled_off
        assert here.told() == says

    here.restart()
    assert here.look().messages == 1
    assert not here.folder.is_walled_off
    assert here.told() == []


def test_a_folder_that_comes_back_as_it_was_is_not_read_again(place: Callable[[], Place]) -> None:
    here = place()
    here.write(smses(sms("一")))
    here.look()
    here.path.rename(here.path.with_name("away"))
    here.look()
    here.path.with_name("away").rename(here.path)

    assert here.look().messages == 0
    assert here.told() == []


def test_an_export_in_utf16_is_read_from_the_start_each_time(place: Callable[[], Place]) -> None:
    here = place()
    here.write(smses(sms("一"), sms("二", number=1)).encode("utf-16"))
    here.look()

    here.write(smses(sms("一"), sms("二", number=1), sms("三", number=2)).encode("utf-16"))
    assert here.look().messages == 3


def test_an_empty_export_that_grows_is_read(place: Callable[[], Place]) -> None:
    here = place()
    here.write(f'{HEAD}<smses count="0">\n</smses>\n')
    assert here.look().messages == 0

    here.write(smses(sms("一")))
    assert here.look().messages == 1
