"""`loan-watcher service`: the daemon as a service of the user's own systemd."""

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from watcher.cli.context import Context, pass_context
from watcher.cli.manager import Manager
from watcher.cli.spoken import SpokenGroup, json_option, option
from watcher.cli.unit import (
    BUS,
    DROP_IN,
    DROP_INS,
    OPENER_DROP_IN,
    OPENING,
    PROXY,
    SERVICE,
    UNITS,
    UNWALLED,
    Place,
    drop_in,
    opener_drop_in,
)
from watcher.control import door
from watcher.errors import UserError
from watcher.userfiles.config import Config, read_config
from watcher.userfiles.folders import config_folder, home_folder, state_folder
from watcher.userfiles.ledger_file import write_private
from watcher.userfiles.shipped import shipped_folder

FINE: Final = 0
OUTSIDE: Final = 3
_LISTENS_WITHIN: Final = 2.0
_LOCALE: Final = ('Environment="LANG=', 'Environment="LC_')
_LOCALES: Final = {"zh": "zh_CN.UTF-8", "en": "en_US.UTF-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the service stands; `fresh` says that the unit is what would be installed now."""

    installed: bool
    fresh: bool
    enabled: bool
    active: bool
    state: str
    lingers: bool

    @property
    def sound(self) -> bool:
        """Whether it runs as it should, now and after the next login."""
        return self.fresh and self.enabled and self.active


@click.group(cls=SpokenGroup, says="service.help")
def service() -> None:
    """Look after the service."""


@service.command("install", says="service.install")
@option("--print", "shown", is_flag=True, says="service.option.print")
@pass_context
def install(speaker: Context, *, shown: bool) -> int:
    """Write the unit for this computer, and have it started now and at each login."""
    place, texts = wanted(_spoken(speaker, os.environ))
    if shown:
        for path, text in texts.items():
            click.echo(f"# {path}\n{text}")
        return FINE
    manager = Manager(os.environ)
    if not _is_active(manager) and _runs_by_hand():
        raise UserError("service.runs_by_hand")
    walled = manager.may_build_walls()
    changed = _write({**texts, **({} if walled else _unwalled(place))})
    if walled and (place.units / UNWALLED).exists():
        (place.units / UNWALLED).unlink()
        changed = True
    if changed:
        manager.do("daemon-reload")
    manager.do("reset-failed", SERVICE)
    again = changed and _is_active(manager)
    if again:
        manager.do("restart", BUS, OPENING)
    if not manager.do("enable", SERVICE) or not manager.do(
        "restart" if again else "start", SERVICE
    ):
        speaker.print("service.did_not_start")
        return OUTSIDE
    speaker.print("service.installed" if changed else "service.as_before", folder=place.units)
    if not walled:
        speaker.print("service.unwalled")
    if not PROXY.exists():
        speaker.print("service.no_proxy")
    _explain_linger(speaker, manager)
    return FINE


@service.command("status", says="service.status")
@json_option
@pass_context
def status(speaker: Context) -> int:
    """Say how the service stands."""
    found = standing(Manager(os.environ))
    if speaker.json:
        speaker.print_json(standing_form(found))
    else:
        for says in said(found):
            speaker.print(says, state=found.state)
    return FINE if found.sound else OUTSIDE


@service.command("uninstall", says="service.uninstall")
@pass_context
def uninstall(speaker: Context) -> int:
    """End the service and remove its unit; the user's files and the state stay."""
    place = where()
    manager = Manager(os.environ)
    ours = [place.units / name for name in (*UNITS, *DROP_INS)]
    there = [path for path in ours if path.exists()]
    if not there:
        speaker.print("service.not_installed")
        return FINE
    manager.do("disable", "--now", *UNITS)
    for path in there:
        path.unlink(missing_ok=True)
    for name in DROP_INS:
        with suppress(OSError):  # the user keeps drop-ins of his own there
            (place.units / name).parent.rmdir()
    manager.do("daemon-reload")
    manager.do("reset-failed", SERVICE)
    speaker.print("service.removed", config=place.config, state=place.state)
    return FINE


def where() -> Place:
    """Return where everything is."""
    base = os.environ.get("XDG_CONFIG_HOME") or ""
    config = Path(base) if base.startswith("/") else home_folder() / ".config"
    return Place(
        home=home_folder(),
        units=config / "systemd" / "user",
        config=config_folder(),
        state=state_folder(),
    )


def wanted(environ: Mapping[str, str] = os.environ) -> tuple[Place, Mapping[Path, str]]:
    """Return the files of the unit as they should be now.

    Raises:
        UserError: config.toml is wrong.
    """
    place = where()
    config, problems = read_config(place.config / "config.toml")
    if config is None:
        raise UserError("cli.problems", problems=problems)
    return place, _texts(place, config, environ)


def outdated() -> bool:
    """Return whether the service is installed, and for other folders than it should see now."""
    try:
        place, texts = wanted()
    except UserError:
        return False  # a mistake in config.toml is told of elsewhere
    return place.drop_in.exists() and not _are_there(texts)


def standing(manager: Manager) -> Standing:
    """Ask systemd how the service stands."""
    asked = manager.properties(SERVICE, "ActiveState", "UnitFileState", "LoadState")
    return Standing(
        installed=asked.get("LoadState") == "loaded",
        fresh=not outdated(),
        enabled=asked.get("UnitFileState") == "enabled",
        active=asked.get("ActiveState") == "active",
        state=asked.get("ActiveState", ""),
        lingers=manager.lingers(),
    )


def said(found: Standing) -> list[str]:
    """Return what is to be said of it, as phrase ids."""
    if not found.installed:
        return ["service.not_installed"]
    return [
        "service.runs" if found.active else "service.runs_not",
        *([] if found.enabled else ["service.not_enabled"]),
        *([] if found.fresh else ["service.outdated"]),
        "service.lingers" if found.lingers else "service.lingers_not",
    ]


def standing_form(found: Standing) -> dict[str, object]:
    """Return it as the JSON object that programs get."""
    return {
        "installed": found.installed,
        "up_to_date": found.fresh,
        "enabled": found.enabled,
        "active": found.active,
        "state": found.state,
        "lingers": found.lingers,
    }


def _texts(place: Place, config: Config, environ: Mapping[str, str]) -> Mapping[Path, str]:
    shipped = shipped_folder() / "systemd"
    return {
        **{place.units / name: (shipped / name).read_text(encoding="utf-8") for name in UNITS},
        place.units / DROP_IN: drop_in(place, config, environ),
        place.units / OPENER_DROP_IN: opener_drop_in(environ),
    }


def _unwalled(place: Place) -> Mapping[Path, str]:
    shipped = shipped_folder() / "systemd" / "without-user-namespaces.conf"
    return {place.units / UNWALLED: shipped.read_text(encoding="utf-8")}


def _write(texts: Mapping[Path, str]) -> bool:
    """Write what differs; return whether anything did."""
    changed = [path for path, text in texts.items() if _read(path) != text]
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private(path, texts[path])
    return bool(changed)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _are_there(texts: Mapping[Path, str]) -> bool:
    return all(_essence(_read(path)) == _essence(text) for path, text in texts.items())


def _essence(text: str | None) -> list[str]:
    """Leave out the locale: it is that of whoever looks."""
    return [line for line in (text or "").splitlines() if not line.startswith(_LOCALE)]


def _spoken(speaker: Context, environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment with the language that was asked for, if one was."""
    if speaker.asked_language is None:
        return environ
    others = {name: value for name, value in environ.items() if name[:3] != "LC_"}
    return {**others, "LANG": _LOCALES[speaker.asked_language]}


def _is_active(manager: Manager) -> bool:
    return manager.properties(SERVICE, "ActiveState").get("ActiveState") == "active"


def _runs_by_hand() -> bool:
    connection = door.connect(state_folder(), _LISTENS_WITHIN)
    if connection is None:
        return False
    connection.close()
    return True


def _explain_linger(speaker: Context, manager: Manager) -> None:
    if manager.lingers():
        speaker.print("service.lingers")
    elif shutil.which("loginctl"):
        speaker.print("service.lingers_not")
