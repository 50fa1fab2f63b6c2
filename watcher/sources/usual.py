"""The usual SMS, made in half the time: a sender, a moment, a text, and nothing else.

A frozen dataclass sets each field through a look-up by its name. An export has a million
messages, each is made twice (in the child and by the parent), and judging most of them
takes little longer than that.
"""

from datetime import datetime
from operator import attrgetter

from watcher.core.model import Channel, Message

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
