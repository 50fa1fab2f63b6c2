"""Several folders of one account: which are looked into, and one that stops no other."""

from bench.imap_server import ImapServer, Script
from tests.mailboxes import Life, arrival, deliver, nothing

JUNK = "垃圾邮件"
HOUR = 3_600.0


def test_junk_is_looked_into_though_idle_never_tells_of_it(server: ImapServer) -> None:
    life = Life(server).play(nothing, arrival(server, 1, JUNK), nothing, nothing)

    assert life.desk.numbers == [1]
    assert life.time.passed < 1_000 + 4 * 250


def test_a_folder_that_is_gone_keeps_no_other_from_being_read(polled: ImapServer) -> None:
    life = Life(polled, folders=("INBOX", "没有了", JUNK))
    life.play(arrival(polled, 1), arrival(polled, 2, JUNK), nothing)

    assert life.desk.numbers == [1, 2]
    assert life.connected == 1
    assert not any(source.endswith("没有了") for source in life.desk.checks)


def test_a_folder_that_ends_every_session_keeps_no_other_from_being_read(
    polled: ImapServer,
) -> None:
    bad = polled.account().folder("坏")
    polled.script = Script(hooks={"EXAMINE": lambda: _end_if_open(polled)})
    assert bad.name == "坏"
    life = Life(polled, folders=("INBOX", "坏", JUNK))
    life.play(*[nothing] * 6, arrival(polled, 1), arrival(polled, 2, JUNK), *[nothing] * 12)

    assert sorted(life.desk.numbers) == [1, 2]
    assert life.connected <= 10


def _end_if_open(server: ImapServer) -> None:
    if "&V84-" in server.commands[-1].text:
        server.drop_all()


def test_folders_that_appear_later_are_watched_and_first_read_as_a_past(
    server: ImapServer,
) -> None:
    life = Life(server, folders=("INBOX",))

    def appear() -> None:
        life.folders = ("INBOX", JUNK)
        deliver(server.account(), 1, folder=JUNK)
        life.time.passes(6 * HOUR)

    life.play(nothing, appear, nothing, nothing)

    assert (life.desk.numbers, life.desk.first_runs) == ([1], [True])


def test_two_folders_with_equal_numbers_are_two(polled: ImapServer) -> None:
    junk = polled.account().folder(JUNK)
    junk.uidvalidity = polled.account().folder().uidvalidity
    deliver(polled.account(), 1, 2)
    deliver(polled.account(), 3, folder=JUNK)
    life = Life(polled).play(arrival(polled, 4, JUNK), arrival(polled, 5), nothing)

    assert sorted(life.desk.numbers) == [1, 2, 3, 4, 5]
    where = {(one.source, one.place) for one in life.desk.messages}
    assert len(where) == 5 > len({place for _, place in where})


def test_a_folder_may_have_any_name(polled: ImapServer) -> None:
    names = ("INBOX", "R&D", "其他文件夹/招行&信用卡", 'a"b\\c', "{5}", "%*")
    for number, name in enumerate(names, 1):
        deliver(polled.account(), number, folder=name)
    life = Life(polled, folders=names).play(nothing)

    assert sorted(life.desk.numbers) == [1, 2, 3, 4, 5, 6]


def test_a_folder_that_was_renamed_is_left_out_until_the_folders_are_listed_again(
    polled: ImapServer,
) -> None:
    deliver(polled.account(), 1, folder=JUNK)
    life = Life(polled)

    def rename() -> None:
        polled.account().rename(JUNK, "垃圾")
        deliver(polled.account(), 2)
        deliver(polled.account(), 3, folder="垃圾")

    def choose() -> None:
        life.folders = ("INBOX", "垃圾")
        life.time.passes(6 * HOUR)

    life.play(rename, nothing, choose, nothing)

    assert life.desk.numbers == [1, 2, 3]
    assert life.connected == 1
