"""Secrets that are refused, locked or void: who is told, and how often a server is asked."""

import pytest

from bench.imap_server import OUTLOOK, ImapServer, Script, reply
from tests.mailboxes import Life, arrival, count, deliver, nothing
from watcher.errors import CredentialsRefused, SourceUnavailable, UserError
from watcher.sources.imap.ports import Condition


def test_a_refused_secret_is_tried_twice_told_of_once_and_replaced_without_a_restart(
    polled: ImapServer,
) -> None:
    secrets = ["旧", "旧", "旧", "旧", "旧", "code-1234"]
    life = Life(polled, secret=lambda: secrets.pop(0) if len(secrets) > 1 else secrets[0])
    life.play(*[nothing] * 5, arrival(polled, 1), nothing)

    assert count(polled, "LOGIN") + count(polled, "AUTHENTICATE") == 3
    assert life.told.conditions == [(Condition.REFUSED, "imap.refused"), (Condition.WATCHING, "")]
    assert life.waits.pauses[:5] == [60.0, 900.0, 900.0, 900.0, 900.0]
    assert life.desk.numbers == [1]


@pytest.mark.parametrize("command", ["LIST", "EXAMINE"])
def test_a_server_that_takes_the_code_and_opens_no_folder_is_told_of_once_and_asked_seldom(
    polled: ImapServer, command: str
) -> None:
    def admit() -> None:
        polled.script = Script()

    polled.script = reply(command, f"NO {command} Unsafe Login. Please contact us for help")
    deliver(polled.account(), 1)
    life = Life(polled).play(*[nothing] * 5, admit, nothing, nothing)

    assert life.waits.pauses[:6] == [60.0, *[900.0] * 5]
    assert life.connected == 7
    assert life.told.conditions == [(Condition.REFUSED, "imap.refused"), (Condition.WATCHING, "")]
    assert life.desk.numbers == [1]


def test_a_keyring_that_is_locked_is_waited_for(polled: ImapServer) -> None:
    answers: list[Exception | str] = [
        SourceUnavailable("secret.locked"),
        SourceUnavailable("secret.locked"),
        UserError("secret.missing"),
        "code-1234",
    ]

    def secret() -> str:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    life = Life(polled, secret=secret).play(*[nothing] * 4)

    assert [one for one, _ in life.told.conditions] == [
        Condition.LOCKED,
        Condition.MISSING,
        Condition.WATCHING,
    ]


def test_a_token_that_is_void_is_told_of_and_asked_for_seldom(polled: ImapServer) -> None:
    def secret() -> str:
        raise CredentialsRefused("imap.token_refused")

    life = Life(polled, secret=secret).play(*[nothing] * 4)

    assert life.told.conditions == [(Condition.REFUSED, "imap.token_refused")]
    assert set(life.waits.pauses) == {900.0}
    assert life.connected == 0


def test_tokens_that_are_new_each_time_and_never_taken_make_no_storm() -> None:
    tokens = (f"ya29.{number}" for number in range(100))
    with ImapServer(personality=OUTLOOK) as server:
        life = Life(server, secret=lambda: next(tokens), mechanism="xoauth2")

        def grant() -> None:
            life.secret = lambda: server.account().token

        life.play(*[nothing] * 4, grant, nothing, nothing)

    assert life.waits.pauses[:5] == [60.0, 900.0, 900.0, 900.0, 900.0]
    assert life.told.conditions == [(Condition.REFUSED, "imap.refused"), (Condition.WATCHING, "")]


def test_a_keyring_that_is_locked_later_makes_nobody_blind(polled: ImapServer) -> None:
    locked: list[bool] = []

    def secret() -> str:
        if locked:
            raise SourceUnavailable("secret.locked")
        return "code-1234"

    def lock() -> None:
        locked.append(True)
        polled.drop_all()
        deliver(polled.account(), 1)

    life = Life(polled, secret=secret).play(nothing, lock, nothing, nothing)

    assert life.desk.numbers == [1]
