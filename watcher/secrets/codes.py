"""The codes of mailboxes by address: read, written and deleted.

To the child and back a code goes through pipes alone; no exception text holds it.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import watcher
from watcher.errors import SourceUnavailable, UserError
from watcher.secrets.files import read_secret_file

SECONDS: Final = 10.0
"""How long a keyring may take; one that is unlocked needs a tenth of a second."""

SECONDS_TO_UNLOCK: Final = 120.0
"""How long somebody at the screen may take to unlock it."""

State = Literal["found", "written", "deleted", "missing", "locked", "absent"]
_STATES: Final = ("found", "written", "deleted", "missing", "locked", "absent")

_CREDENTIALS: Final = "CREDENTIALS_DIRECTORY"
_ROOT: Final = str(Path(watcher.__file__).parents[1])
# As for the child that parses: isolated from the environment, yet able to find this package.
_START: Final = (
    "import sys; sys.path.append(sys.argv[1]); from watcher.secrets.child import main; main()"
)
_PASSED_ON: Final = (
    *("HOME", "PATH", "LANG", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"),
    *("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY"),
)


def read_secret(
    name: str,
    *,
    environ: Mapping[str, str],
    file: Path | None = None,
    seconds: float = SECONDS,
) -> str:
    """Return the code of an address; `file` is what config.toml names, if anything.

    Nobody is asked to unlock anything. Raises `SourceUnavailable` where a keyring is locked
    (`secret.locked`) or there is none (`secret.no_keyring`), `UserError` where no code was
    stored (`secret.missing`) or the file is not fit to hold one (`secret.file_…`).
    """
    handed = _handed_over(name, environ)
    if handed is not None:
        return handed
    state, secret = _ask_keyring({"do": "read", "name": name}, environ, seconds)
    if state == "found" and secret:
        return secret
    if file is not None:
        return read_secret_file(file)
    raise _unavailable(state, name) or UserError("secret.missing", {"address": name})


def look_for_secret(
    name: str, *, environ: Mapping[str, str], seconds: float = SECONDS
) -> Literal["found", "missing", "locked", "absent"]:
    """Return whether the keyring has a code, without taking it out; nobody is asked anything.

    What systemd hands over counts as found; `locked` and `absent` are said of the keyring.
    """
    if _handed_over(name, environ) is not None:
        return "found"
    state, _ = _ask_keyring({"do": "look", "name": name}, environ, seconds)
    match state:
        case "found" | "missing" | "locked":
            return state
        case _:
            return "absent"


def write_secret(
    name: str, secret: str, *, environ: Mapping[str, str], seconds: float = SECONDS_TO_UNLOCK
) -> None:
    """Store the code of an address in the keyring, which may ask to be unlocked.

    Raises `SourceUnavailable` as `read_secret` does.
    """
    order = {"do": "write", "name": name, "secret": secret}
    state, _ = _ask_keyring(order, environ, seconds)
    if unavailable := _unavailable(state, name):
        raise unavailable


def delete_secret(
    name: str, *, environ: Mapping[str, str], seconds: float = SECONDS_TO_UNLOCK
) -> bool:
    """Remove the code of an address from the keyring; whether there was one.

    Raises `SourceUnavailable` as `read_secret` does.
    """
    state, _ = _ask_keyring({"do": "delete", "name": name}, environ, seconds)
    if unavailable := _unavailable(state, name):
        raise unavailable
    return state == "deleted"


def _handed_over(name: str, environ: Mapping[str, str]) -> str | None:
    """Return what systemd hands to the service under this name, None where it does not."""
    folder = environ.get(_CREDENTIALS)
    if not folder or name in {".", ".."} or Path(name).name != name:
        return None
    path = Path(folder) / name
    # systemd itself made the folder, so who may read it is its business.
    return read_secret_file(path, guarded=False) if path.exists() else None


def _unavailable(state: State, name: str) -> SourceUnavailable | None:
    match state:
        case "locked":
            return SourceUnavailable("secret.locked", {"address": name})
        case "absent":
            return SourceUnavailable("secret.no_keyring", {"address": name})
        case _:
            return None


def _ask_keyring(
    order: Mapping[str, str], environ: Mapping[str, str], seconds: float
) -> tuple[State, str | None]:
    """Have a child ask the keyring; one that is not answered in time counts as locked."""
    order = {**order, "seconds": str(seconds)}
    child = subprocess.Popen(  # noqa: S603  our own program
        [sys.executable, "-I", "-c", _START, _ROOT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(environ),
        cwd="/",
    )
    with child:
        try:
            answer, _ = child.communicate(json.dumps(order).encode(), timeout=seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            answer = b'{"state": "locked"}'
    return _understood(answer)


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what a child needs to find the bus, and a screen on which to be unlocked."""
    passed = {key: environ[key] for key in _PASSED_ON if key in environ}
    bus = Path(passed.get("XDG_RUNTIME_DIR", "")) / "bus"
    if "DBUS_SESSION_BUS_ADDRESS" not in passed and bus.is_absolute() and bus.is_socket():
        passed["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={bus}"
    return passed


def _understood(answer: bytes) -> tuple[State, str | None]:
    """Check what the child says; one that died of the keyring found none that works."""
    try:
        said: Any = json.loads(answer)
    except ValueError:
        return "absent", None
    if not isinstance(said, dict) or said.get("state") not in _STATES:
        return "absent", None
    secret = said.get("secret")
    return said["state"], secret if isinstance(secret, str) else None
