"""Nobody but the user's own browser, asking from our own page, gets past the guard."""

import pytest
from starlette.routing import Match

from tests.web.conftest import HOST, PORT, Visitor
from watcher.web.guard import LARGEST_BODY, UPLOAD, cookie_name

OWN = f"http://{HOST}"
SITE = ("Sec-Fetch-Site", "none")

FOREIGN: dict[str, list[tuple[str, str]]] = {
    # whom the request says it is for
    "another domain": [("Host", f"evil.example:{PORT}"), SITE],
    "a rebound name": [("Host", f"127.evil.com:{PORT}"), SITE],
    "our address as a subdomain": [("Host", f"127.0.0.1.evil.com:{PORT}"), SITE],
    "localhost as a subdomain": [("Host", f"localhost.evil:{PORT}"), SITE],
    "localhost with a trailing dot": [("Host", f"localhost.:{PORT}"), SITE],
    "the address with a trailing dot": [("Host", f"127.0.0.1.:{PORT}"), SITE],
    "capital letters": [("Host", f"LOCALHOST:{PORT}"), SITE],
    "no port": [("Host", "127.0.0.1"), SITE],
    "localhost without a port": [("Host", "localhost"), SITE],
    "another port": [("Host", "127.0.0.1:80"), SITE],
    "a longer port": [("Host", f"127.0.0.1:{PORT}0"), SITE],
    "a port with a leading zero": [("Host", f"127.0.0.1:0{PORT}"), SITE],
    "an empty port": [("Host", "127.0.0.1:"), SITE],
    "an empty host": [("Host", ""), SITE],
    "a hexadecimal address": [("Host", f"0x7f.1:{PORT}"), SITE],
    "a short address": [("Host", f"127.1:{PORT}"), SITE],
    "a decimal address": [("Host", f"2130706433:{PORT}"), SITE],
    "an octal address": [("Host", f"0177.0.0.1:{PORT}"), SITE],
    "another loopback address": [("Host", f"127.0.0.2:{PORT}"), SITE],
    "every address": [("Host", f"0.0.0.0:{PORT}"), SITE],
    "the IPv6 loopback": [("Host", f"[::1]:{PORT}"), SITE],
    "a mapped address": [("Host", f"[::ffff:127.0.0.1]:{PORT}"), SITE],
    "userinfo": [("Host", f"127.0.0.1:{PORT}@evil.example"), SITE],
    "userinfo before us": [("Host", f"evil@127.0.0.1:{PORT}"), SITE],
    "a list of hosts": [("Host", f"{HOST}, evil.example"), SITE],
    "a space": [("Host", f"{HOST} "), SITE],
    "an escaped digit": [("Host", f"127.0.0.%31:{PORT}"), SITE],
    "two hosts": [("Host", HOST), ("Host", HOST), SITE],
    "two different hosts": [("Host", HOST), ("Host", "evil.example"), SITE],
    "a forwarded host only": [("Host", "evil.example"), ("X-Forwarded-Host", HOST), SITE],
    # from where it says it comes
    "another origin": [("Host", HOST), ("Origin", "https://evil.example"), SITE],
    "the null origin": [("Host", HOST), ("Origin", "null"), SITE],
    "an empty origin": [("Host", HOST), ("Origin", ""), SITE],
    "our origin over TLS": [("Host", HOST), ("Origin", f"https://{HOST}"), SITE],
    "our origin without its port": [("Host", HOST), ("Origin", "http://127.0.0.1"), SITE],
    "our origin with a path": [("Host", HOST), ("Origin", f"{OWN}/"), SITE],
    "localhost's origin": [("Host", HOST), ("Origin", f"http://localhost:{PORT}"), SITE],
    "two origins": [("Host", HOST), ("Origin", OWN), ("Origin", OWN), SITE],
    "another port of this host": [("Host", HOST), ("Sec-Fetch-Site", "same-site")],
    "no word of where from": [("Host", HOST)],
    "two words of where from": [("Host", HOST), SITE, ("Sec-Fetch-Site", "same-origin")],
}
FROM_ELSEWHERE = [("Host", HOST), ("Sec-Fetch-Site", "cross-site")]

LOOKS = [
    "/", "/cases/1", "/cases/99999", "/loans", "/loan/haoqidai", "/sources", "/rules",
    "/cases/1/evidence.zip", "/cases/1/letters/T1", "/cases/1/letters/T1.html", "/dates",
    "/dates.ics?details=1",
    "/style.css", "/icon.svg", "/enter", "/enter?token=x", "/nothing", "//", "/../etc/passwd",
]  # fmt: skip
DEEDS = [
    *(
        f"/cases/1/{deed}"
        for deed in ("done", "snooze", "reopen", "tick", "choose", "wrong", "sent", "answered")
    ),
    *(f"/loans/{deed}" for deed in ("add", "settle", "reopen", "confirm", "dismiss")),
    "/alerts/1/heed", "/loans/proof", "/nothing", "/enter", "/",
]  # fmt: skip


def cookie_of(visitor: Visitor) -> tuple[str, str]:
    return ("Cookie", f"{cookie_name(PORT)}={visitor.session.cookie}")


def test_there_are_at_least_forty_forms_and_every_route_is_among_the_paths(
    visitor: Visitor,
) -> None:
    assert len(FOREIGN) >= 40
    inner = visitor.app._app  # noqa: SLF001  the routes are not told otherwise
    tried = {("GET", path.split("?")[0]) for path in LOOKS} | {("POST", path) for path in DEEDS}
    asked: set[str] = set()
    for method, path in tried:
        scope = {"type": "http", "method": method, "path": path}
        fitting = (one for one in inner.routes if one.matches(scope)[0] is Match.FULL)  # type: ignore[attr-defined]
        asked.update(one.path for one in list(fitting)[:1])
    assert asked == {one.path for one in inner.routes}  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_request_for_or_from_elsewhere_is_refused_on_every_route(
    visitor: Visitor, form: list[tuple[str, str]]
) -> None:
    headers = [*form, cookie_of(visitor)]
    for path in LOOKS:
        answer = visitor.ask("GET", path, headers=headers)
        assert (answer.status_code, answer.text) == (403, "403\n"), path
    for path in DEEDS:
        answer = visitor.ask("POST", path, headers=headers, form={"csrf": visitor.session.csrf})
        assert (answer.status_code, answer.text) == (403, "403\n"), path


def test_a_foreign_site_reaches_nothing_but_the_entry(visitor: Visitor) -> None:
    for path in LOOKS:
        answer = visitor.ask("GET", path, headers=[*FROM_ELSEWHERE, cookie_of(visitor)])
        assert answer.status_code == 403, path
        assert ("打开" in answer.text) == path.startswith("/enter")


def test_a_missing_host_is_refused(visitor: Visitor) -> None:
    for path in LOOKS:
        answer = visitor.ask("GET", path, without=("Host",))
        assert answer.status_code == 403


@pytest.mark.parametrize("path", [path for path in LOOKS if "enter" not in path])
def test_without_the_cookie_nothing_is_shown(visitor: Visitor, path: str) -> None:
    for cookie in ([], [("Cookie", f"{cookie_name(PORT)}=guess")], [("Cookie", "")]):
        headers = [("Host", HOST), SITE, *cookie]
        answer = visitor.ask("GET", path, headers=headers)
        assert answer.status_code == 403
        assert "招联" not in answer.text
    twice = f"{cookie_name(PORT)}=guess"
    answer = visitor.ask(
        "GET", path, headers=[("Host", HOST), SITE, ("Cookie", twice), cookie_of(visitor)]
    )
    assert answer.status_code == 403


def test_both_names_of_this_computer_are_taken(visitor: Visitor) -> None:
    for host in (HOST, f"localhost:{PORT}"):
        for site in ("none", "same-origin"):
            headers = [("Host", host), ("Sec-Fetch-Site", site), cookie_of(visitor)]
            assert visitor.ask("GET", "/", headers=headers).status_code == 200


@pytest.mark.parametrize("path", DEEDS)
def test_a_form_without_its_token_origin_or_site_changes_nothing(
    visitor: Visitor, path: str
) -> None:
    for form in ({"text": "1"}, {"csrf": ""}, {"csrf": "guess"}, {"csrf": visitor.session.cookie}):
        files = {"file": ("a.pdf", b"%PDF-")} if path == UPLOAD else None
        assert visitor.ask("POST", path, form=form, files=files).status_code == 403
    good = {"csrf": visitor.session.csrf}
    own = visitor.own("POST")
    for missing in ("Origin", "Sec-Fetch-Site", "Cookie"):
        headers = [one for one in own if one[0] != missing]
        assert visitor.ask("POST", path, headers=headers, form=good).status_code == 403
    typed = [(k, "none" if k == "Sec-Fetch-Site" else v) for k, v in own]
    assert visitor.ask("POST", path, headers=typed, form=good).status_code == 403
    with visitor.store() as store:
        assert {row.status.value for row in store.cases()} == {"open"}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"])
def test_no_other_method_is_taken(visitor: Visitor, method: str) -> None:
    assert visitor.ask(method, "/").status_code == 405


def test_a_look_changes_nothing(visitor: Visitor) -> None:
    for path in DEEDS[:-3]:
        assert visitor.get(f"{path}?csrf={visitor.session.csrf}&done=1").status_code in (404, 405)
    with visitor.store() as store:
        assert {row.status.value for row in store.cases()} == {"open"}


@pytest.mark.parametrize("path", [*LOOKS, "/cases/1/done"], ids=lambda path: path.replace("/", "-"))
def test_every_answer_carries_the_headers_that_fence_it_in(visitor: Visitor, path: str) -> None:
    refused = [("Host", "evil.example"), SITE]
    for answer in (visitor.get(path), visitor.ask("GET", path, headers=refused)):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "script" not in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "server" not in answer.headers


def test_a_body_beyond_a_form_of_ours_is_refused(visitor: Visitor) -> None:
    own = [*visitor.own("POST"), ("Content-Type", "application/x-www-form-urlencoded")]
    big = b"csrf=" + visitor.session.csrf.encode() + b"&text=" + b"a" * LARGEST_BODY
    many = b"&".join(b"a%d=1" % number for number in range(500))
    twice = f"csrf={visitor.session.csrf}&text=a&text=b".encode()
    for body in (big, many, twice, b"\xff\xfe"):
        answer = visitor.ask("POST", "/cases/1/wrong", headers=own, content=body)
        assert answer.status_code in (403, 413)
    with visitor.store() as store:
        assert store.casework(1).objection is None


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data", ""])
def test_only_plain_forms_are_read(visitor: Visitor, kind: str) -> None:
    headers = [*visitor.own("POST"), ("Content-Type", kind)]
    body = f"csrf={visitor.session.csrf}".encode()
    answer = visitor.ask("POST", "/cases/1/done", headers=headers, content=body)
    assert answer.status_code == 415


def test_a_token_opens_once_and_sets_a_strict_cookie(visitor: Visitor) -> None:
    token = visitor.sessions.issue("/cases/3")
    path = f"/enter?token={token}"
    answer = visitor.ask("GET", path, headers=FROM_ELSEWHERE)
    assert answer.status_code == 200
    assert 'content="0;url=/cases/3"' in answer.text
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{cookie_name(PORT)}=")
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(cookie.split("; "))
    given = cookie.split(";")[0]
    inside = [("Host", HOST), ("Sec-Fetch-Site", "same-origin"), ("Cookie", given)]
    assert visitor.ask("GET", "/cases/3", headers=inside).status_code == 200
    assert visitor.ask("GET", path, headers=FROM_ELSEWHERE).status_code == 403


def test_a_token_is_good_for_a_minute(visitor: Visitor) -> None:
    clock = visitor.sessions._clock  # noqa: SLF001  set by the fixture
    token = visitor.sessions.issue("/")
    clock.passed += 61  # type: ignore[attr-defined]
    answer = visitor.ask("GET", f"/enter?token={token}", headers=FROM_ELSEWHERE)
    assert answer.status_code == 403
    for wrong in ("", "x", "é", "%00", "a" * 5000):
        answer = visitor.ask("GET", f"/enter?token={wrong}", headers=FROM_ELSEWHERE)
        assert answer.status_code == 403
