"""The one route that takes a file: what it keeps, and what it never lets onto the disk."""

import asyncio
import stat

import httpx
import pytest

from tests.web.conftest import Visitor
from watcher.casework import proofs
from watcher.casework.proofs import LARGEST
from watcher.web.guard import UPLOAD

PDF = b"%PDF-1.7\ninvented\n%%EOF\n"
LOAN = "haoqidai"


def send(visitor: Visitor, name: str, data: bytes, loan: str = LOAN) -> httpx.Response:
    form = {"csrf": visitor.session.csrf, "loan": loan}
    return visitor.ask("POST", UPLOAD, form=form, files={"file": (name, data)})


def raw(visitor: Visitor, body: bytes, kind: str = "multipart/form-data; boundary=x") -> int:
    headers = [*visitor.own("POST"), ("Content-Type", kind)]
    return visitor.ask("POST", UPLOAD, headers=headers, content=body).status_code


def part(name: str, value: bytes, more: str = "") -> bytes:
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + (
        value + b"\r\n"
    )


def kept(visitor: Visitor) -> list[str]:
    return [proof.name for proof in proofs.of_loan(visitor.state, LOAN)]


def left_over(visitor: Visitor) -> list[str]:
    return [path.name for path in visitor.state.rglob(".unfinished-*")]


def test_a_certificate_is_kept_for_its_loan_and_goes_into_the_pack(visitor: Visitor) -> None:
    answer = send(visitor, "结清证明 <b>.pdf", PDF)
    assert answer.headers["location"] == f"/loan/{LOAN}#proofs"
    [proof] = proofs.of_loan(visitor.state, LOAN)
    assert proof.path.read_bytes() == PDF
    assert stat.S_IMODE(proof.path.stat().st_mode) == 0o600
    assert "结清证明 &lt;b&gt;.pdf" in visitor.get(f"/loan/{LOAN}").text
    pack = visitor.get(f"/cases/{visitor.number_of('lagging')}/evidence.zip").content
    assert PDF in pack
    assert send(visitor, "again.pdf", PDF).status_code == 303
    assert kept(visitor) == ["结清证明 <b>.pdf"]
    assert left_over(visitor) == []


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("empty.pdf", b"", "空文件"),
        ("big.pdf", b"%PDF-" + b"0" * LARGEST, "超过 20 MB"),
        ("", PDF, "没有选文件"),
    ],
    ids=["empty", "too big", "none chosen"],
)
def test_what_cannot_be_kept_is_said_in_words_and_leaves_nothing(
    visitor: Visitor, name: str, data: bytes, says: str
) -> None:
    body = (
        part("csrf", visitor.session.csrf.encode())
        + part("loan", LOAN.encode())
        + part("file", data, f'; filename="{name}"')
        + b"--x--\r\n"
    )
    headers = [*visitor.own("POST"), ("Content-Type", "multipart/form-data; boundary=x")]
    answer = visitor.ask("POST", UPLOAD, headers=headers, content=body)
    assert answer.status_code == 422
    assert says in answer.text
    assert (kept(visitor), left_over(visitor)) == ([], [])


def test_the_largest_file_that_is_taken_is_taken(visitor: Visitor) -> None:
    assert send(visitor, "scan.pdf", b"%PDF-" + b"0" * (LARGEST - 5)).status_code == 303
    assert "像是不完整" in visitor.get(f"/loan/{LOAN}").text


@pytest.mark.parametrize("loan", ["nobody", "", "../../etc", "haoqidai\0"])
def test_a_file_for_a_loan_that_is_not_there_is_not_kept(visitor: Visitor, loan: str) -> None:
    assert send(visitor, "a.pdf", PDF, loan).status_code == 404
    assert list(visitor.state.rglob("*.proof")) == []
    assert left_over(visitor) == []


def test_no_byte_of_a_file_is_written_before_the_token_of_its_form(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitor.app, "_begin", pytest.fail)
    csrf, loan = part("csrf", visitor.session.csrf.encode()), part("loan", LOAN.encode())
    file = part("file", PDF, '; filename="a.pdf"')
    end = b"--x--\r\n"
    assert raw(visitor, file + csrf + loan + end) == 403
    assert raw(visitor, part("csrf", b"guess") + file + loan + end) == 403
    assert raw(visitor, loan + file + end) == 403


def test_a_form_that_is_none_of_ours_is_refused_and_leaves_nothing(visitor: Visitor) -> None:
    csrf, loan = part("csrf", visitor.session.csrf.encode()), part("loan", LOAN.encode())
    file, end = part("file", PDF, '; filename="a.pdf"'), b"--x--\r\n"
    assert raw(visitor, csrf + loan + file) == 403  # breaks off
    assert raw(visitor, csrf + loan + file + file + end) == 403
    assert raw(visitor, csrf + csrf + loan + file + end) == 403
    assert raw(visitor, csrf + part("loan", b"a" * 5000) + file + end) == 403
    assert raw(visitor, csrf + loan * 9 + file + end) == 403
    assert raw(visitor, csrf + loan + part("other", PDF, '; filename="a.pdf"') + end) == 403
    assert raw(visitor, csrf + part("loan", b"\xff\xfe") + file + end) == 403
    assert raw(visitor, csrf + b"--x\r\n" + b"X: y\r\n" * 50 + b"\r\n\r\n" + end) == 403
    assert raw(visitor, b"noise") == 403
    assert raw(visitor, b"") == 403
    for kind in ("multipart/form-data", "application/x-www-form-urlencoded", "text/plain", ""):
        assert raw(visitor, csrf + loan + file + end, kind) == 415
    assert (kept(visitor), left_over(visitor)) == ([], [])


def test_a_browser_that_goes_away_in_the_middle_leaves_nothing(visitor: Visitor) -> None:
    csrf, loan = part("csrf", visitor.session.csrf.encode()), part("loan", LOAN.encode())
    pieces = [csrf + loan + part("file", b"%PDF-" + b"0" * 100_000, '; filename="a.pdf"')[:-2]]
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        if pieces:
            return {"type": "http.request", "body": pieces.pop(), "more_body": True}
        assert left_over(visitor)
        return {"type": "http.disconnect"}

    async def take(message: object) -> None:
        assert isinstance(message, dict)
        sent.append(message)

    headers = [*visitor.own("POST"), ("Content-Type", "multipart/form-data; boundary=x")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": UPLOAD,
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
    }
    asyncio.run(visitor.app(scope, receive, take))
    assert sent[0]["status"] == 413
    assert left_over(visitor) == []


def test_who_sends_without_end_is_not_listened_to(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watcher.web.upload.DROPPED", 64 * 1024)
    csrf, loan = part("csrf", visitor.session.csrf.encode()), part("loan", LOAN.encode())
    file = part("file", b"%PDF-" + b"0" * 100_000, '; filename="a.pdf"')
    assert raw(visitor, csrf + loan + file + b"--x--\r\n") == 413
    assert left_over(visitor) == []


def test_every_other_route_takes_no_file_and_no_more_than_a_form(visitor: Visitor) -> None:
    form = {"csrf": visitor.session.csrf, "loan": LOAN}
    for path in ("/loans/add", "/loans/proof/", "/cases/1/done"):
        answer = visitor.ask("POST", path, form=form, files={"file": ("a.pdf", PDF)})
        assert answer.status_code == 415, path
