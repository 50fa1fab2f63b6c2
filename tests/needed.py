"""Programs of the operating system that tests run, by the package that brings them."""

import shutil
from pathlib import Path

import pytest

NEEDS = "needs system package:"
"""How the reason of a skip begins that a package of the operating system would avoid."""


def needs(package: str, program: str) -> str:
    """Return the path of a program (or file) of a package; skip the test where it is absent."""
    found = shutil.which(program) or (program if Path(program).is_file() else None)
    if found is None:
        pytest.skip(f"{NEEDS} {package}")
    return found
