"""Fossify Messages, its ancestor Simple SMS Messenger, and Connect You: one JSON array."""

from watcher.sources import jsonsms
from watcher.sources.jsonshape import is_empty_list, shape_of

_LISTS = frozenset({"sms", "mms"})

read = jsonsms.read


def sniff(head: bytes) -> bool:
    """Tell whether the first object is a backed up message, or a conversation of them."""
    shape = shape_of(head)
    if shape is None:
        return is_empty_list(head)
    return "backupType" in shape.names or bool(shape.in_list and shape.holders & _LISTS)
