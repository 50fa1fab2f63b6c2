"""SMS Import / Export: the array of its first version, and the lines of its second.

The lines come in a ZIP, which `archive` opens, or loose where the user unpacked it.
"""

from watcher.sources import jsonsms
from watcher.sources.jsonshape import shape_of

_CONTRACT = frozenset({"received_at", "channel"})
_CALL = frozenset({"number", "duration", "date"})
_CONTACTS = frozenset({"raw_contacts", "contacts_data"})
_ENOUGH = (
    frozenset({"address", "body"}),
    frozenset({"address", "type", "date_sent"}),
    frozenset({"_id", "thread_id"}),
    frozenset({"msg_box"}),
    frozenset({"__parts"}),
)

read = jsonsms.read


def sniff(head: bytes) -> bool:
    """Tell whether the first object is a row of a phone's table of messages."""
    shape = shape_of(head)
    if shape is None or "date" not in shape.names or shape.names & _CONTRACT:
        return False
    return any(names <= shape.names for names in _ENOUGH)


def is_other_data(head: bytes) -> bool:
    """Tell whether this is the same app's export of calls or contacts."""
    shape = shape_of(head)
    if shape is None or "body" in shape.names:
        return False
    return shape.names >= _CALL or not shape.names.isdisjoint(_CONTACTS)
