"""The drop-in beside the shipped unit: where the program is, and the folders that it may see.

The shipped unit hides the home; what is named here comes back. Whatever lies outside of what
it hides needs no naming, and what would bring half of the home back is never named.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import watcher
from watcher.errors import UserError
from watcher.systemd import HIDDEN
from watcher.userfiles.config import Config

SERVICE: Final = "loan-watcher.service"
BUS: Final = "loan-watcher-bus.service"
OPENING: Final = "loan-watcher-open.path"
OPENER: Final = "loan-watcher-open.service"
UNITS: Final = (SERVICE, BUS, OPENING, OPENER)
PROXY: Final = Path("/usr/bin/xdg-dbus-proxy")
DROP_IN: Final = f"{SERVICE}.d/10-here.conf"
OPENER_DROP_IN: Final = f"{OPENER}.d/10-here.conf"
UNWALLED: Final = f"{SERVICE}.d/20-without-user-namespaces.conf"
DROP_INS: Final = (DROP_IN, UNWALLED, OPENER_DROP_IN)

_PASSED_ON: Final = ("LANG", "LC_ALL", "LC_MESSAGES", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
"""What the user's shell may know and the user's systemd not."""

_WIDE: Final = (".", ".local", ".local/share", ".local/state", ".config", ".cache")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the program, the user's files and the state are."""

    home: Path
    units: Path
    config: Path
    state: Path

    @property
    def drop_in(self) -> Path:
        """The drop-in; the service must not see it, which is how it knows that a wall stands."""
        return self.units / DROP_IN


def drop_in(place: Place, config: Config, environ: Mapping[str, str]) -> str:
    """Return the drop-in's text.

    Raises:
        UserError: a path cannot be written in a unit file.
    """
    lines = [
        *_starts("watcher.daemon", environ),
        f"Environment={_word(f'LOAN_WATCHER_UNSEEN={place.drop_in}')}",
    ]
    if not _below(place.home, HIDDEN):
        lines.append(f"TemporaryFileSystem={_word(f'{place.home}')}")
    for folder in (place.config, place.state):
        lines += [f"BindPaths={_word(str(folder))}", f"ReadWritePaths={_word(str(folder))}"]
    kept = (place.config, place.state)
    lines += [
        f"BindReadOnlyPaths={_word(f'-{path}')}"
        for path in _outermost(_needed(place, config))
        if path not in kept
    ]
    return "\n".join(lines) + "\n"


def opener_drop_in(environ: Mapping[str, str]) -> str:
    """Return the text of the opener's drop-in, which needs no walls."""
    return "\n".join(_starts("watcher.web.opener", environ)) + "\n"


def _starts(module: str, environ: Mapping[str, str]) -> list[str]:
    return [
        "# Written by `loan-watcher service install`, which writes it anew; put changes of your",
        "# own into another file of this folder.",
        "[Service]",
        "ExecStart=",
        f"ExecStart={_word(sys.executable, dollar=True)} -E -P -m {module}",
        *(
            f"Environment={_word(f'{name}={environ[name]}')}"
            for name in _PASSED_ON
            if environ.get(name)
        ),
    ]


def _needed(place: Place, config: Config) -> Iterator[Path]:
    """Yield what the service reads and would not see otherwise."""
    hidden = (*HIDDEN, place.home)
    wide = {*(place.home / name for name in _WIDE), *place.home.parents, *HIDDEN}
    for path in (*_program(wide), *_watched(config, wide)):
        for one in {path, Path(os.path.realpath(path))}:
            if _below(one, hidden) and one not in wide:
                yield one


def _program(wide: set[Path]) -> Iterator[Path]:
    for prefix in (Path(sys.prefix), Path(sys.base_prefix)):
        yield from (prefix / name for name in ("bin", "lib")) if prefix in wide else (prefix,)
    yield from (Path(entry) for entry in sys.path if entry and Path(entry).is_dir())
    yield Path(watcher.__file__).parent
    link = Path(sys.executable)
    while link.is_symlink():  # uv and pyenv put links between
        link = Path(os.path.normpath(link.parent / link.readlink()))
        yield link


def _watched(config: Config, wide: set[Path]) -> Iterator[Path]:
    for sms in config.sms:
        for path in {sms.path, Path(os.path.realpath(sms.path))}:
            # A folder that a phone's program deletes and makes anew would stay empty for ever.
            yield path if path.parent in wide else path.parent
    for account in config.accounts:
        yield from (file for file in (account.code_file, account.ca_file) if file is not None)
        yield from (Path(word) for word in account.oauth_command if word.startswith("/"))


def _below(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _outermost(paths: Iterable[Path]) -> list[Path]:
    """Leave out what lies in another of them."""
    found: list[Path] = []
    for path in sorted(set(paths)):
        if not _below(path, found):
            found.append(path)
    return found


def _word(text: str, *, dollar: bool = False) -> str:
    """Quote a word as systemd.syntax(7) has it: no blank, colon or per cent sign means anything."""
    if not text.isprintable():
        raise UserError("service.odd_path", {"path": text})
    for special, written in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%")):
        text = text.replace(special, written)
    return '"' + (text.replace("$", "$$") if dollar else text) + '"'
