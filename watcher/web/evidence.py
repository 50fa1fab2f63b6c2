"""The evidence pack of a case, made for a download: whole before its first byte is sent."""

from collections.abc import Iterator
from typing import BinaryIO, Final

from starlette.responses import Response, StreamingResponse

from watcher.casework.gathering import gather
from watcher.casework.packing import pack_file
from watcher.web.site import Site

_CHUNK: Final = 256 * 1024


def pack_of(site: Site, number: int) -> Response | None:
    """Return the pack of a case as a file to be saved; None where there is no such case."""
    with site.store() as store:
        material = (
            gather(store, site.state, number, site.loans().ledger, site.step_words)
            if store and number
            else None
        )
    if material is None:
        return None
    file = pack_file(material, site.phrases, site.state)
    size = file.seek(0, 2)
    file.seek(0)
    headers = {**to_be_saved(f"loan-watcher-case-{number}.zip"), "content-length": str(size)}
    return StreamingResponse(_chunks(file), media_type="application/zip", headers=headers)


def to_be_saved(name: str) -> dict[str, str]:
    """Return the header of a file that the browser saves rather than shows."""
    return {"content-disposition": f'attachment; filename="{name}"'}


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
