"""The child process that asks the keyring: one order on standard input, one answer back.

Only the desktop's Secret Service is asked, and reading never makes it open a window: a
service that starts with the session would open one at every try.
"""

import json
import resource
import sys
from contextlib import closing
from typing import Any, Final

SERVICE: Final = "loan-watcher"
_LIMIT: Final = 64 * 1024


def main() -> None:
    """Answer the order and end; nothing is printed but the answer."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    order = json.loads(sys.stdin.buffer.read(_LIMIT))
    sys.stdout.buffer.write(json.dumps(_answer(order)).encode())


def _answer(order: dict[str, str]) -> dict[str, Any]:
    try:
        import secretstorage  # noqa: PLC0415  not there on every system
        from secretstorage.exceptions import (  # noqa: PLC0415  as above
            ItemNotFoundException,
            LockedException,
            PromptDismissedException,
            SecretStorageException,
        )
    except ImportError:
        return {"state": "absent"}
    try:
        with closing(secretstorage.dbus_init()) as bus:
            if not secretstorage.check_service_availability(bus):
                return {"state": "absent"}
            return _asked(bus, order)
    except (LockedException, PromptDismissedException, TimeoutError):
        return {"state": "locked"}
    except ItemNotFoundException:  # gone between two questions
        return {"state": "missing"}
    except (SecretStorageException, OSError):
        return {"state": "absent"}


def _asked(bus: Any, order: dict[str, str]) -> dict[str, Any]:
    """Read without asking anybody; write and delete after the keyring is unlocked."""
    import secretstorage  # noqa: PLC0415  as above

    # The names under which the `keyring` library and its command keep a password.
    wanted = {"service": SERVICE, "username": order["name"]}
    if order["do"] == "write":
        collection = secretstorage.get_default_collection(bus)
        _unlock(collection, order)
        label = f"{SERVICE}: {order['name']}"
        collection.create_item(label, wanted, order["secret"].encode(), replace=True)
        return {"state": "written"}
    items = list(secretstorage.search_items(bus, wanted))
    if not items:
        # Some keyrings do not say what they hold while they are locked.
        closed = any(one.is_locked() for one in secretstorage.get_all_collections(bus))
        return {"state": "locked" if closed and order["do"] == "read" else "missing"}
    if order["do"] == "delete":
        for item in items:
            _unlock(item, order)
            item.delete()
        return {"state": "deleted"}
    readable = next((item for item in items if not item.is_locked()), None)
    if readable is None:
        return {"state": "locked"}
    return {"state": "found", "secret": readable.get_secret().decode()}


def _unlock(thing: Any, order: dict[str, str]) -> None:
    from secretstorage.exceptions import LockedException  # noqa: PLC0415  as above

    if not thing.is_locked():
        return
    dismissed = thing.unlock(timeout=float(order["seconds"]))
    if dismissed or thing.is_locked():
        raise LockedException
