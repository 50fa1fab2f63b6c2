"""The usual SMS, many at a time: a sender, a moment, a text, and nothing else.

An export has a million of them, and judging most takes little longer than making a
`Message`. So they are read, passed on and checked by column, and made once, at the end of
their way; a frozen dataclass sets each field through a look-up by its name, which takes
twice as long as it is done here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import repeat
from operator import attrgetter
from typing import TypeVar

from watcher.core.model import Channel, Message
from watcher.sources.items import Item, Mark

Other = TypeVar("Other")

_at = datetime.fromtimestamp
_new = object.__new__
_SMS = Channel.SMS
_id = attrgetter("id.__set__")(Message)
_channel = attrgetter("channel.__set__")(Message)
_received_at = attrgetter("received_at.__set__")(Message)
_sender = attrgetter("sender.__set__")(Message)
_subject = attrgetter("subject.__set__")(Message)
_text = attrgetter("text.__set__")(Message)
_html = attrgetter("html.__set__")(Message)
_headers = attrgetter("headers.__set__")(Message)
_unreadable = attrgetter("unreadable.__set__")(Message)
_codes = attrgetter("codes.__set__")(Message)
_source = attrgetter("source.__set__")(Message)
_place = attrgetter("place.__set__")(Message)


def usual_sms(
    identity: str, received_at: datetime, sender: str | None, text: str | None, source: str | None
) -> Message:
    """Return the `Message` of an SMS that has nothing out of the ordinary."""
    message = _new(Message)
    _id(message, identity)
    _channel(message, _SMS)
    _received_at(message, received_at)
    _sender(message, sender)
    _subject(message, None)
    _text(message, text)
    _html(message, None)
    _headers(message, ())
    _unreadable(message, None)
    _codes(message, ())
    _source(message, source)
    _place(message, None)
    return message


@dataclass(frozen=True, slots=True)
class UsualRun:
    """SMS that follow one another and have nothing out of the ordinary, by column.

    Times are milliseconds since 1970, `EARLIEST` at least and less than `LATEST`.
    """

    identities: list[str]
    milliseconds: list[int]
    senders: list[str | None] = field(repr=False)
    texts: list[str | None] = field(repr=False)

    @property
    def columns(self) -> tuple[list[str], list[int], list[str | None], list[str | None]]:
        """All of it, in the order of the fields."""
        return self.identities, self.milliseconds, self.senders, self.texts

    def add(self, identity: str, milliseconds: int, sender: str | None, text: str | None) -> None:
        """Put one more behind them."""
        self.identities.append(identity)
        self.milliseconds.append(milliseconds)
        self.senders.append(sender)
        self.texts.append(text)

    def messages(self, source: str) -> Iterator[Message]:
        """Make them, as of the file in which they stand."""
        times = (_at(one / 1000, UTC) for one in self.milliseconds)
        return map(usual_sms, self.identities, times, self.senders, self.texts, repeat(source))


Read = Item | Mark | UsualRun
"""What a reader gives; one whose files hold very many SMS may give the usual ones in runs."""


def one_by_one(items: Iterable[Other | UsualRun], source: str) -> Iterator[Other | Message]:
    """Pass on what a file gives, and each message of a run alone."""
    for item in items:
        if isinstance(item, UsualRun):
            yield from item.messages(source)
        else:
            yield item
