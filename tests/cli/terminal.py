"""Our program at a terminal of eighty columns, with somebody who answers."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from codecs import getincrementaldecoder
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True)
class Typed:
    """How it ended, and all that stood on the screen."""

    code: int
    shown: str


def at_a_terminal(*arguments: str, answers: list[tuple[str, str]]) -> Typed:
    """Run a command; each question is waited for, a colon at its end, and then answered."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-m", "watcher", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as child:
        os.close(theirs)
        shown, utf8 = "", getincrementaldecoder("utf-8")()
        for question, answer in answers:
            asked = len(shown)
            while question not in shown[asked:] or not shown.endswith(": "):
                if not select.select([ours], [], [], 60)[0]:
                    child.kill()
                    raise AssertionError(shown)
                shown += utf8.decode(os.read(ours, 4096))
            os.write(ours, answer.encode())
        with suppress(OSError):  # the terminal is closed
            while piece := os.read(ours, 4096):
                shown += utf8.decode(piece)
        code = child.wait(60)
    os.close(ours)
    return Typed(code, shown.replace("\r\n", "\n"))
