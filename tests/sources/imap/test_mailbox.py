from datetime import timedelta

import pytest

from bench.imap_server import (
    PLAIN_SERVER,
    Ending,
    Greeting,
    ImapServer,
    Script,
    reply,
    stall,
    stop,
)
from tests.mailboxes import Life, arrival, count, deliver, nothing
from watcher.errors import SourceUnavailable
from watcher.sources.imap.connection import Limits
from watcher.sources.imap.ports import Condition

JUNK = "垃圾邮件"
HOUR = 3_600.0


def test_mail_that_comes_while_one_waits_is_read_and_the_connection_stays(
    server: ImapServer,
) -> None:
    life = Life(server).play(
        arrival(server, 1), nothing, arrival(server, 2), arrival(server, 3), nothing
    )

    assert life.desk.numbers == [1, 2, 3]
    assert life.connected == 1
    assert max(life.waits.idles) <= 240
    assert life.told.conditions == [(Condition.WATCHING, "")]
    assert life.told.settled_times == 3


def test_a_server_without_idle_is_polled_every_90_seconds(polled: ImapServer) -> None:
    life = Life(polled).play(nothing, arrival(polled, 1), nothing, arrival(polled, 2, JUNK))

    assert life.desk.numbers == [1, 2]
    assert set(life.waits.pauses[:-1]) == {90.0}
    assert life.waits.idles == []


def test_folders_that_say_nothing_new_are_opened_every_ten_minutes_all_the_same(
    polled: ImapServer,
) -> None:
    life = Life(polled).play(*[nothing] * 40)  # an hour

    assert 2 * 6 <= count(polled, "EXAMINE") <= 2 * 8
    assert len(life.desk.checks) >= 2 * 40
    assert life.told.conditions == [(Condition.WATCHING, "")]


def test_an_idle_hour_costs_few_commands(server: ImapServer) -> None:
    life = Life(server).play(*[nothing] * 15)

    assert life.time.passed - 1_000 >= HOUR
    assert len(server.commands) < 15 * 8
    assert len(life.waits.idles) + len(life.waits.pauses) <= 17


@pytest.mark.parametrize("ending", [Ending.CLOSE, Ending.RESET, Ending.BYE, Ending.CLOSE_TLS])
@pytest.mark.parametrize("moment", ["greeting", "LOGIN", "EXAMINE", "FETCH.done", "idling"])
def test_an_end_at_any_moment_followed_by_an_outage_loses_and_doubles_nothing(
    server: ImapServer, moment: str, ending: Ending
) -> None:
    server.fault_next(stop(moment, ending))
    deliver(server.account(), 1)

    def come_back() -> None:
        server.up()
        deliver(server.account(), 2)

    half_an_hour = [nothing] * 45
    life = Life(server).play(server.down, *half_an_hour, come_back, *[nothing] * 3)

    assert sorted(life.desk.numbers) == [1, 2]
    assert max(life.waits.pauses) <= 45
    assert life.told.conditions[-1] == (Condition.WATCHING, "")
    assert server.until(lambda: server.alive == 0)


def test_a_server_that_ends_every_stretch_of_idle_at_once_is_polled_instead(
    server: ImapServer,
) -> None:
    server.script = stop("idling")
    life = Life(server).play(*[nothing] * 8, arrival(server, 1), *[nothing] * 34)

    assert life.connected <= 12
    assert life.desk.numbers == [1]
    assert life.time.passed - 1_000 >= HOUR


def test_a_server_that_ends_every_session_at_once_is_not_stormed(server: ImapServer) -> None:
    server.script = stop("EXAMINE")
    life = Life(server)
    life.play(*[nothing] * 18)

    assert life.time.passed - 1_000 >= HOUR


def test_a_server_that_wakes_us_for_nothing_all_the_time_is_polled_for_a_while(
    server: ImapServer,
) -> None:
    server.script = Script(interjections={"NOOP": b"* VANISHED 1\r\n"})
    life = Life(server).play(*[nothing] * 30)

    assert life.waits.pauses.count(90.0) >= 7
    assert life.connected == 1


@pytest.mark.parametrize(
    "script", [stall("STATUS"), stall("FETCH.done"), stall("idling"), stall("NOOP"), stall("tls")]
)
def test_a_server_that_says_nothing_more_is_left_for_a_new_connection(
    server: ImapServer, script: Script
) -> None:
    deliver(server.account(), 1)
    server.fault_next(script)
    life = Life(server, limits=Limits(connect=0.3, command=0.3, idle=0.3))
    life.play(nothing, arrival(server, 2), *[nothing] * 4)

    assert sorted(life.desk.numbers) == [1, 2]


def test_after_sleep_one_looks_at_once_over_a_new_connection(server: ImapServer) -> None:
    def sleep() -> None:
        life.time.wall += timedelta(hours=8)
        server.drop_all(Ending.STALL)
        deliver(server.account(), 1)

    life = Life(server, limits=Limits(connect=0.5, command=0.3, idle=0.3))
    life.play(nothing, sleep, nothing)

    assert life.desk.numbers == [1]
    assert life.connected == 2
    assert life.waits.pauses == []


def test_after_sleep_a_polled_server_is_asked_at_once(polled: ImapServer) -> None:
    def sleep() -> None:
        life.time.wall += timedelta(hours=8)
        deliver(polled.account(), 1)

    life = Life(polled)
    life.play(nothing, sleep)

    assert life.desk.numbers == [1]
    assert life.waits.pauses == [90.0, 90.0, 90.0]


def test_a_clock_that_is_set_back_makes_one_look_and_changes_nothing_else(
    polled: ImapServer,
) -> None:
    def set_back() -> None:
        life.time.wall -= timedelta(hours=1)

    life = Life(polled)
    life.play(nothing, set_back, nothing, nothing)

    assert life.connected == 1
    assert count(polled, "EXAMINE") == 4


def test_being_told_to_look_now_ends_the_wait_and_the_connection(server: ImapServer) -> None:
    life = Life(server)

    def look_now() -> None:
        life.mailbox.look_now()

    life.play(nothing, look_now, nothing)

    assert life.connected == 2
    assert life.waits.pauses == []


@pytest.mark.parametrize(
    "script",
    [
        Script(greeting=Greeting.BYE),
        Script(greeting=Greeting.NOT_IMAP),
        reply("LOGIN", "NO [UNAVAILABLE] try again later"),
        reply("EXAMINE", "NO [INUSE] mailbox is locked"),
        reply("LIST", "BAD system busy"),
        reply("STATUS", "NO [SERVERBUG] internal error"),
        reply("FETCH", "NO [LIMIT] too many requests"),
        reply("LOGIN", "NO [THROTTLED] slow down"),
        reply("EXAMINE", "NO [OVERQUOTA] too much was read"),
        reply("EXAMINE", "BAD command unknown or arguments invalid"),
        reply("FETCH", "BAD system busy"),
    ],
)
def test_a_server_that_refuses_for_a_while_is_asked_again(
    polled: ImapServer, script: Script
) -> None:
    deliver(polled.account(), 1)
    polled.script = script

    def recover() -> None:
        polled.script = Script()
        polled.drop_all()
        deliver(polled.account(), 2)

    life = Life(polled).play(*[nothing] * 5, recover, *[nothing] * 4)

    assert sorted(life.desk.numbers) == [1, 2]


def test_one_look_at_everything_tells_what_keeps_it_from_looking(server: ImapServer) -> None:
    deliver(server.account(), 1)
    life = Life(server)
    life.play()
    assert life.desk.numbers == [1]

    server.down()
    with pytest.raises(SourceUnavailable):
        life.mailbox.once()
    server.up()
    deliver(server.account(), 2)
    life.mailbox.once()
    assert life.desk.numbers == [1, 2]

    life.folders = ("INBOX", "没有了")
    with pytest.raises(SourceUnavailable, match=r"imap\.no_folder"):
        life.mailbox.once()
    assert PLAIN_SERVER.name == server.personality.name
