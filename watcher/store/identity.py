"""What makes two copies the same message: in two exports, two folders, or a forwarded mail."""

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b

from watcher.core.model import Channel, Message

PAIRING_MS = 120_000
"""How far apart two kinds of source may date one SMS, in milliseconds."""

_SEPARATORS = re.compile(r"[\s\-()]+")
_COUNTRY = re.compile(r"^(?:\+86|0086|86(?=\d{11}))")
_DIALLED_THROUGH = re.compile(r"^(?:17951|12593|17909)(?=1\d{10}$)")
_LOST = str.maketrans("", "", "\0\ufffd")


def identity(message: Message) -> str:
    """Return a digest that is equal for copies of one message and for nothing else.

    An SMS is its sender, its millisecond and its text. A mail is its Message-ID and its
    content: a known Message-ID over other words is another mail. Where there is nothing to
    compare, the id given by the source decides.
    """
    if message.channel is Channel.SMS:
        parts = ["sms", number(message.sender or ""), str(milliseconds(message)), body(message)]
    else:
        headers = {name.lower(): value for name, value in reversed(message.headers)}
        origin = headers.get("message-id") or f"{headers.get('date')} {milliseconds(message)}"
        reply_to = headers.get("reply-to", "")
        parts = ["mail", *map(_even, (origin, message.sender or "", reply_to)), body(message)]
    if not parts[-1]:
        parts.append(message.id)
    return _digest("\x1f".join(parts))


def content(message: Message) -> str:
    """Return a digest of sender and text without the time, to pair an SMS across sources."""
    return _digest(f"{number(message.sender or '')}\x1f{body(message)}")


def body(message: Message) -> str:
    """Return the words of a message as they compare equal between exports."""
    parts = (message.subject, message.text, message.html)
    return "\x1f".join(_even(part) for part in parts if part)


@lru_cache(maxsize=4096)
def number(sender: str) -> str:
    """Return a sender's number as it compares equal between exports, with and without +86."""
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", sender)).casefold()
    return _DIALLED_THROUGH.sub("", _COUNTRY.sub("", plain))


def milliseconds(message: Message) -> int:
    """Return when a message was received, in ms since 1970."""
    return round(message.received_at.timestamp() * 1000)


def keyed(digest: str, key: bytes) -> int:
    """Return the signed 64 bits under which the store remembers a digest.

    The key is the store's own secret: without it nobody can craft two mails that collide,
    so that the harmless first hides the second.
    """
    hashed = blake2b(digest.encode(), digest_size=8, key=key).digest()
    return int.from_bytes(hashed, "big", signed=True)


def _even(text: str) -> str:
    # str.split also takes U+001F for white space, so no part can forge a separator.
    return " ".join(unicodedata.normalize("NFC", text).translate(_LOST).split())


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
