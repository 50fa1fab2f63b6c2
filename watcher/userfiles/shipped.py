"""Finds what ships beside the code: rules, the systemd unit, the example configuration."""

from functools import cache
from importlib.resources import files
from pathlib import Path

import watcher


@cache
def shipped_folder() -> Path:
    """Return the folder that holds `rules/`: inside an installed package, else of the checkout.

    A wheel carries it as `watcher/shipped/`; in a checkout it is the folder above `watcher/`.
    """
    package = Path(str(files(watcher)))
    inside = package / "shipped"
    return inside if inside.is_dir() else package.parent
