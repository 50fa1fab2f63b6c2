from base64 import encodebytes

import pytest
from hypothesis import given

from bench.imap_server import structure as scripted
from tests.sources.imap.mails import (
    Piece,
    as_mail,
    mails,
    parsed_structure,
    picture,
    understood,
)
from watcher.sources.imap.assembly import assemble
from watcher.sources.imap.structure import Part, parts_worth_fetching

HEADER = b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
TEXT = Part(section="1", headers="1.MIME", size=5, kind="text/plain")


def fetched_and_assembled(mail: bytes) -> bytes | None:
    """Do what a session does, against a mail that lies here."""
    root = scripted.read(mail)
    structure = parsed_structure(scripted.bodystructure(root))
    parts = parts_worth_fetching(structure, len(mail), small=0)
    if parts is None:
        return mail
    names = [name for part in parts for name in (part.section, part.headers) if name]
    contents = {name: scripted.section(root, name) for name in names}
    given_ones = {name: content for name, content in contents.items() if content is not None}
    header = scripted.section(root, "HEADER")
    assert header is not None
    return assemble(header, parts, given_ones)


@given(mails())
def test_an_assembled_mail_says_what_the_whole_mail_says(mail: bytes) -> None:
    assembled = fetched_and_assembled(mail)

    assert assembled is not None
    whole, small = understood(mail), understood(assembled)
    assert small.text == whole.text
    assert small.html == whole.html
    assert small.headers == whole.headers
    assert small.codes == whole.codes
    assert small == whole


@pytest.mark.parametrize(
    "body",
    [
        b"A preamble.\r\n--b--\r\n",
        b"A preamble.\r\n",
        b"--b\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\ntext\r\n--b--\r\n",
    ],
)
def test_a_mail_whose_boundary_was_lost_is_wanted_whole(body: bytes) -> None:
    mail = as_mail(Piece((b"Content-Type: multipart/mixed; boundary=b",), body))
    structure = parsed_structure(scripted.bodystructure(scripted.read(mail)))
    assert parts_worth_fetching(structure, len(mail), small=0) is None
    assert understood(mail).text


def test_what_is_not_worth_fetching_is_left_out() -> None:
    archive = Piece((b"Content-Type: application/zip",), b"PK" * 40_000)
    text = Piece((b"Content-Type: text/plain; charset=utf-8",), "请还款".encode())
    body = b"--b\r\n" + text.written() + b"\r\n--b\r\n" + archive.written() + b"\r\n--b--\r\n"
    mail = as_mail(Piece((b"Content-Type: multipart/mixed; boundary=b",), body))

    assembled = fetched_and_assembled(mail)

    assert assembled is not None
    assert len(assembled) < 1500
    assert understood(assembled) == understood(mail)


def test_a_mail_of_attachments_only_says_nothing() -> None:
    archive = Piece((b"Content-Type: application/zip",), b"PK" * 40_000)
    body = b"--b\r\n" + archive.written() + b"\r\n--b--\r\n"
    mail = as_mail(Piece((b"Content-Type: multipart/mixed; boundary=b",), body))

    assembled = fetched_and_assembled(mail)

    assert assembled is not None
    assert understood(assembled).text is None
    assert understood(assembled) == understood(mail)


def test_a_part_that_holds_boundaries_ends_where_it_ends() -> None:
    body = b"one\r\n--b\r\nContent-Type: text/html\r\n\r\ntwo\r\n--b--\r\nthree"
    assembled = assemble(HEADER, [TEXT], {"1": body, "1.MIME": b"Content-Type: text/plain\r\n\r\n"})

    assert assembled is not None
    assert understood(assembled).text == body.decode().replace("\r\n", "\n")
    assert understood(assembled).html is None


@pytest.mark.parametrize(
    "fetched",
    [
        {"1.MIME": b"\r\n"},
        {"1": b"text"},
        {"1": b"x" * (TEXT.limit + 1), "1.MIME": b"\r\n"},
        {},
    ],
)
def test_what_is_missing_or_cut_asks_for_the_whole_mail(fetched: dict[str, bytes]) -> None:
    assert assemble(HEADER, [TEXT], fetched) is None


def test_what_the_server_calls_attached_stays_quoted() -> None:
    attached = Part(section="2.1", headers="2.HEADER", size=5, kind="text/plain", inner=True)
    headers = b"Subject: inner\r\nContent-Disposition: inline\r\nContent-Type: text/plain\r\n\r\n"
    assembled = assemble(HEADER, [attached], {"2.1": b"inner", "2.HEADER": headers})

    assert assembled is not None
    assert understood(assembled).text == "> inner"
    assert understood(assembled).subject == "x"


def test_a_code_in_a_picture_is_fetched_with_a_short_text() -> None:
    text = Piece((b"Content-Type: text/plain",), b"scan")
    image = Piece(
        (b"Content-Type: image/png", b"Content-Transfer-Encoding: base64"), encodebytes(picture())
    )
    body = b"--b\r\n" + text.written() + b"\r\n--b\r\n" + image.written() + b"\r\n--b--\r\n"
    mail = as_mail(Piece((b"Content-Type: multipart/mixed; boundary=b",), body))

    assembled = fetched_and_assembled(mail)

    assert assembled is not None
    assert understood(assembled).codes == ("https://qingshan.test/huankuan",)
