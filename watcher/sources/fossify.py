"""Fossify Messages, its ancestor Simple SMS Messenger, and Connect You: one JSON array."""

from watcher.sources import jsonsms
from watcher.sources.jsonshape import is_empty_list, shape_of

# The name that says it best stands behind the pictures of an MMS, perhaps far behind.
_ENOUGH = (frozenset({"backupType"}), frozenset({"messageBox", "date"}))
_LISTS = frozenset({"sms", "mms"})

read = jsonsms.read


def sniff(head: bytes) -> bool:
    """Tell whether the first object is a backed up message, or a conversation of them."""
    shape = shape_of(head)
    if shape is None:
        return is_empty_list(head)
    if any(names <= shape.names for names in _ENOUGH):
        return True
    return shape.in_list and not shape.holders.isdisjoint(_LISTS)
