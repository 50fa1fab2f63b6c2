"""Whether an export lacks the very senders that lenders use, as a phone's permissions make it.

Many phones in China show messages of 106…, 95… and the like only to an app that was allowed
to see notification SMS, and hide codes from all: the export looks whole and is not.
"""

from collections.abc import Iterable, Iterator

from watcher.core.model import Channel, Message
from watcher.sources.items import Finished, Item, Remark
from watcher.sources.sms import comparable_number

ENOUGH = 200
"""Received messages among which a phone in China has some from a service number."""
_SERVICES = ("106", "95", "96", "100")
_RICH = "sip:"
"""How the address of a 5G message begins, before the same numbers."""


def telling_missing_senders(items: Iterable[Item]) -> Iterator[Item]:
    """Pass on what one file gives; before its end say where no service number sent anything."""
    stream = iter(items)
    received = 0
    for item in stream:
        if isinstance(item, Message):
            if item.channel is Channel.SMS:
                received += 1
                if is_service(item.sender):
                    yield item
                    break
        elif isinstance(item, Finished) and received >= ENOUGH:
            yield Remark(
                source=item.source, reason="source.no_service_senders", values={"read": received}
            )
        yield item
    yield from stream


def is_service(sender: str | None) -> bool:
    """Tell whether a number is one of those that lenders, banks and offices send from."""
    number = comparable_number((sender or "").lower().removeprefix(_RICH))
    return number.startswith(_SERVICES)
