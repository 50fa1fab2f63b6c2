"""Keeps the resident process small: nothing loaded that it never uses, freed memory given back."""

import ctypes
import gc
import sys
from importlib import import_module
from typing import Final

_NEVER_USED: Final = ("greenlet", "rich")
"""structlog takes both in where they are installed, for tracebacks, which no log of ours shows."""

_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
_LARGE: Final = 64 * 1024
"""Bytes. A block of so many goes back to the system when it is freed; left to itself, malloc
raises this bound with each such block, and keeps the next ones."""


def load_structlog() -> None:
    """Load structlog without what it only uses elsewhere."""
    kept_out = [name for name in _NEVER_USED if name not in sys.modules]
    for name in kept_out:
        sys.modules[name] = None  # type: ignore[assignment]  # to `import`: there is none
    try:
        import_module("structlog")
    finally:
        for name in kept_out:
            del sys.modules[name]


def allocate_from_one_place() -> None:
    """Have all threads share one arena: each of their own keeps what is free in it to itself."""
    choose = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
    if choose is not None:
        choose(_M_ARENA_MAX, 1)
        choose(_M_MMAP_THRESHOLD, _LARGE)


def give_back() -> None:
    """Give the system back what is free: reading leaves much, and may not come again for long."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # as above
    if trim is not None:
        trim(0)
