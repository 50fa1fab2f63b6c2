"""Pictures with QR codes, drawn when a test needs them, and mails that hold them."""

import io
from base64 import b64encode, encodebytes
from typing import Any

import zxingcpp
from PIL import Image

from tests.sources.exports import mail

BOUNDARY = b"--s\n"


def qr(text: str, scale: int = 4) -> Image.Image:
    """Draw a QR code in grey, with its quiet zone."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    drawn: Any = code.to_image(scale=scale, add_quiet_zones=True)
    pixels = memoryview(drawn)
    height, width = pixels.shape or (0, 0)
    return Image.frombytes("L", (width, height), pixels.tobytes())


def blank(width: int = 200, height: int = 200) -> Image.Image:
    """Draw nothing."""
    return Image.new("L", (width, height), 255)


def encoded(image: Image.Image, kind: str = "PNG", *more: Image.Image) -> bytes:
    """Write an image as a file; `more` are its further frames."""
    file = io.BytesIO()
    image.save(file, kind, **({"save_all": True, "append_images": more} if more else {}))
    return file.getvalue()


def data_address(image: bytes, kind: str = "image/png") -> str:
    """Write an image as an address that holds it."""
    return f"data:{kind};base64,{b64encode(image).decode()}"


def mail_with(
    *images: bytes,
    text: str = "",
    html: str = "",
    kind: bytes = b"image/png",
    how: bytes = b"attachment",
) -> bytes:
    """Write a mail of some texts and images."""
    parts = [
        b"Content-Type: " + name + b"; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
        + said.encode()
        for name, said in ((b"text/plain", text), (b"text/html", html))
        if said
    ]  # fmt: skip
    parts += [
        b"Content-Type: " + kind + b"\nContent-Disposition: " + how
        + b"\nContent-Transfer-Encoding: base64\n\n" + encodebytes(image)
        for image in images
    ]  # fmt: skip
    body = b"".join(BOUNDARY + part + b"\n" for part in parts) + b"--s--\n"
    return mail(body, kind=b"multipart/mixed; boundary=s")
