"""The formats that are read, each told by its content and never by its name.

A new format is one module with `sniff(head)` and `read(document)`, and one line here.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from watcher.core.model import Channel
from watcher.sources import (
    adb,
    archive,
    csvfile,
    databases,
    fossify,
    jsonlines,
    jsonshape,
    mbox,
    mime,
    quik,
    smsie,
    superbackup,
    synctech,
    vmessage,
)
from watcher.sources.items import Damage, Document, Finished, Item, Mark, Progress
from watcher.sources.refusals import REFUSED, REFUSED_FIRST, Refusals
from watcher.sources.usual import Read, one_by_one
from watcher.sources.wide import utf_of
from watcher.sources.window import CHUNK

_HEAD = 256 * 1024


@dataclass(frozen=True, slots=True)
class Format:
    """One format: `sniff` gets the first bytes as UTF-8, `read` an opened file."""

    name: str
    sniff: Callable[[bytes], bool]
    read: Callable[[Document], Iterator[Read]]
    resumes: bool = False
    """Whether it may be read from any byte on: no more is lost than the record there."""


FORMATS = (
    Format("database", databases.sniff, databases.read),
    Format("adb", adb.sniff, adb.read),
    Format("adb_chunk", adb.sniff_chunk, adb.read_chunk),
    Format("synctech", synctech.sniff, synctech.read_runs, resumes=True),
    Format("superbackup", superbackup.sniff, superbackup.read, resumes=True),
    Format("vmessage", vmessage.sniff, vmessage.read, resumes=True),
    Format("smsie", smsie.sniff, smsie.read),
    Format("fossify", fossify.sniff, fossify.read),
    Format("quik", quik.sniff, quik.read),
    Format("jsonlines", jsonlines.sniff, jsonlines.read, resumes=True),
    Format("mbox", mbox.sniff, mbox.read),
    Format("mail", mime.sniff, mime.read),
    Format("csv", csvfile.sniff, csvfile.read),
)
"""In the order in which they are asked."""

_REFUSED: Refusals = (
    (synctech.is_call_log, "source.is_call_log"),
    (smsie.is_other_data, "source.is_other_data"),
    (jsonshape.is_too_deep, "source.json_too_deep"),
    (lambda head: head.startswith(b"SSEF\0\xff"), "source.is_encrypted_export"),
    *REFUSED,
)


def read_document(document: Document, *, is_mail: bool = False) -> Iterator[Item | Mark]:
    """Read a file of any known format; an unknown one gives one `Damage` that says so.

    With `is_mail` nothing is guessed: whoever gives the bytes knows that they are one mail.
    """
    return one_by_one(read_runs(document, is_mail=is_mail), document.name)


def read_runs(document: Document, *, is_mail: bool = False) -> Iterator[Read]:
    """Do the same, with the usual SMS in runs where the format gives runs."""
    document.file.seek(0)
    return mime.read(document) if is_mail else _read_sniffed(document, (_ZIP, *FORMATS))


def _read_member(document: Document) -> Iterator[Read]:
    # A ZIP in a ZIP is not opened.
    yield from _read_sniffed(document, FORMATS)


_ZIP = Format("zip", archive.sniff, lambda document: archive.read(document, _read_member))


def _read_sniffed(document: Document, formats: Iterable[Format]) -> Iterator[Read]:
    head = document.file.read(_HEAD)
    document.file.seek(document.start)
    reason = "source.unknown_format"
    if not head.strip(b"\0 \t\r\n"):
        reason = "source.is_empty"
    else:
        text = _as_utf8(head)
        refused = _refusal(text, REFUSED_FIRST)
        for format_ in () if refused else formats:
            if format_.sniff(text):
                marked = format_.resumes and utf_of(head)[0] is None
                yield from _marked(document, format_) if marked else format_.read(document)
                return
        reason = refused or _refusal(text, _REFUSED) or reason
    yield Damage(
        source=document.name,
        reason=reason,
        values={"size": document.size, "head": head[:16].hex(" ")},
    )
    yield Finished(source=document.name, records=0, incoming=0)


def _marked(document: Document, format_: Format) -> Iterator[Read]:
    """Say of each stretch of a file where to go on should the child die of it."""
    reached = document.start + CHUNK
    yield Mark(resume=reached if reached < document.size else None, channel=Channel.SMS)
    for item in format_.read(document):
        yield item
        if isinstance(item, Progress):
            resume = item.read if item.read < document.size else None
            yield Mark(resume=resume, channel=Channel.SMS)


def _refusal(text: bytes, refusals: Refusals) -> str | None:
    return next((phrase for is_that, phrase in refusals if is_that(text)), None)


def _as_utf8(head: bytes) -> bytes:
    if databases.sniff(head):
        return head  # the names of its tables may stand there in UTF-16
    wide, mark = utf_of(head)
    text = head[mark:]
    return text if wide is None else text.decode(wide, "replace").encode("utf-8", "replace")
