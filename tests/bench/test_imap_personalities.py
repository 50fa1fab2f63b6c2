import imaplib
import re

import pytest

from bench.imap_server import (
    GMAIL,
    ID_HATING,
    NETEASE,
    OUTLOOK,
    PROVIDERS,
    QQ,
    ImapServer,
    Personality,
)
from tests.imap_client import SHORT, connected, fetch, signed_in


@pytest.mark.parametrize("personality", PROVIDERS, ids=lambda one: one.name)
def test_each_provider_lists_its_folders_and_serves_mail(personality: Personality) -> None:
    with ImapServer(personality=personality) as server:
        account = server.account()
        account.deliver("INBOX", SHORT)
        bearer = f"user={account.user}\x01auth=Bearer {account.token}\x01\x01"
        with connected(server) as client:
            if personality is OUTLOOK:
                client.authenticate("XOAUTH2", lambda _: bearer.encode())
            else:
                client.login(account.user, account.password)
            assert client.command('ID ("name" "test")')[0] == "OK"
            assert len(client.list()[1]) == len(personality.folders) + 1
            client.select(readonly=True)
            assert fetch(client, "1", "(BODY.PEEK[])")[0][1] == SHORT
            idles = client.command("NOOP")[0] == "OK" and "IDLE" in personality.signed_in
            client.send(b"A IDLE\r\n")
            assert client.line().startswith("+ idling" if idles else "A BAD")


@pytest.mark.parametrize("personality", PROVIDERS, ids=lambda one: one.name)
def test_each_provider_refuses_a_wrong_password_in_its_own_words(personality: Personality) -> None:
    with ImapServer(personality=personality) as server, connected(server) as client:
        refused = (personality.no_passwords or personality.refused).removeprefix("NO ")
        with pytest.raises(imaplib.IMAP4.error, match=re.escape(refused)):
            client.login(server.account().user, "wrong")
        assert server.connections[0].user is None


def test_163_opens_no_folder_before_it_knows_who_asks() -> None:
    with ImapServer(personality=NETEASE) as server, signed_in(server, None) as client:
        for command in ("EXAMINE", "STATUS"):
            kind, [line] = client.command(f"{command} INBOX (MESSAGES)")
            assert kind == "NO"
            assert line.endswith(f"{command} Unsafe Login. Please contact kefu@188.com for help")
        assert client.command("ID (name test)")[0] == "BAD"
        assert client.command("ID NIL")[0] == "OK"
        assert client.command("EXAMINE INBOX")[0] == "NO"
        assert client.command('ID ("name" "test" "version" "1")')[0] == "OK"
        assert client.command("EXAMINE INBOX")[0] == "OK"


def test_qq_answers_no_search_no_long_set_and_nothing_it_does_not_know() -> None:
    with ImapServer(personality=QQ) as server:
        server.account().deliver("INBOX", SHORT)
        with signed_in(server) as client:
            assert client.command("UID SEARCH UID 1:*")[0] == "BAD"
            long = ",".join(map(str, range(1, 200)))
            assert client.command(f"UID FETCH {long} (UID)")[0] == "BAD"
            assert client.command("UID FETCH 1:200 (UID)")[0] == "OK"
            with pytest.raises(EOFError):
                client.command("ENABLE UTF8=ACCEPT")


def test_gmail_says_what_its_folders_are_for() -> None:
    with ImapServer(personality=GMAIL) as server, signed_in(server, None) as client:
        assert b'(\\HasNoChildren \\Junk) "/" "[Gmail]/Spam"' in client.list()[1]
        assert client.command('EXAMINE "[Gmail]"')[0] == "NO"


def test_a_server_that_hates_id_goes_on_without() -> None:
    with ImapServer(personality=ID_HATING) as server, signed_in(server, None) as client:
        assert client.command('ID ("name" "test")')[0] == "BAD"
        assert client.command("EXAMINE INBOX")[0] == "OK"
