"""The child process that asks the keyring: one order on standard input, one answer back.

Only the desktop's Secret Service is asked, whatever other keyrings are installed. Before a
reading it is seen that nothing is locked: the library would open a window to unlock it, and
a service that starts with the session would open one at every try.
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
        from keyring.backends.SecretService import Keyring  # noqa: PLC0415  not on every system
        from keyring.errors import (  # noqa: PLC0415  as above
            InitError,
            KeyringError,
            KeyringLocked,
            PasswordDeleteError,
        )
        from secretstorage.exceptions import (  # noqa: PLC0415  as above
            LockedException,
            PromptDismissedException,
            SecretStorageException,
        )
    except ImportError:
        return {"state": "absent"}
    try:
        state = _seen(order)
        if state is None and order["do"] == "look":
            state = "found"
        if state is not None:
            return {"state": state}
        return _asked(Keyring(), order)  # type: ignore[no-untyped-call]
    # The library calls it a failure to begin where nobody answers its window.
    except (InitError, KeyringLocked, LockedException, PromptDismissedException, TimeoutError):
        return {"state": "locked"}
    except PasswordDeleteError:
        return {"state": "missing"}
    except (KeyringError, SecretStorageException, OSError):
        return {"state": "absent"}


def _seen(order: dict[str, str]) -> str | None:
    """Return what a look that opens no window already answers; None where one has to ask."""
    import secretstorage  # noqa: PLC0415  as above

    with closing(secretstorage.dbus_init()) as bus:
        if not secretstorage.check_service_availability(bus):
            return "absent"
        if order["do"] == "write":
            return None
        items = list(
            secretstorage.search_items(bus, {"service": SERVICE, "username": order["name"]})
        )
        if order["do"] == "delete":
            return None if items else "missing"
        if any(not item.is_locked() for item in items):
            return None
        # Some keyrings do not say what they hold while they are locked.
        closed = any(one.is_locked() for one in secretstorage.get_all_collections(bus))
        return "locked" if items or closed else "missing"


def _asked(keyring: Any, order: dict[str, str]) -> dict[str, Any]:
    name = order["name"]
    match order["do"]:
        case "write":
            keyring.set_password(SERVICE, name, order["secret"])
            return {"state": "written"}
        case "delete":
            keyring.delete_password(SERVICE, name)
            return {"state": "deleted"}
        case _:
            secret = keyring.get_password(SERVICE, name)
            return {"state": "missing" if secret is None else "found", "secret": secret}
