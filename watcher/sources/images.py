"""QR codes in the images of a mail, read offline and at a bounded cost.

An image is told by its first bytes, never by what it is said to be. What is too large, broken
or no code is passed over: a mail is read whatever its images are.
"""

import base64
import re
import struct
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_IMAGES = 8
LARGEST = 2 * 1024 * 1024
"""Bytes of an image file."""
MOST_PIXELS = 12_000_000
SMALLEST_SIDE = 21
"""The modules of the smallest QR code; a smaller image, as of a tracker, holds none."""
MOST_CODES = 8
LONGEST_CODE = 1024
SECONDS = 5.0
"""CPU time after which no further image of the mail is looked at."""
_SHARP = 4_000_000
"""Pixels; a larger image is scaled down, which no code that a telephone can read minds."""
_MOST_FRAMES = 4

_DATA = re.compile(
    r"(?<=[\"'(=])\s*data:\s*image/[\w.+-]{1,40}(?:;[\w=.-]{1,40})*;base64,"
    r"(?P<letters>[A-Za-z0-9+/=%\s]{64,})",
    re.IGNORECASE,
)
_BASE64_ONLY = re.compile(rb"[^A-Za-z0-9+/]+")
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, struct.error)
"""What the readers raise on broken images."""
_UNSEEN = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029\ufffd\ud800-\udfff]+")


def take_images(html: str) -> tuple[str, list[bytes]]:
    """Take the images out of an HTML text that stand in it as `data:` addresses.

    Returns the text, in which `data:,` stands for each, and the bytes of the first few.
    """
    if "base64" not in html.lower():
        return html, []
    images: list[bytes] = []

    def take(found: re.Match[str]) -> str:
        letters = found["letters"]
        if len(images) < MOST_IMAGES and len(letters) <= 2 * LARGEST:
            images.append(_from_base64(letters))
        return "data:,"

    return _DATA.sub(take, html), images


def _from_base64(text: str) -> bytes:
    letters = _BASE64_ONLY.sub(b"", unquote_to_bytes(text))
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return base64.b64decode(letters + b"=" * (-len(letters) % 4))


def read_codes(images: Iterable[bytes]) -> tuple[str, ...]:
    """Return the texts of the QR codes in the images of one mail, each once, in their order."""
    found: dict[str, None] = {}
    started = time.process_time()
    for number, data in enumerate(images):
        if number >= MOST_IMAGES or time.process_time() - started > SECONDS:
            break
        for text in _codes_in(data):
            if text and len(found) < MOST_CODES:
                found[text] = None
    return tuple(found)


def _codes_in(data: bytes) -> Iterator[str]:
    if len(data) > LARGEST or not is_image(data):
        return
    try:
        for frame in _frames(data):
            codes = list(_decoded(frame))
            if codes:
                yield from codes
                return
    except _BROKEN:
        return


def is_image(data: bytes) -> bool:
    """Tell by its first bytes whether a file is an image of a kind that is read."""
    return data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM")) or (
        data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    )


def _opened(data: bytes) -> "Image":
    """Read the header of an image; only the five kinds that mails show are known."""
    # Imported late: most mails have no image that could hold a code. One reader each, since
    # the library tries all that it has on what it does not know.
    from io import BytesIO  # noqa: PLC0415

    from PIL import (  # noqa: PLC0415
        BmpImagePlugin,
        GifImagePlugin,
        ImageFile,
        JpegImagePlugin,
        PngImagePlugin,
        WebPImagePlugin,
    )

    # Mail programs show the beginning of an image of which the end is missing.
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    file = BytesIO(data)
    if data.startswith(b"\x89PNG"):
        return PngImagePlugin.PngImageFile(file)
    if data.startswith(b"\xff\xd8\xff"):
        return JpegImagePlugin.JpegImageFile(file)
    if data.startswith(b"GIF8"):
        return GifImagePlugin.GifImageFile(file)
    if data.startswith(b"BM"):
        return BmpImagePlugin.BmpImageFile(file)
    return WebPImagePlugin.WebPImageFile(file)


def _frames(data: bytes) -> Iterator["Image"]:
    """Yield the first frames in grey, as they look on white and, where they let it, on black."""
    with _opened(data) as image:
        pixels = image.width * image.height
        if pixels > MOST_PIXELS or min(image.size) < SMALLEST_SIDE:
            return
        for number in range(min(_MOST_FRAMES, MOST_PIXELS // pixels)):
            if number:
                try:
                    image.seek(number)
                except EOFError:
                    return
            yield from _in_grey(image)


def _in_grey(image: "Image") -> Iterator["Image"]:
    from PIL import Image as Images  # noqa: PLC0415  as above

    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        drawn = image.convert("RGBA")
        for ground in ("white", "black"):
            whole = Images.new("RGBA", drawn.size, ground)
            whole.alpha_composite(drawn)
            yield _sharp(whole.convert("L"))
    else:
        yield _sharp(image.convert("L"))


def _sharp(image: "Image") -> "Image":
    factor = 1
    while image.width * image.height > _SHARP * factor * factor:
        factor += 1
    return image if factor == 1 else image.reduce(factor)


def _decoded(image: "Image") -> Iterator[str]:
    import zxingcpp  # noqa: PLC0415  as above

    pixels = memoryview(image.tobytes()).cast("B", (image.height, image.width))
    formats = zxingcpp.BarcodeFormats(
        (zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.MicroQRCode)
    )
    for code in zxingcpp.read_barcodes(pixels, formats=formats, text_mode=zxingcpp.TextMode.Plain):
        yield _UNSEEN.sub(" ", code.text).strip()[:LONGEST_CODE]
