"""SMS that a phone mails to its owner: SmsForwarder's mails and those of SMS Backup+.

Anybody can write such a mail, so that a lie in it must not be judged milder as an SMS than as
the mail that it is. Only a mail from the user to the user counts, or one that no server ever
delivered (SMS Backup+ puts its mails into the mailbox itself). The mail must show nothing but
the characters that are taken from it. What is left out, the card and the device, is of a form
that cannot ask for anything; what is not, stays in the text. Its time is the mail's, save for
minutes. The headers stay: by them `core.view` knows that a sender is only claimed.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from html import unescape

from watcher.core.model import Channel, Message
from watcher.sources.headers import RawHeaders, address_in, addresses_in, decode_header, values
from watcher.sources.items import moment
from watcher.sources.sms import INCOMING, sms_identity, whole_number

_NUMBER = re.compile(r"\+?[0-9][0-9 -]{1,23}[0-9]")
_BREAK = re.compile(r"<br\s{0,8}/?>", re.IGNORECASE)
_OPENS = re.compile(
    r"(?:<!doctype html>|</?(?:html|head)>|<meta charset=\"?utf-8\"?\s?/?>|<(?:body|div|p)>|\s)*+",
    re.IGNORECASE,
)
_CLOSES = ("</html>", "</body>", "</div>", "</p>")
_MARKUP = re.compile(r"<[A-Za-z/!?]")
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_CARD_ID = re.compile(r"(?:SubId|UID)：-?\d{1,9}")
_CARD = re.compile(r"(?:SIM[12]_.{0,40})?")
_HARMLESS = re.compile(
    r"|SIM[12]_(?:中国(?:移动|联通|电信|广电)|CMCC|CUCC|CTCC|CBN)?(?:_?\+?\d{0,13})?"
    r"|(?:我的|备用|工作|老|旧|新|主|副)?(?:手机|平板|机)\d{0,2}"
    r"|(?:小米|红米|华为|荣耀|三星|魅族|努比亚|一加|Redmi|Xiaomi|HUAWEI|HONOR|OPPO|vivo|iQOO|SM-|MI)"
    r"[A-Za-z0-9 +-]{0,20}",
    re.IGNORECASE,
)
_POINTS_BELOW = re.compile(
    "下方|下面|底下|底部|以下|如下|下列|下图|文末|末尾|尾部|最后|后面|卡槽|[Ss][Ii][Mm]|↓|⬇|👇"
)
_TITLE = re.compile(
    r"SmsForwarder(?: Title)?|(?:短信转发|转发短信|收到|新)?短信|短信转发器?", re.IGNORECASE
)
_BACKUP_TITLE = re.compile(r"(?:\[SMS\] ?)?(?:SMS with (.*)|与 ?(.*?) ?的短信记录|(.*))", re.DOTALL)
_FAILED = re.compile(r"\b(?:spf|dkim|dmarc)\s*=\s*(?:hard|soft)?(?:fail|reject)", re.IGNORECASE)
_DELIVERED = frozenset(
    {"received", "return-path", "delivered-to", "authentication-results", "received-spf"}
)
_UNKNOWN = "@unknown.email"
_CHINA = timezone(timedelta(hours=8))
_ON_ITS_WAY = timedelta(minutes=10)
_CLOCKS_APART = timedelta(minutes=2)


def as_sms(message: Message, headers: RawHeaders, own: frozenset[str]) -> Message:
    """Return the SMS that a mail forwards, or the mail itself where it forwards none.

    `own` are the addresses of the user, in lower case; where none is known, From and To must
    be one address.
    """
    if message.unreadable is not None or len(list(values(headers, "From"))) != 1:
        return message
    kind = next(values(headers, "X-smssync-datatype"), None)
    if kind is not None:
        return _backed_up(message, headers, own, kind.decode("ascii", "replace").strip().upper())
    if _is_to_oneself(message, headers, own):
        return _forwarded(message, headers)
    return message


def _is_to_oneself(message: Message, headers: RawHeaders, own: frozenset[str]) -> bool:
    sender = (message.sender or "").lower()
    receivers = {one for name in ("To", "Cc") for one in _addresses(headers, name)}
    if own:
        mine = sender in own and bool(receivers) and receivers <= own
    else:
        mine = "@" in sender and receivers == {sender}
    answered = {one for name in ("Reply-To", "Sender") for one in _addresses(headers, name)}
    results = [*values(headers, "Authentication-Results")][:1]
    results += [b"spf=" + value for value in values(headers, "Received-SPF")][:1]
    failed = any(_FAILED.search(one.decode("ascii", "replace")) for one in results)
    return mine and answered <= (own or {sender}) and not failed


def _addresses(headers: RawHeaders, name: str) -> list[str]:
    return [
        address.lower()
        for value in values(headers, name)
        for address in addresses_in(decode_header(value)) or [""]
    ]


def _forwarded(message: Message, headers: RawHeaders) -> Message:
    """Read the mail of SmsForwarder: number, text, card, time, device, a line each."""
    if message.html is None or message.text is not None or message.codes:
        return message
    lines = [line.strip(" \r\n") for line in _BREAK.split(_unwrapped(message.html))]
    if any(_MARKUP.search(line) or unescape(line) != line or "\n" in line for line in lines):
        return message  # what the user sees is not what stands here
    number, *rest = lines
    times = [at for at in range(len(rest) - 2, len(rest)) if at > 0 and _TIME.fullmatch(rest[at])]
    if not _NUMBER.fullmatch(number) or not times:
        return message
    at = times[-1]
    device = rest[at + 1 :]
    said, below = rest[:at], []
    if _CARD_ID.fullmatch(said[-1]):
        said.pop()
    if said and _CARD.fullmatch(said[-1]):
        below.append(said.pop())
    below += device
    points = any(_POINTS_BELOW.search(line) for line in said)
    said += [line for line in below if points or not _HARMLESS.fullmatch(line)]
    title = _besides(message.subject, (number, *lines))
    return _sms(message, number, "\n".join(said), title, _sent(message, headers, rest[at]))


def _unwrapped(html: str) -> str:
    """Take away what a provider may have put around the text: tags without any attribute."""
    opened = _OPENS.match(html)
    html = html[opened.end() if opened else 0 :].rstrip()
    for _ in range(2 * len(_CLOSES)):
        tag = next((one for one in _CLOSES if html[-len(one) :].lower() == one), "")
        html = html[: len(html) - len(tag)].rstrip()
    return html


def _besides(subject: str | None, known: tuple[str, ...]) -> str | None:
    """Return what a subject says besides what the text says and the program's own title."""
    rest = subject or ""
    for line in sorted(known, key=len, reverse=True):
        if line:
            rest = rest.replace(line.replace(":", "-"), " ").replace(line, " ")
    rest = rest.strip(" -_:：|")
    return None if not rest or _TITLE.fullmatch(rest) else subject


def _sent(message: Message, headers: RawHeaders, written: str) -> datetime:
    """Return when the phone got the SMS; the mail's own time where that is long before it.

    The phone writes no zone here, but its clock's is in the mail's date.
    """
    zones: list[tzinfo] = [_CHINA]
    for value in values(headers, "Date"):
        try:
            zone = parsedate_to_datetime(value.decode("ascii", "replace")).tzinfo
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
        zones.append(zone or UTC)
    for zone in reversed(zones):
        try:
            when = datetime.fromisoformat(written).replace(tzinfo=zone).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
        if -_CLOCKS_APART <= message.received_at - when <= _ON_ITS_WAY:
            return when
    return message.received_at


def _backed_up(message: Message, headers: RawHeaders, own: frozenset[str], kind: str) -> Message:
    """Read the mail of SMS Backup+, whose headers hold the columns of the phone's table."""
    given = {name: _header(headers, f"X-smssync-{name}") for name in ("address", "date", "type")}
    number = given["address"].strip()
    if kind not in {"SMS", "MMS"} or not _NUMBER.fullmatch(number) or message.html is not None:
        return message
    if message.text is None or any(name.lower() in _DELIVERED for name, _ in headers):
        return message  # the phone delivers its mails itself
    sender, receivers = (message.sender or "").lower(), set(_addresses(headers, "To"))
    mine = bool(receivers) and receivers <= own if own else sender.endswith(_UNKNOWN)
    incoming = given["type"].strip() == INCOMING if kind == "SMS" else sender not in own
    if not mine or not incoming:
        return message
    party = address_in(_header(headers, "From")) or ""
    name = _header(headers, "From").replace(f"<{party}>", "").strip(' "')
    title = _BACKUP_TITLE.fullmatch(message.subject or "")
    about = next((one for one in title.groups() if one is not None), "") if title else ""
    subject = None if about.strip() in {"", number, name} else message.subject
    when = moment(whole_number(given["date"].strip())) if kind == "SMS" else None
    if when is None or abs(when - message.received_at) > timedelta(seconds=1):
        when = message.received_at
    return _sms(message, number, message.text.strip(), subject, when)


def _header(headers: RawHeaders, name: str) -> str:
    return decode_header(next(values(headers, name), b""))


def _sms(message: Message, number: str, text: str, subject: str | None, when: datetime) -> Message:
    milliseconds = round(when.timestamp() * 1000)
    return replace(
        message,
        id=sms_identity(number, milliseconds, text),
        channel=Channel.SMS,
        received_at=when,
        sender=number,
        subject=subject,
        text=text,
        html=None,
    )
