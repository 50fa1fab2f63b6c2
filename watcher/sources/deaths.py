"""What stands for a message of which the child process died."""

import os
import signal
from datetime import UTC, datetime
from hashlib import sha256

from watcher.core.model import Channel, Message
from watcher.sources.items import Mark
from watcher.sources.wire import OUT_OF_MEMORY


def reason_of(code: int) -> str:
    """Return why a child ended, by its exit code."""
    if code == -signal.SIGXCPU:
        return "source.too_slow"
    return "source.too_large" if code == OUT_OF_MEMORY else "source.child_died"


def killer(
    raw: bytes, received_at: datetime | None, descriptor: int, name: str, reason: str
) -> Message:
    """Return what stands for a mail that the child died of; read again, it is the same."""
    written = os.fstat(descriptor).st_mtime
    return Message(
        id=sha256(raw).hexdigest()[:16],
        channel=Channel.EMAIL,
        received_at=received_at or datetime.fromtimestamp(max(written, 0), UTC),
        unreadable=reason,
        source=name,
    )


def unreadable(descriptor: int, name: str, mark: Mark, reason: str) -> Message:
    """Return what stands for the part of a file that the child died of."""
    written = os.fstat(descriptor).st_mtime
    return Message(
        id=sha256(f"{name}\0{mark.resume}\0{written}".encode("utf-8", "replace")).hexdigest()[:16],
        channel=mark.channel,
        received_at=datetime.fromtimestamp(max(written, 0), UTC),
        unreadable=reason,
        source=name,
    )
