"""What stands before every route: who asks, from where, and how much.

Any program on this computer can reach the port, and any site in the browser can make it
ask. So a request must name us exactly (a rebound name does not), come from our own pages (a
foreign site's does not), and carry the cookie that a one-time token was swapped for (another
user's program has none). The files of the page are behind it too.
"""

import asyncio
from collections.abc import Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from watcher.web.sessions import ENTRY, Session, Sessions, allows

if TYPE_CHECKING:  # most pages take no file
    from watcher.casework.proofs import Copying
    from watcher.web.upload import Upload

LARGEST_HEAD: Final = 16 * 1024
LARGEST_BODY: Final = 64 * 1024
BODY_SECONDS: Final = 10.0
MOST_FIELDS: Final = 64
UPLOAD: Final = "/loans/proof"
"""The one route that takes a file, and with it more bytes, more time and another form."""
UPLOAD_SECONDS: Final = 120.0
CSRF: Final = "csrf"

HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
        " frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}

_log = structlog.get_logger()


class Guard:
    """Refuses what is not the user's own browser, and adds the headers to every answer.

    What gets through finds its `Session` in `scope["session"]` and, on a POST, the fields of
    its form in `scope["form"]`; of an upload, `scope["upload"]`, which is discarded in the end.
    `begin` makes a place on the disk for a file of some name.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        port: int,
        sessions: Sessions,
        closed: str,
        begin: "Callable[[str], Copying]",
    ) -> None:
        self._app = app
        self._begin = begin
        self._hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
        self._sessions = sessions
        self._cookie = cookie_name(port)
        self._closed = closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            return  # `lifespan` and `websocket` are switched off
        begun = False

        async def dressed(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                _dress(message)
            await send(message)

        try:
            refusal = self._refusal(scope) or await self._take(scope, receive)
            if refusal is not None:
                await refusal(scope, receive, dressed)
                return
            await self._app(scope, receive, dressed)
        except Exception:  # noqa: BLE001  the end of one request, not of the page; only the place is logged
            _log.critical("uncaught", exc_info=True)
            if not begun:
                await _plain(500)(scope, receive, dressed)
        finally:
            if "upload" in scope:
                scope["upload"].discard()

    def _refusal(self, scope: Scope) -> Response | None:
        """Return the answer to whoever may not even know what is here."""
        headers = Headers(scope=scope)
        method, path = scope["method"], scope["path"]
        if not path.startswith("/") or not self._is_ours(headers, method, path):
            return _plain(403)
        if _size(scope) > LARGEST_HEAD:
            return _plain(431)
        if method not in ("GET", "HEAD", "POST"):
            return _plain(405)
        if path == ENTRY and method == "GET":
            return None
        session = self._session(headers)
        if session is None:
            return Response(self._closed, 403, media_type="text/html")
        scope["session"] = session
        return None

    def _is_ours(self, headers: Headers, method: str, path: str) -> bool:
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        sites = headers.getlist("sec-fetch-site")
        if len(hosts) != 1 or hosts[0] not in self._hosts or len(sites) != 1:
            return False
        own = f"http://{hosts[0]}"
        if method == "POST":
            return origins == [own] and sites == ["same-origin"]
        if origins not in ([], [own]):
            return False
        if path == ENTRY:
            return sites[0] in ("same-origin", "none", "cross-site")
        return sites[0] in ("same-origin", "none")

    def _session(self, headers: Headers) -> Session | None:
        given = [cookie_parser(one).get(self._cookie) for one in headers.getlist("cookie")]
        found = [one for one in given if one]
        return self._sessions.of_cookie(found[0]) if len(found) == 1 else None

    async def _take(self, scope: Scope, receive: Receive) -> Response | None:
        """Read what comes with a POST; an answer where it is not as ours would be."""
        if scope["method"] != "POST":
            return None
        take = self._take_upload if scope["path"] == UPLOAD else self._take_form
        return await take(scope, receive)

    async def _take_form(self, scope: Scope, receive: Receive) -> Response | None:
        """Read a form; an answer where it is too big, too slow or not ours."""
        kind = Headers(scope=scope).get("content-type", "")
        if kind.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
            return _plain(415)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _body(receive)
        except TimeoutError:
            return _plain(408)
        form = None if body is None else _fields(body)
        if form is None:
            return _plain(413)
        if not allows(scope["session"], form.pop(CSRF, "")):
            return _plain(403)
        scope["form"] = form
        return None

    async def _take_upload(self, scope: Scope, receive: Receive) -> Response | None:
        """Read a form with a file onto the disk; an answer where it is none of ours."""
        from watcher.web import upload as uploads  # noqa: PLC0415  as above

        session = scope["session"]
        boundary = uploads.boundary_of(Headers(scope=scope).get("content-type", ""))
        if boundary is None:
            return _plain(415)
        upload = uploads.Upload(
            boundary, is_ours=lambda form: allows(session, form.get(CSRF, "")), begin=self._begin
        )
        scope["upload"] = upload
        try:
            async with asyncio.timeout(UPLOAD_SECONDS):
                if not await _feed(upload, receive, uploads.DROPPED):
                    return _plain(413)
            upload.finish()
        except TimeoutError:
            return _plain(408)
        except uploads.Malformed:
            return _plain(403)
        scope["form"] = {name: text for name, text in upload.form.items() if name != CSRF}
        return None


def cookie_name(port: int) -> str:
    """Return the cookie's name; browsers give a cookie to every port of a host."""
    return f"loan-watcher-{port}"


def _dress(message: MutableMapping[str, Any]) -> None:
    """Put our headers in the place of any of the same name."""
    given = [(name, value) for name, value in message["headers"] if name.decode() not in HEADERS]
    message["headers"] = [*given, *((k.encode(), v.encode()) for k, v in HEADERS.items())]


def _size(scope: Scope) -> int:
    """Return the bytes of a head; the server only limits one that came in pieces."""
    line = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    return line + sum(len(name) + len(value) for name, value in scope["headers"])


def _plain(status: int) -> Response:
    return Response(f"{status}\n", status, media_type="text/plain")


def _fields(body: bytes) -> dict[str, str] | None:
    """Return the fields of a form; None where they are more than a form of ours has."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="replace",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        return None
    return dict(pairs) if len(pairs) == len(dict(pairs)) else None


async def _feed(upload: "Upload", receive: Receive, most: int) -> bool:
    """Read an upload to its end, also when it is too big; False where that never comes."""
    taken, more = 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return False
        data = message.get("body", b"")
        taken += len(data)
        if taken > most:
            return False
        await run_in_threadpool(upload.feed, data)
        more = message.get("more_body", False)
    return True


async def _body(receive: Receive) -> bytes | None:
    """Return the body of a request; None where it is larger than a form of ours can be."""
    body = bytearray()
    while len(body) <= LARGEST_BODY:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body) if len(body) <= LARGEST_BODY else None
    return None
