import base64
import imaplib
import re
import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from bench.imap_server import ImapServer, Script, certificates
from tests.imap_client import SHORT, Client, connected, fetch, signed_in

MAIL = """\
From: =?utf-8?B?6Z2S5bGx5raI6LS5?= <notice@qingshan.test>
Subject: =?utf-8?B?6L+Y5qy+5o+Q6YaS?=
Content-Type: multipart/mixed; boundary="of the mail"

--of the mail
Content-Type: text/plain; charset=gb18030
Content-Transfer-Encoding: 8bit

您好，三月的账单已出。
--of the mail
Content-Type: message/rfc822

Subject: inner
Content-Type: multipart/alternative; boundary=inner

--inner

plain
--inner
Content-Type: text/html

<p>html</p>
--inner--
--of the mail--
""".encode("gb18030")


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer() as server:
        yield server


def test_only_a_client_that_knows_the_authority_is_served(server: ImapServer) -> None:
    with connected(server) as client:
        assert client.noop()[0] == "OK"
    with pytest.raises(ssl.SSLCertVerificationError):
        Client(server, ca_file=str(certificates(names=("other.test",)).ca_file))


@pytest.mark.parametrize("wrong", [{"names": ("other.test",)}, {"expired": True}])
def test_a_certificate_can_be_of_another_host_or_expired(wrong: dict[str, Any]) -> None:
    bad = certificates(**wrong)
    with ImapServer(certificates=bad) as server, pytest.raises(ssl.SSLCertVerificationError):
        Client(server)


def test_chinese_folders_are_listed_and_opened_by_their_encoded_names(server: ImapServer) -> None:
    server.account().deliver("其他 & 更多", SHORT)
    with signed_in(server, None) as client:
        listed = [line for line in client.list()[1] if isinstance(line, bytes)]
        assert b'(\\Junk) "/" "&V4NXPpCuTvY-"' in listed
        assert client.command('EXAMINE "&V4NXPpCuTvY-"')[1][2] == "* 0 EXISTS"
        assert client.command('EXAMINE "&UXZO1g- &- &ZvRZGg-"')[1][2] == "* 1 EXISTS"
        assert client.command('EXAMINE "Nowhere"')[0] == "NO"
        [status] = client.status("INBOX", "(MESSAGES UIDNEXT UIDVALIDITY)")[1]
        assert status == b'"INBOX" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1700000000)'


def test_each_section_of_a_mail_can_be_fetched_whole_and_in_part(server: ImapServer) -> None:
    server.account().deliver("INBOX", MAIL)
    text = "您好，三月的账单已出。".encode("gb18030")
    sections = {
        "BODY.PEEK[]": MAIL.replace(b"\n", b"\r\n"),
        "BODY.PEEK[1]": text,
        "BODY.PEEK[1]<4.6>": text[4:10],
        "BODY.PEEK[1]<900.6>": b"",
        "BODY.PEEK[1.MIME]": b"Content-Type: text/plain; charset=gb18030\r\n"
        b"Content-Transfer-Encoding: 8bit\r\n\r\n",
        "BODY.PEEK[2.HEADER]": b"Subject: inner\r\n"
        b"Content-Type: multipart/alternative; boundary=inner\r\n\r\n",
        "BODY.PEEK[2.1]": b"plain",
        "BODY.PEEK[2.2]": b"<p>html</p>",
        "BODY.PEEK[HEADER.FIELDS (SUBJECT)]": b"Subject: =?utf-8?B?6L+Y5qy+5o+Q6YaS?=\r\n\r\n",
    }
    with signed_in(server) as client:
        for item, wanted in sections.items():
            assert fetch(client, "1", f"({item})")[0][1] == wanted, item
        assert fetch(client, "1", "(BODY.PEEK[3])") == [b"1 (UID 1 BODY[3] NIL)"]
        [size] = fetch(client, "1", "(RFC822.SIZE INTERNALDATE)")
        whole = len(sections["BODY.PEEK[]"])
        assert size.decode() == (
            f'1 (UID 1 RFC822.SIZE {whole} INTERNALDATE " 2-Mar-2026 09:01:00 +0800")'
        )
    assert server.violations == ()


def test_bodystructure_tells_the_parts_apart(server: ImapServer) -> None:
    server.account().deliver("INBOX", MAIL, SHORT)
    with signed_in(server) as client:
        first, second = fetch(client, "1:2", "(BODYSTRUCTURE)")
    text = b'("TEXT" "%b" %b NIL NIL "%b" %d %d NIL NIL NIL NIL)'
    ascii_only = b'("CHARSET" "us-ascii")'
    plain = text % (b"PLAIN", ascii_only, b"7BIT", 5, 0)
    html = text % (b"HTML", ascii_only, b"7BIT", 11, 0)
    assert text % (b"PLAIN", b'("CHARSET" "gb18030")', b"8BIT", 22, 0) in first
    assert b'"MESSAGE" "RFC822"' in first
    assert b'(%b%b "ALTERNATIVE" ("BOUNDARY" "inner") NIL NIL NIL)' % (plain, html) in first
    assert first.endswith(b'"MIXED" ("BOUNDARY" "of the mail") NIL NIL NIL))')
    assert second == b"2 (UID 2 BODYSTRUCTURE %b)" % (text % (b"PLAIN", ascii_only, b"7BIT", 8, 1))


def test_mails_that_kill_readers_are_served(server: ImapServer) -> None:
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(2000)
    )
    many = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n\n" * 200_000
    wide = b"Subject: " + b"=?utf-8?q?a?= " * 25_000 + b"\n\nx\n"
    server.account().deliver("INBOX", deep, many, wide)
    with signed_in(server) as client:
        assert fetch(client, "3", "(BODY.PEEK[HEADER]<0.20>)")[0][1] == wide[:20]
        kind, lines = client.command("UID FETCH 1 (BODYSTRUCTURE)")
        assert (kind, lines[0].count('"MIXED"')) == ("OK", 60)
        client.send(b"X UID FETCH 2 (BODYSTRUCTURE)\r\n")
        assert len(client.file.readline()) > 500_000


def test_ranges_count_sequence_numbers_or_uids(server: ImapServer) -> None:
    inbox = server.account().folder("大号", uidnext=2**31 + 5)
    inbox.deliver(*[SHORT] * 6)
    inbox.expunge(2**31 + 6)
    first = 2**31 + 5
    with signed_in(server, "&WSdT9w-") as client:
        for numbers, wanted in {
            "2:3": [first + 2, first + 3],
            "5,1": [first, first + 5],
            "4:*": [first + 4, first + 5],
        }.items():
            data = client.fetch(numbers, "(UID)")[1]
            found = [int(re.findall(r"UID (\d+)", str(line))[0]) for line in data]
            assert found == wanted, numbers
        assert fetch(client, f"{first + 90}:*", "(UID)") == [b"5 (UID %d)" % (first + 5)]
        assert fetch(client, "1:9", "(UID)") == [None]
        assert client.command("FETCH 6 (UID)")[0] == "BAD"


def test_changes_are_told_at_noop_and_pushed_in_idle(server: ImapServer) -> None:
    inbox = server.account().folder()
    inbox.deliver(SHORT, SHORT, SHORT)
    with signed_in(server) as client:
        inbox.expunge(1, 3)
        inbox.deliver(SHORT)
        assert client.command("NOOP")[1][:3] == ["* 3 EXPUNGE", "* 1 EXPUNGE", "* 2 EXISTS"]
        client.send(b"I IDLE\r\n")
        assert client.line() == "+ idling"
        inbox.deliver(SHORT)
        assert [client.line(), client.line()] == ["* 3 EXISTS", "* 1 RECENT"]
        inbox.expunge(5)
        assert client.line() == "* 3 EXPUNGE"
        client.send(b"DONE\r\n")
        assert client.line() == "I OK IDLE completed"
    assert server.violations == ()


def test_a_mail_that_goes_before_it_is_fetched_is_left_out(server: ImapServer) -> None:
    inbox = server.account().folder()
    inbox.deliver(SHORT, SHORT)
    server.fault_next(Script(), Script(gone_is_no=True))
    for wanted in ("OK", "NO"):
        with signed_in(server) as client:
            [gone, *_] = inbox.deliver(SHORT)
            client.noop()
            inbox.expunge(gone)
            kind, lines = client.command(f"UID FETCH 1,{gone} (BODY.PEEK[TEXT])")
            assert kind == wanted
            assert sum("FETCH (" in line for line in lines) == 1


def test_new_numbers_end_connections_unless_they_come_quietly(server: ImapServer) -> None:
    inbox = server.account().folder()
    inbox.deliver(SHORT, SHORT)
    inbox.expunge(1)
    with signed_in(server) as client:
        inbox.renumber(99, quietly=True)
        assert "* OK [UIDVALIDITY 99] UIDs valid" in client.command("EXAMINE INBOX")[1]
        assert fetch(client, "1:*", "(UID)") == [b"1 (UID 1)"]
        inbox.renumber(0)
        with pytest.raises(EOFError):
            client.command("NOOP")
    with signed_in(server) as client:
        assert "* OK [UIDVALIDITY 0] UIDs valid" in client.command("EXAMINE INBOX")[1]


@pytest.mark.parametrize(
    "command",
    [
        "SELECT INBOX",
        "STORE 1 +FLAGS (\\Seen)",
        "EXPUNGE",
        "CLOSE",
        "UID MOVE 1 Junk",
        "UID SEARCH ALL",
        "FETCH 1 (BODY[])",
        "FETCH 1 (UID RFC822)",
        "UID FETCH 1 (BODY.PEEK[] BODY[1])",
        "STARTTLS",
    ],
)
def test_what_does_more_than_read_is_a_violation(server: ImapServer, command: str) -> None:
    server.account().deliver("INBOX", SHORT)
    with signed_in(server) as client:
        client.command(command)
        client.command("UID FETCH 1 (UID FLAGS BODY.PEEK[])")
    assert server.violations == (command,)


def test_sign_in_by_password_and_by_token(server: ImapServer) -> None:
    account = server.account()
    plain = base64.b64encode(f"\0{account.user}\0{account.password}".encode()).decode()
    bearer = f"user={account.user}\x01auth=Bearer {account.token}\x01\x01"
    oauth = f"n,a={account.user},\x01host=h\x01port=993\x01auth=Bearer {account.token}\x01\x01"
    with connected(server) as client:
        assert client.authenticate("XOAUTH2", lambda _: bearer.encode())[0] == "OK"
    with connected(server) as client:
        assert client.authenticate("OAUTHBEARER", lambda _: oauth.encode())[0] == "OK"
    with connected(server) as client:
        assert client.command(f"AUTHENTICATE PLAIN {plain}")[0] == "OK"
    account.password, account.token = "code-5678", "token-2"

    def empty_to_an_error(said: bytes) -> bytes:
        return b"" if said.startswith(b"{") else bearer.encode()

    with connected(server) as client:
        assert client.command(f"AUTHENTICATE PLAIN {plain}")[0] == "NO"
        with pytest.raises(imaplib.IMAP4.error, match="LOGIN failed"):
            client.authenticate("XOAUTH2", empty_to_an_error)
        client.login(account.user, "code-5678")
    assert [one.user for one in server.connections] == [account.user] * 4
