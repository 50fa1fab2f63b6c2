"""Where the user's session bus is."""

from collections.abc import Mapping
from pathlib import Path


def bus_address(environ: Mapping[str, str]) -> str:
    """Return the address of the session bus.

    Raises:
        FileNotFoundError: there is none (the user is not logged in).
    """
    named = environ.get("DBUS_SESSION_BUS_ADDRESS")
    if named:
        return named
    runtime = environ.get("XDG_RUNTIME_DIR")
    if runtime and (Path(runtime) / "bus").is_socket():
        return f"unix:path={runtime}/bus"
    raise FileNotFoundError
