"""The scripted server against a real one: the same mails, the same questions."""

import imaplib
import ssl
import tempfile
from pathlib import Path

import pytest

from bench.imap_server import ImapServer
from tests.dovecot import PASSWORD, USER, dovecot
from tests.imap_client import connected

NESTED = """\
Subject: =?utf-8?B?6L+Y5qy+5o+Q6YaS?=
Content-Type: multipart/mixed; boundary="of the mail"

before
--of the mail
Content-Type: text/plain; charset=gb18030; format=flowed
Content-Transfer-Encoding: 8bit
Content-Disposition: inline

您好，三月的账单已出。
请查收。

--of the mail
Content-Type: message/rfc822
Content-Disposition: attachment; filename="转发.eml"

Subject: inner
Content-Type: multipart/alternative; boundary=inner

--inner

plain
--inner
Content-Type: text/html
Content-ID: <part@inner.test>

<p>html</p>
--inner--

--of the mail
Content-Type: message/rfc822

Subject: text alone

here
--of the mail
Content-Type: image/png; name="a b.png"
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--of the mail--
after
""".encode("gb18030")
MAILS = {
    "nested": NESTED,
    "one part": b'Subject: x\nContent-Type: text/html; charset="utf-8"\n'
    b"Content-Transfer-Encoding: quoted-printable\n\n<p>=E6</p>\n",
    "no type": b"Subject: none\n\nhello\nworld\n",
    "no parts": b"Content-Type: multipart/mixed; boundary=b\n\nno line of a boundary\n",
    "not closed": b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nA\n--b\n"
    b"Content-Type: text/html\n\nB\n",
    "digest": b"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: one\n\nA\n--b--\n",
}
ITEMS = (
    *("RFC822.SIZE", "BODYSTRUCTURE", "BODY.PEEK[]<3.40>", "BODY.PEEK[HEADER]", "BODY.PEEK[TEXT]"),
    *("BODY.PEEK[HEADER.FIELDS (SUBJECT)]", "BODY.PEEK[1]"),
)
DEEPER = (
    *("BODY.PEEK[1.MIME]", "BODY.PEEK[2]", "BODY.PEEK[2.MIME]", "BODY.PEEK[2.HEADER]"),
    *("BODY.PEEK[2.TEXT]", "BODY.PEEK[2.1]", "BODY.PEEK[2.1.MIME]", "BODY.PEEK[2.2]"),
    *("BODY.PEEK[2.2.MIME]", "BODY.PEEK[3]", "BODY.PEEK[3.1]", "BODY.PEEK[3.1.MIME]"),
    "BODY.PEEK[4]",
)


def answers(client: imaplib.IMAP4, uid: int, items: tuple[str, ...]) -> dict[str, str]:
    """Return what a server says of a mail; names of types in capitals or not."""
    return {item: str(client.uid("FETCH", str(uid), f"({item})")).casefold() for item in items}


def test_sections_and_structure_are_what_dovecot_makes_of_them() -> None:
    # Not below pytest's folder, into which Dovecot's own users may not look.
    with (
        tempfile.TemporaryDirectory() as folder,
        dovecot(Path(folder)) as real,
        ImapServer() as server,
    ):
        real.deliver(MAILS.values())
        account = server.account(USER, password=PASSWORD)
        account.deliver("INBOX", *MAILS.values())
        context = ssl.create_default_context(cafile=str(real.server.ca_file))
        with (
            imaplib.IMAP4_SSL("localhost", real.port, ssl_context=context) as theirs,
            connected(server) as ours,
        ):
            for client in (theirs, ours):
                client.login(USER, PASSWORD)
                client.select(readonly=True)
            for uid, name in enumerate(MAILS, 1):
                items = ITEMS + (DEEPER if name == "nested" else ())
                assert answers(ours, uid, items) == answers(theirs, uid, items), name


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_is_whole_in_its_header_and_its_text(name: str) -> None:
    with ImapServer() as server, connected(server) as client:
        account = server.account()
        account.deliver("INBOX", MAILS[name])
        client.login(account.user, account.password)
        client.select(readonly=True)
        data = client.uid("FETCH", "1", "(BODY.PEEK[HEADER] BODY.PEEK[TEXT] BODY.PEEK[])")[1]
        header, text, whole = (piece[1] for piece in data if isinstance(piece, tuple))
        assert header + text == whole == MAILS[name].replace(b"\n", b"\r\n")
