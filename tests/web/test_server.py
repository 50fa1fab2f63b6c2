"""The real child process: its file, its token, its limits, and its end."""

import asyncio
import contextlib
import os
import re
import socket
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from starlette.responses import Response

from watcher.errors import SourceUnavailable
from watcher.web import peers, server
from watcher.web.start import Orders, Page

ADDRESS = re.compile(r'url=(http://127\.0\.0\.1:(\d+)/enter\?token=[\w-]+)"')
SITE = "Sec-Fetch-Site: none\r\n"


def address_in(file: Path) -> tuple[str, int]:
    found = ADDRESS.search(file.read_text(encoding="utf-8"))
    assert found
    return found[1], int(found[2])


def said_to(port: int, request: bytes, *, seconds: float = 5.0) -> bytes:
    """Send bytes and return all that comes until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        connection.sendall(request)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while more := connection.recv(65536):
                answer += more
    return answer


@pytest.fixture
def port(page: Page) -> int:
    return address_in(page.open())[1]


@pytest.fixture
def hurried(orders: Orders) -> Iterator[Page]:
    """A page that is content with a second without use."""
    served = Page(lambda: replace(orders, idle_seconds=1.0))
    yield served
    served.close()


def test_the_file_is_private_and_its_token_works_once(page: Page) -> None:
    file = page.open("/cases/2")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    address, _ = address_in(file)
    foreign = {"Sec-Fetch-Site": "cross-site"}
    with httpx.Client() as client:
        first = client.get(address, headers=foreign)
        assert (first.status_code, "url=/cases/2" in first.text) == (200, True)
        assert client.get(address, headers=foreign).status_code == 403
        base = address.split("/enter")[0]
        assert client.get(f"{base}/cases/2", headers={"Sec-Fetch-Site": "none"}).status_code == 200


def test_one_child_serves_every_look_and_knows_each_token_apart(page: Page) -> None:
    first, port = address_in(page.open())
    second, same = address_in(page.open("/loans"))
    assert port == same
    assert first != second


def test_the_token_is_on_no_command_line(page: Page) -> None:
    address, _ = address_in(page.open())
    token = address.partition("token=")[2].encode()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            assert token not in (process / "cmdline").read_bytes()
            assert token not in (process / "environ").read_bytes()


def test_it_listens_on_the_loopback_address_only(port: int) -> None:
    for host in ("127.0.0.2", "::1"):
        with pytest.raises(OSError, match=r"refused|assign|unreachable|not supported"):
            socket.create_connection((host, port), timeout=2)


def test_it_ends_when_left_alone_and_takes_its_file_along(hurried: Page) -> None:
    file = hurried.open()
    _, port = address_in(file)
    hurried.wait()
    assert not file.exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=2)
    again = address_in(hurried.open())
    assert again[1]


def test_it_ends_with_its_parent(page: Page, orders: Orders) -> None:
    file = page.open()
    page.close()
    assert not file.exists()
    broken = Page(lambda: replace(orders, language="xx"))  # type: ignore[arg-type]
    with pytest.raises(SourceUnavailable):
        broken.open()


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\n" + SITE.encode() + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: %s\r\nHost: %s\r\n\r\n",
        b"GET http://%s/ HTTP/1.1\r\nHost: %s\r\n" + SITE.encode() + b"Connection: close\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: %s\r\n"
        + SITE.encode()
        + b"Connection: close\r\n\r\n",
        b"GET /style.css HTTP/1.0\r\n\r\n",
        b"GET / HTTP/0.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"\r\n\r\n\x00",
    ],
    ids=["no host", "two hosts", "own address", "foreign address", "1.0", "0.9", "TLS", "noise"],
)
def test_what_no_browser_of_ours_sends_gets_no_page(port: int, head: bytes) -> None:
    request = head.replace(b"%s", f"127.0.0.1:{port}".encode())
    with contextlib.suppress(TimeoutError):  # noise may be waited for until the deadline
        answer = said_to(port, request, seconds=1.0)
        assert answer.split(b"\r\n")[0][9:12] in (b"400", b"403", b""), answer[:80]
        assert b"<html" not in answer


def test_a_head_too_long_is_refused(port: int) -> None:
    own = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{SITE}Connection: close\r\nCookie: "
    for size, status in ((17_000, b"431"), (400_000, b"400")):
        answer = said_to(port, own.encode() + b"a" * size + b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 " + status)


def test_more_connections_than_a_browser_needs_are_turned_away(port: int) -> None:
    with contextlib.ExitStack() as held:
        for _ in range(8):
            held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
        request = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
        deadline = time.monotonic() + 5
        while not (answer := said_to(port, request.encode())).startswith(b"HTTP/1.1 503"):
            assert time.monotonic() < deadline, answer[:60]


def test_nobody_is_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.6)
    bound, ready = server.bind(), threading.Event()
    serving = server.PageServer(Response("served"), bound)
    thread = threading.Thread(target=lambda: asyncio.run(serving.serve(ready.set)))
    port = server.port_of(bound)
    thread.start()
    try:
        assert ready.wait(5)
        with (
            socket.create_connection(("127.0.0.1", port), timeout=5) as silent,
            socket.create_connection(("127.0.0.1", port), timeout=5) as dripping,
        ):
            begun = time.monotonic()
            dripping.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
            with contextlib.suppress(OSError):
                while time.monotonic() - begun < 3:
                    dripping.sendall(b"X-A: b\r\n")
                    time.sleep(0.1)  # it is the slowness that is tested
            assert silent.recv(1) == b""
            with contextlib.suppress(ConnectionResetError):
                assert dripping.recv(1) == b""
        whole = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert said_to(port, whole).endswith(b"served")
    finally:
        serving.stop()
        thread.join()


def test_a_program_of_another_user_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as there,
        socket.create_connection(there.getsockname()) as client,
    ):
        ours = client.getsockname(), there.getsockname()
        assert not peers.is_foreign(*ours)
        monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
        monkeypatch.setattr(peers, "_ROOT", 4_000_001)
        assert peers.is_foreign(*ours)
    assert not peers.is_foreign(("127.0.0.1", 1), ("127.0.0.1", 2))
    assert not peers.is_foreign(None, None)
