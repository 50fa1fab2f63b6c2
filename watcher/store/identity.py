"""What makes two copies the same message: in two exports, two folders, or a forwarded mail."""

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b

from watcher.core.model import Channel, Message

PAIRING_MS = 120_000
"""How far apart two kinds of source may date one SMS, in milliseconds."""

_AT_HAND = 4096
_PLAIN = blake2b(digest_size=16)

_SEPARATORS = re.compile(r"[\s\-()]+")
_COUNTRY = re.compile(r"^(?:\+86|0086|86(?=\d{11}))")
_DIALLED_THROUGH = re.compile(r"^(?:17951|12593|17909)(?=1\d{10}$)")
_LOST = str.maketrans("", "", "\0\ufffd")


class Fingerprints:
    """The two keyed hashes of messages; what the latest few thousand say is kept at hand.

    The key is the store's own secret: without it nobody can craft two mails that collide,
    so that the harmless first hides the second.
    """

    __slots__ = ("_keyed", "_latest")

    def __init__(self, key: bytes) -> None:
        self._keyed = blake2b(digest_size=8, key=key)
        self._latest: dict[int, tuple[Message, int, str]] = {}

    def of(self, message: Message) -> int:
        """Return the hash of a message's identity."""
        return self._known(message)[1]

    def content(self, message: Message) -> int:
        """Return the hash of an SMS's sender and text alone; of a mail that of its identity.

        It pairs copies of an SMS that are dated differently.
        """
        _, hashed, words = self._known(message)
        return self._hash(words) if message.channel is Channel.SMS else hashed

    def _known(self, message: Message) -> tuple[Message, int, str]:
        found = self._latest.get(id(message))
        if found is not None and found[0] is message:
            return found
        words = _words(message)
        hashed = self.known_as(_identity(message, words))
        if len(self._latest) >= _AT_HAND:
            self._latest.clear()
        self._latest[id(message)] = found = (message, hashed, words)
        return found

    def let_go(self) -> None:
        """Keep no message at hand any longer, and no sender."""
        self._latest.clear()
        number.cache_clear()

    def known_as(self, digest: str) -> int:
        """Return the signed 64 bits under which the store remembers an identity."""
        return self._hash(digest)

    def _hash(self, text: str) -> int:
        hasher = self._keyed.copy()
        hasher.update(text.encode("utf-8", "surrogatepass"))
        return int.from_bytes(hasher.digest(), "big", signed=True)


def identity(message: Message) -> str:
    """Return a digest that is equal for copies of one message and for nothing else.

    An SMS is its sender, its millisecond and its text. A mail is its Message-ID and its
    content: a known Message-ID over other words is another mail. Where there is nothing to
    compare, the id given by the source decides.
    """
    return _identity(message, _words(message))


def _identity(message: Message, words: str) -> str:
    if message.channel is Channel.SMS:
        whole = f"sms\x1f{milliseconds(message)}\x1f{words}"
    else:
        headers = {name.lower(): value for name, value in reversed(message.headers)}
        origin = headers.get("message-id") or f"{headers.get('date')} {milliseconds(message)}"
        reply_to = headers.get("reply-to", "")
        whole = f"mail\x1f{_even(origin)}\x1f{_even(reply_to)}\x1f{words}"
    if not (message.subject or message.text or message.html or message.codes):
        whole += f"\x1f{message.id}"
    hasher = _PLAIN.copy()  # half as long as making it
    hasher.update(whole.encode("utf-8", "surrogatepass"))
    return hasher.hexdigest()


def _words(message: Message) -> str:
    """Return who says what, as it compares equal between sources."""
    sender = message.sender or ""
    sender = number(sender) if message.channel is Channel.SMS else _even(sender)
    parts = (message.subject, message.text, message.html, *message.codes)
    return "\x1f".join((sender, *(_even(part) for part in parts if part)))


@lru_cache(maxsize=4096)
def number(sender: str) -> str:
    """Return a sender's number as it compares equal between exports, with and without +86."""
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", sender)).casefold()
    return _DIALLED_THROUGH.sub("", _COUNTRY.sub("", plain))


def milliseconds(message: Message) -> int:
    """Return when a message was received, in ms since 1970."""
    return round(message.received_at.timestamp() * 1000)


def _even(text: str) -> str:
    if "\0" in text or "\ufffd" in text:
        text = text.translate(_LOST)
    # str.split also takes U+001F for white space, so no part can forge a separator.
    return " ".join(unicodedata.normalize("NFC", text).split())
