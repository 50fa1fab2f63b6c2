"""Addresses of the web in a text, disguised ones and those without http:// included."""

import re
import unicodedata
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from watcher.core.edits import Edits
from watcher.core.extract.disguises import undo_disguises
from watcher.core.extract.domains import MAIL_HOSTS, SPLIT_ENDINGS, TOP_LEVEL, registrable
from watcher.core.text import Reading

MOST = 50
MOST_TRIES = 1000
DEEPEST = 3
"""How many links inside links are opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link; `host` is folded and lower case, of an app's link (`alipays://`) the scheme.

    Offsets are of `Reading.plain`; those of a nested link are of the link that holds it.
    `mixed_script`: foreign or accented letters stand in the host for those of ASCII.
    `obfuscated`: the text hides the link from plain reading (hxxp, spaced, full width).
    """

    url: str = field(repr=False)
    host: str
    registrable: str
    path: str = field(default="", repr=False)
    start: int
    end: int
    obfuscated: bool = False
    mixed_script: bool = False
    userinfo: bool = False
    ip: bool = False
    apk: bool = False
    nested: tuple["Link", ...] = ()


_GUARD = re.compile(
    r"[A-Za-z0-9] ?[.点。·•丶] ?[A-Za-z中公网]|:[ ]?[/\\]|\[[.:]|[.点][\])}】>]"
    r"|[tT][pP]|[dD][oO][tT] |\.[0-9]{1,3}[:/]"
)
_SIGN = re.compile("[.点。·•丶:tT]")
"""Every match of the guard has one of these, which most chat has not."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+\-]{1,20}\Z")
_WEB = re.compile(r"(?:https?|ftp)\Z", re.IGNORECASE)
_HAN = "\u4e00-\u9fff"
_AUTHORITY = re.compile(
    rf"(?:[{_HAN}A-Za-z0-9-]{{1,30}}\.){{1,4}}(?:com|cn|net|中国|公司|网络|网址)(?![A-Za-z0-9.@:_-])"
    r"|[A-Za-z0-9._~!$&*+=:@%\u00c0-\u1fff-]{1,255}"
)
_PATH = re.compile(r"[/?#\\][!#-;=?-~]*")
_TRAILING = ".,;:!?()[]{}'\""
_BARE = re.compile(
    r"[A-Za-z0-9](?<![A-Za-z0-9._@%-][A-Za-z0-9])(?:[A-Za-z0-9-]{0,62}\.){1,24}"
    r"(?:(?P<top>[A-Za-z][A-Za-z0-9-]{1,20})(?![A-Za-z0-9_-])|中国(?![农工建人邮银移联电平])"
    r"|公司|网络|网址|在线|中文网)"
    r"|[0-9](?<![0-9.][0-9])[0-9]{0,2}(?:\.[0-9]{1,3}){3}(?=:[0-9]{2,5}|/[A-Za-z])"
)
_PORT = re.compile(r":[0-9]{1,5}(?![0-9])")
_LOCAL_HOST = re.compile(r"@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_IP = re.compile(
    r"(?:0[xX][0-9a-fA-F]{1,8}|[0-9]{1,10})(?:\.(?:0[xX][0-9a-fA-F]{1,2}|[0-9]{1,4})){0,3}"
)
_OPT_OUT = re.compile(r"[A-Z]{1,4}\Z")
_NESTED = re.compile(
    r"https?://|(?<=[=?&/])(?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,12}(?=[/&?#]|\Z)", re.IGNORECASE
)
_APK = re.compile(r"\.apk(?![A-Za-z0-9])", re.IGNORECASE)


def may_hold_link(plain: str) -> bool:
    """Whether a text has a dot between letters, however disguised, or the like."""
    return _SIGN.search(plain) is not None and _GUARD.search(plain) is not None


def find_links(reading: Reading) -> tuple[Link, ...]:
    """Find at most 50 links, in the order of the text.

    Without a scheme only a host with a likely ending counts; file names, decimals, dates and
    addresses of mailboxes do not. A link whose path or query holds another has it in `nested`.
    """
    if not may_hold_link(reading.plain):
        return ()
    text, edits = undo_disguises(reading.plain)
    links = [_placed(link, reading, edits) for link in _links(text)]
    return tuple(links)


def _links(text: str) -> list[Link]:
    found = _with_scheme(text)
    taken = iter(found)
    ahead = next(taken, None)
    bare: list[Link] = []
    for match in _BARE.finditer(text):
        while ahead is not None and ahead.end <= match.start():
            ahead = next(taken, None)
        inside = ahead is not None and match.end() > ahead.start
        link = None if inside or (bare and bare[-1].end > match.start()) else _bare(text, match)
        if link is not None:
            bare.append(link)
        if len(bare) >= MOST:
            break
    return sorted((*found, *bare), key=lambda link: link.start)[:MOST]


def _with_scheme(text: str) -> list[Link]:
    found: list[Link] = []
    at = text.find("://")
    tries = 0
    while at >= 0 and len(found) < MOST and tries < MOST_TRIES:
        tries += 1
        after = at + 3
        scheme = _SCHEME.search(text, max(0, at - 21), at)
        if scheme is not None:
            web = _WEB.search(scheme[0])
            start = scheme.start() + (web.start() if web is not None else 0)
            link = _web(text, start, after) if web is not None else _app(text, start, after)
            if link is not None:
                found.append(link)
                after = max(after, link.end)
        at = text.find("://", after)
    return found


def _app(text: str, start: int, after: int) -> Link:
    scheme = text[start : after - 3].lower()
    rest = _PATH.match(f"/{text[after : after + 2048]}")
    path = rest[0][1:].rstrip(_TRAILING) if rest is not None else ""
    return _opened(
        Link(
            url=text[start : after + len(path)],
            host=scheme,
            registrable=scheme,
            path=path,
            start=start,
            end=after + len(path),
        )
    )


def _web(text: str, start: int, after: int, depth: int = 0) -> Link | None:
    authority = _AUTHORITY.match(text, after)
    if authority is None:
        return None
    written = authority[0].rstrip("._-:&*!~+=$")
    info, at, place = written.rpartition("@")
    host = _host_of(place)
    if not host:
        return None
    return _made(
        text, start, after + len(written), host=host, userinfo=bool(at or info), depth=depth
    )


def _bare(text: str, match: re.Match[str]) -> Link | None:
    written = match[0]
    start, end = match.span()
    host = written.lower()
    local = _LOCAL_HOST.match(text, end)
    if local is not None:
        mailbox = local[0][1:].lower()
        if mailbox in MAIL_HOSTS or not _likely(host, written, path=True):
            return None
        return _made(text, start, local.end(), host=mailbox, userinfo=True)
    if text[end : end + 1] == "@":
        return None
    while (cut := written.rpartition("."))[2] and _OPT_OUT.match(cut[2]) and "." in cut[0]:
        if cut[2].lower() in TOP_LEVEL:
            break
        written = cut[0]
        end = start + len(written)
        host = written.lower()
    port = _PORT.match(text, end)
    end = port.end() if port is not None else end
    if not _likely(host, written, path=text[end : end + 1] in ("/", "?")):
        return None
    return _made(text, start, end, host=host, userinfo=False)


def _likely(host: str, written: str, *, path: bool) -> bool:
    """Whether dotted letters are meant as a host, and not as two sentences or a file name."""
    if ".." in host or host.startswith("."):
        return False
    name, _, top = host.rpartition(".")
    if _IP.fullmatch(host):
        return all(part.isdecimal() and int(part) <= 255 for part in host.split("."))  # noqa: PLR2004
    if top not in TOP_LEVEL:
        return False
    ending = written.rpartition(".")[2]
    if path or top in SPLIT_ENDINGS:
        return not (ending.istitle() and not path and not written[:1].isupper())
    return len(name) > 1 and not ending.istitle()


def _host_of(place: str) -> str:
    """Return the host of host:port, decoded and lower case."""
    host = place.partition(":")[0]
    if "%" in host:
        host = unquote(host, errors="replace")
    return host.strip("._-~!$&*+=").lower()


def _made(  # noqa: PLR0913  the parts of one link
    text: str, start: int, end: int, *, host: str, userinfo: bool, depth: int = 0
) -> Link:
    found = _PATH.match(text, end)
    path = found[0].rstrip(_TRAILING) if found is not None else ""
    end += len(path)
    ip = _IP.fullmatch(host) is not None
    return _opened(
        Link(
            url=text[start:end],
            host=host,
            registrable=host if ip else registrable(host),
            path=path,
            start=start,
            end=end,
            userinfo=userinfo,
            ip=ip,
            apk=_APK.search(path) is not None,
        ),
        depth,
    )


def _opened(link: Link, depth: int = 0) -> Link:
    """Add the links that stand inside a link's path or query."""
    if depth >= DEEPEST or not link.path:
        return link
    inner = unquote(unquote(link.path, errors="replace"), errors="replace")
    nested: list[Link] = []
    match = _NESTED.search(inner)
    while match is not None and len(nested) < DEEPEST:
        if "://" in match[0]:
            found = _web(inner, match.start(), match.end(), depth + 1)
        elif match[0].rpartition(".")[2].lower() in SPLIT_ENDINGS:
            found = _made(
                inner,
                match.start(),
                match.end(),
                host=match[0].lower(),
                userinfo=False,
                depth=depth + 1,
            )
        else:
            found = None
        if found is not None:
            nested.append(replace(found, start=link.start, end=link.end))
        match = _NESTED.search(inner, max(match.end(), found.end if found is not None else 0))
    return replace(link, nested=tuple(nested)) if nested else link


def _placed(link: Link, reading: Reading, edits: Edits | None) -> Link:
    """Give a link its place in the plain text, and judge how it is written in the original."""
    start, end = edits.back(link.start, link.end) if edits else (link.start, link.end)
    written = reading.original[slice(*reading.plain_span(start, end))]
    foreign = _foreign_letters(written, reading)
    host = reading.fold(link.host).lower()
    return replace(
        link,
        host=host,
        start=start,
        end=end,
        obfuscated=link.url != written,
        mixed_script=foreign or _imitates(host, reading),
        nested=tuple(replace(inner, start=start, end=end) for inner in link.nested),
    )


def _foreign_letters(written: str, reading: Reading) -> bool:
    """Whether a letter that is no ASCII one was folded to one (what NFKC folds is a mere form)."""
    if written.isascii():
        return False
    return any(
        char.isalpha()
        and not char.isascii()
        and not unicodedata.normalize("NFKC", char).isascii()
        and reading.fold(char).isascii()
        for char in written
    )


def _imitates(host: str, reading: Reading) -> bool:
    """Whether a label mixes ASCII with foreign letters, also behind punycode."""
    for label in host.split("."):
        shown = label
        if label.startswith("xn--"):
            try:
                shown = label[4:].encode("ascii").decode("punycode")
            except (UnicodeError, OverflowError, ValueError):
                continue
            if reading.fold(shown).isascii():
                return True
        letters = [char for char in shown if char.isalpha() and not "\u4e00" <= char <= "\u9fff"]
        if any(char.isascii() for char in letters) and not all(char.isascii() for char in letters):
            return True
    return False
