"""The parent's side of the child process in which untrusted bytes are parsed.

One child serves a whole folder. Where it dies, what killed it becomes one unreadable
message, another child is started, and reading goes on behind that record.
"""

import json
import os
import select
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

import watcher
from watcher.core.model import Channel, Message
from watcher.errors import SourceUnavailable
from watcher.sources.budget import MAIL_LIMIT, may_hold_images
from watcher.sources.deaths import killer, reason_of, unreadable
from watcher.sources.items import Damage, Finished, Item, Mark, to_milliseconds
from watcher.sources.walls import MEMORY_LIMIT
from watcher.sources.wire import LINE_LIMIT, Forged, decode

_SECONDS = 30
_SILENCE = 60.0
_DEATHS_LIMIT = {Channel.EMAIL: 100, Channel.SMS: 5}
_BATCH_MAILS = 64
_BATCH_BYTES = 4 * 1024 * 1024
_READ_SIZE = 256 * 1024
_ROOT = str(Path(watcher.__file__).parents[1])
# Isolated from the environment and the working folder, yet able to find this package
# both in a checkout and where it is installed.
_START = "import sys; sys.path.append(sys.argv[1]); from watcher.sources.child import main; main()"


def walls() -> Mapping[str, bool]:
    """Tell which walls stand around a child on this machine, as the child itself tried them."""
    with Sandbox() as child:
        held = child.try_walls()
        return MappingProxyType({**child.walls, **held})


class _Died(Exception):  # noqa: N818  internal: never leaves this module
    """The child ended, or was ended, in the middle of a file."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Sandbox:
    """A child process that parses one file after the other; use as a context manager."""

    def __init__(
        self,
        *,
        memory: int = MEMORY_LIMIT,
        seconds: int = _SECONDS,
        silence: float = _SILENCE,
        own: Iterable[str] = (),
    ) -> None:
        """Set the limits: bytes of address space, CPU seconds and seconds without progress.

        `own` are the user's addresses: from one of them to one of them a phone forwards SMS.
        """
        self._own = sorted({address.strip().lower() for address in own})
        self._orders = json.dumps({"memory": memory, "seconds": seconds})
        self._silence = silence
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._waiting = bytearray()
        self.walls: Mapping[str, bool] = MappingProxyType({})

    def __enter__(self) -> Self:
        """Start nothing yet: a folder without files needs no child."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the child."""
        self._end()

    @property
    def pid(self) -> int | None:
        """The running child's process id; None while there is none."""
        return None if self._process is None else self._process.pid

    def read_mail(self, raw: bytes, name: str, received_at: datetime | None = None) -> Message:
        """Have the child parse one mail that is in memory, as when a server sent it."""
        [message] = self.read_mails([(raw, received_at)], name)
        return message

    def read_mails(
        self, mails: Iterable[tuple[bytes, datetime | None]], name: str
    ) -> Generator[Message, None, None]:
        """Have the child parse mails that are in memory; one message each, in their order.

        With each goes when a server received it, which dates a mail that says nothing of that.
        """
        batch: list[tuple[bytes, datetime | None]] = []
        weight = 0
        for raw, received_at in mails:
            batch.append((raw[: MAIL_LIMIT + 1], received_at))
            weight += len(batch[-1][0])
            if len(batch) >= _BATCH_MAILS or weight >= _BATCH_BYTES:
                yield from self._read_batch(batch, name)
                batch, weight = [], 0
        yield from self._read_batch(batch, name)

    def read_codes(self, images: Iterable[bytes]) -> tuple[str, ...]:
        """Have the child read the QR codes in images that are in memory, as parts of one mail."""
        letters = (b64encode(image).decode() for image in images)
        addresses = "".join(f'<img src="data:image/png;base64,{each}">' for each in letters)
        return self.read_mail(f"Content-Type: text/html\n\n{addresses}".encode(), "").codes

    def read(
        self, descriptor: int, name: str, *, is_mail: bool = False, start: int | None = 0
    ) -> Iterator[Item]:
        """Have the child parse an open file; whatever happens to the child, items come out.

        With `is_mail` it is one mail, and not asked what it is; it is read from `start` on.
        """
        given = before = deaths = 0
        images = True
        while start is not None:
            mark = Mark(resume=None, channel=Channel.SMS)
            begun = start
            try:
                wanted = {"start": start, "is_mail": is_mail, "images": images}
                for item in self._attempt(descriptor, name, wanted):
                    if type(item) is Message:
                        given += 1
                        yield item
                        continue
                    if isinstance(item, Mark):
                        if mark.resume is not None:
                            begun = mark.resume
                            if not images:
                                break
                        mark = item
                        continue
                    if isinstance(item, Finished):
                        yield replace(
                            item,
                            records=item.records + before,
                            incoming=item.incoming + before,
                        )
                        return
                    yield item
            except _Died as death:
                self._end()
                deaths += 1
                of_mail = mark.channel is Channel.EMAIL
                if images and of_mail and deaths < _DEATHS_LIMIT[mark.channel]:
                    # It may have been an image: what the mail says is read without them.
                    images = False
                    before = given
                    start = begun
                    continue
                # Behind a mail is another; of a text of which nothing could be read, no more is.
                resume = mark.resume if of_mail or given > before else None
                given += 1
                before = given
                yield unreadable(descriptor, name, mark, death.reason)
                images = True
                start = resume if deaths < _DEATHS_LIMIT[mark.channel] else None
                if start != resume:
                    yield Damage(source=name, reason="source.given_up", values={"deaths": deaths})
            else:
                # The mail that was read without its images is behind: those of the next count.
                self._end()
                images = True
                before = given
                start = begun
        yield Finished(source=name, records=given, incoming=given)

    def try_walls(self) -> Mapping[str, bool]:
        """Let the child run against its walls; true for each that held."""
        parent = self._started()
        socket.send_fds(parent, [b"{}"], [])
        return _walls(next(self._lines(_SILENCE)))

    def _read_batch(
        self, batch: Sequence[tuple[bytes, datetime | None]], name: str
    ) -> Iterator[Message]:
        descriptor = os.memfd_create("mails", os.MFD_CLOEXEC)
        answered = False
        try:
            with os.fdopen(descriptor, "wb", closefd=False) as file:
                file.writelines(raw for raw, _ in batch)
            given = [(len(raw), None if at is None else to_milliseconds(at)) for raw, at in batch]
            at = 0
            images = True
            while at < len(batch):
                try:
                    # Read again without its images, a mail is asked for alone.
                    for message in self._attempt_mails(descriptor, name, given, at, images=images):
                        yield message
                        at += 1
                except _Died as death:
                    self._end()
                    if at == len(batch):
                        break
                    crashed = death.reason == "source.child_died"  # perhaps another's doing
                    images = not (images and (crashed or may_hold_images(batch[at][0])))
                    if not images:
                        continue
                    yield killer(*batch[at], descriptor, name, death.reason)
                    at += 1
                images = True
            answered = True
        finally:
            os.close(descriptor)
            if not answered:
                self._end()  # what it still says is about mails that nobody waits for

    def _attempt_mails(
        self,
        descriptor: int,
        name: str,
        given: Sequence[tuple[int, int | None]],
        first: int,
        *,
        images: bool,
    ) -> Iterator[Message]:
        last = len(given) if images else first + 1
        wanted = {"start": first, "mails": given[:last], "images": images}
        items = self._attempt(descriptor, name, wanted)
        for _ in range(first, last):
            mark, message = next(items, None), next(items, None)
            if not isinstance(mark, Mark) or not isinstance(message, Message):
                raise _Died("source.child_died")
            yield message
        if not isinstance(next(items, None), Finished):
            raise _Died("source.child_died")

    def _attempt(
        self, descriptor: int, name: str, wanted: Mapping[str, object]
    ) -> Iterator[Item | Mark]:
        parent = self._started()
        request = json.dumps({**wanted, "own": self._own}).encode()
        try:
            socket.send_fds(parent, [request], [descriptor])
        except OSError as error:
            raise _Died("source.child_died") from error
        for line in self._lines():
            try:
                for item in decode(line, name):
                    yield item
                    if isinstance(item, Finished):
                        return
            except Forged as error:
                raise _Died("source.child_died") from error

    def _started(self) -> socket.socket:
        if self._socket is not None:
            return self._socket
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter, our own module
            [sys.executable, "-I", "-B", "-c", _START, _ROOT, self._orders],
            stdin=theirs.fileno(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C.UTF-8"},
            cwd="/",
        )
        theirs.close()
        self._socket = ours
        self._waiting.clear()
        try:
            # A busy machine may start it late; how long a file may take is another question.
            self.walls = _walls(next(self._lines(_SILENCE)))
        except _Died as error:
            # It has not seen a byte of any file: this machine is at fault, not a message.
            raise SourceUnavailable("source.no_child") from error
        return ours

    def _lines(self, silence: float | None = None) -> Iterator[bytes]:
        """Yield the child's lines until it dies or is silent for too long, which raises."""
        patience = self._silence if silence is None else silence
        process = self._process
        if process is None or process.stdout is None:
            raise _Died("source.child_died")
        pipe = process.stdout.fileno()
        poller = select.poll()
        poller.register(pipe, select.POLLIN)
        while True:
            end = self._waiting.find(b"\n")
            while end < 0:
                seen = len(self._waiting)
                if seen > LINE_LIMIT or not poller.poll(patience * 1000):
                    raise _Died("source.too_slow")
                got = os.read(pipe, _READ_SIZE)
                if not got:
                    raise _Died(reason_of(process.wait()))
                self._waiting += got
                end = self._waiting.find(b"\n", seen)
            line = bytes(self._waiting[:end])
            del self._waiting[: end + 1]
            yield line

    def _end(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None


def _walls(line: bytes) -> Mapping[str, bool]:
    [[_, stands]] = json.loads(line)
    return MappingProxyType({str(name): stood is True for name, stood in stands.items()})
