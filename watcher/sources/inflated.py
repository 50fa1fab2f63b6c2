"""A zlib stream as a file to read, whose size is counted and never believed."""

import io
import zlib
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_CHUNK = 64 * 1024
_SIZE_LIMIT = 8 * 1024**3
_FREE = 10 * 1024 * 1024
_RATIO_LIMIT = 200


class Inflated(io.RawIOBase):
    """What a stream inflates to; `flaw` is a phrase id once no more of it can be given."""

    def __init__(self, packed: BinaryIO) -> None:
        """Take a stream that stands where the packed bytes begin."""
        self._packed = packed
        self._inflater = zlib.decompressobj()
        self._waiting = b""
        self._taken = self._given = 0
        self._ended = False
        self.flaw: str | None = None

    def readable(self) -> bool:
        """Tell that this is for reading."""
        return True

    def tell(self) -> int:
        """Return how many bytes were given."""
        return self._given

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Give some bytes, none at the end."""
        view = memoryview(buffer).cast("B")
        data = b""
        while not (data or self._ended or self.flaw):
            if not self._waiting:
                self._waiting = self._packed.read(_CHUNK)
                self._taken += len(self._waiting)
            last = not self._waiting
            try:
                data = self._inflater.decompress(self._waiting, len(view))
            except zlib.error:
                self.flaw = "source.backup_damaged"
                return 0
            self._waiting = self._inflater.unconsumed_tail
            self._ended = self._inflater.eof or (last and not data)
            self._given += len(data)
            if self._given > _SIZE_LIMIT or (
                self._given > _FREE and self._given > _RATIO_LIMIT * self._taken
            ):
                self.flaw = "source.inflates_too_much"
                return 0
        view[: len(data)] = data
        return len(data)
