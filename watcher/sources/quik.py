"""QKSMS and its successor QUIK: one JSON object around the messages, or two appended."""

from watcher.sources import jsonsms
from watcher.sources.jsonshape import shape_of

_ITEM = frozenset({"dateSent", "subId"})

read = jsonsms.read


def sniff(head: bytes) -> bool:
    """Tell whether this is an object that counts messages, or has some with this app's names."""
    shape = shape_of(head)
    if shape is None or shape.in_list:
        return False
    return "messageCount" in shape.names or ("messages" in shape.holders and shape.held >= _ITEM)
