"""mbox: many mails in one file, each parsed alone, so that a bad one stops no other."""

import re
from collections.abc import Iterator

from watcher.core.model import Channel
from watcher.sources.budget import MAIL_LIMIT
from watcher.sources.items import Document, Finished, Item, Mark, Progress
from watcher.sources.mime import read_mail

_CHUNK = 1024 * 1024
# A line of a body may begin with "From " too; only a mail's begin is followed by a header.
_SEPARATOR = re.compile(rb"\nFrom [^\n]{0,998}\n(?=[!-9;-~]{1,76}[ \t]*:)")
_LONGEST_SEPARATOR = 1200
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)


def sniff(head: bytes) -> bool:
    """Tell whether the file begins with a mail's separator line."""
    return _SEPARATOR.match(b"\n" + head) is not None


def read(document: Document) -> Iterator[Item | Mark]:
    """Read one mail after the other; memory holds one of them."""
    records = 0
    reported = begin = last = document.start
    for end, raw in _mails(document):
        begin, last = last, end
        yield Mark(resume=end if end < document.size else None, channel=Channel.EMAIL)
        _, _, mail = raw.partition(b"\n")
        records += 1
        yield read_mail(
            _ESCAPED.sub(rb"\1", mail),
            document.name,
            document.written_at,
            images=document.images,
            own=document.own,
        )
        if end - reported >= _CHUNK:
            reported = end
            yield Progress(read=end, total=document.size)
    # The last mail may still be growing.
    yield Finished(source=document.name, records=records, incoming=records, end=begin)


def _mails(document: Document) -> Iterator[tuple[int, bytes]]:
    """Yield end and bytes of each mail; of one over the limit just enough to see that."""
    offset = document.start
    buffer = b""
    begin = seen = dropped = 0
    while chunk := document.file.read(_CHUNK):
        buffer = buffer[begin:] + chunk
        seen = max(0, seen - begin)
        begin = 0
        while found := _SEPARATOR.search(buffer, max(seen, begin)):
            end = found.start() + 1
            offset += end - begin + dropped
            yield offset, buffer[begin:end]
            begin = seen = end
            dropped = 0
        seen = max(begin, len(buffer) - _LONGEST_SEPARATOR)
        excess = len(buffer) - begin - MAIL_LIMIT - 2 * _LONGEST_SEPARATOR
        if excess > 0:
            # Keep one byte more than the limit and the end, in which a separator may begin.
            tail = buffer[-_LONGEST_SEPARATOR:]
            kept = buffer[begin : begin + MAIL_LIMIT + 1]
            dropped += len(buffer) - begin - len(kept) - len(tail)
            buffer = kept + tail
            begin = 0
            seen = len(kept)
    if len(buffer) > begin:
        yield offset + len(buffer) - begin + dropped, buffer[begin:]
