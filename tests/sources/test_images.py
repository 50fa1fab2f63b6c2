"""QR codes in the images of mails: which are read, and what never ends the reading."""

import os
from pathlib import Path
from time import process_time

import pytest
from PIL import Image

from tests.sources.exports import Reading, mail
from tests.sources.pictures import blank, data_address, encoded, mail_with, qr
from watcher.core.model import Message
from watcher.sources.files import read_path
from watcher.sources.images import (
    LARGEST,
    MOST_CODES,
    MOST_IMAGES,
    MOST_PIXELS,
    read_codes,
    take_images,
)
from watcher.sources.sandbox import Sandbox

TEXT = "https://example.com/还款?id=1"


def read(folder: Path, raw: bytes) -> Message:
    (folder / "1.eml").write_bytes(raw)
    [message] = Reading(read_path(folder)).messages
    return message


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_a_code_is_read_from_every_kind_of_image_that_mails_show(kind: str) -> None:
    assert read_codes([encoded(qr(TEXT), kind)]) == (TEXT,)


@pytest.mark.parametrize("degrees", [17, 45, 90, 180, 270])
def test_a_turned_code_is_read(degrees: int) -> None:
    turned = qr(TEXT).rotate(degrees, expand=True, fillcolor=255)

    assert read_codes([encoded(turned)]) == (TEXT,)


@pytest.mark.parametrize("mode", ["1", "P", "RGB", "RGBA", "LA", "I;16"])
def test_the_colours_of_an_image_do_not_matter(mode: str) -> None:
    assert read_codes([encoded(qr(TEXT).convert(mode))]) == (TEXT,)


@pytest.mark.parametrize("ink", ["black", "white"])
def test_a_code_without_a_ground_is_read(ink: str) -> None:
    code = qr(TEXT)
    clear = Image.new("RGBA", code.size, (0, 0, 0, 0))
    clear.paste(Image.new("RGBA", code.size, ink), (0, 0), code.point(lambda grey: 255 - grey))

    assert read_codes([encoded(clear)]) == (TEXT,)


def test_light_on_dark_is_read() -> None:
    assert read_codes([encoded(qr(TEXT).point(lambda grey: 255 - grey))]) == (TEXT,)


def test_a_code_in_a_large_photograph_is_read() -> None:
    photograph = Image.new("L", (4000, 3000), 190)
    photograph.paste(qr(TEXT, 10).rotate(20, expand=True, fillcolor=255), (1500, 900))

    assert read_codes([encoded(photograph, "JPEG")]) == (TEXT,)


def test_a_code_in_a_later_frame_is_read() -> None:
    assert read_codes([encoded(blank(*qr(TEXT).size), "GIF", qr(TEXT))]) == (TEXT,)


def test_all_codes_of_an_image_are_read_and_equal_ones_once() -> None:
    sheet = blank(600, 400)
    sheet.paste(qr("https://a.example"), (0, 0))
    sheet.paste(qr("https://b.example"), (300, 150))

    found = read_codes([encoded(sheet), encoded(qr("https://a.example"))])

    assert sorted(found) == ["https://a.example", "https://b.example"]


def test_a_code_is_one_line_without_signs_that_nobody_sees() -> None:
    assert read_codes([encoded(qr("a\nb\x00\x1b c"))]) == ("a b c",)


@pytest.mark.parametrize(
    "image",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"GIF89a",
        b"BM",
        b"RIFF\x10\x00\x00\x00WEBPVP8 ",
        b"not an image",
        encoded(blank()),
        encoded(blank(1, 1)),
        encoded(qr(TEXT))[:60],
        encoded(qr(TEXT), "JPEG")[:300],
        encoded(qr(TEXT), "WEBP")[:100],
        encoded(qr(TEXT), "GIF")[:100],
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
)
def test_an_image_without_a_readable_code_is_passed_over(image: bytes) -> None:
    assert read_codes([image, encoded(qr(TEXT))]) == (TEXT,)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_a_broken_image_breaks_nothing(kind: str) -> None:
    whole = bytearray(encoded(qr(TEXT), kind))
    for at in range(0, len(whole), max(1, len(whole) // 60)):
        whole[at] ^= 0xFF
        read_codes([bytes(whole)])
        whole[at] ^= 0xFF


def test_the_rest_of_a_truncated_image_does_not_matter() -> None:
    assert read_codes([encoded(qr(TEXT))[:-20]]) == (TEXT,)


def test_a_decompression_bomb_is_refused_by_its_header() -> None:
    bomb = encoded(Image.new("1", (30_000, 30_000)))
    assert len(bomb) < LARGEST

    started = process_time()
    assert read_codes([bomb] * 8) == ()
    assert process_time() - started < 0.5


def test_more_bytes_pixels_images_and_codes_than_the_limits_are_not_read() -> None:
    code = encoded(qr(TEXT))
    side = int(MOST_PIXELS**0.5) + 1
    large = blank(side, side)
    large.paste(qr(TEXT, 12), (100, 100))
    sheet = blank(1600, 1600)
    for number in range(25):
        sheet.paste(qr(str(number)), (number % 5 * 300, number // 5 * 300))

    assert read_codes([code + bytes(LARGEST)]) == ()
    assert read_codes([encoded(large)]) == ()
    assert read_codes([encoded(blank())] * MOST_IMAGES + [code]) == ()
    assert len(read_codes([encoded(sheet)])) == MOST_CODES


def test_images_made_to_be_slow_take_bounded_time() -> None:
    finder = blank(14, 14)
    for inset, grey in ((0, 0), (1, 255), (2, 0)):
        finder.paste(grey, (inset, inset, 7 - inset, 7 - inset))
    sheet = blank(1988, 1988)
    for left in range(0, 1988, 14):
        for top in range(0, 1988, 14):
            sheet.paste(finder, (left, top))
    noise = Image.frombytes("L", (1400, 1400), os.urandom(1400 * 1400))

    started = process_time()
    read_codes([encoded(sheet)] * 3 + [encoded(noise)])
    assert process_time() - started < 5


@pytest.mark.parametrize("how", [b"attachment; filename=a.png", b"inline"])
@pytest.mark.parametrize("kind", [b"image/png", b"image/jpeg", b"application/octet-stream"])
def test_images_of_a_mail_are_read_however_they_come(
    tmp_path: Path, how: bytes, kind: bytes
) -> None:
    raw = mail_with(encoded(qr(TEXT)), text="请扫码", how=how, kind=kind)

    message = read(tmp_path, raw)

    assert (message.text, message.codes, message.unreadable) == ("请扫码", (TEXT,), None)


def test_images_in_the_html_are_read_and_taken_out_of_it(tmp_path: Path) -> None:
    padding = "<!--" + "x" * 600_000 + "-->"
    picture = encoded(Image.frombytes("L", (800, 800), os.urandom(640_000)))
    html = (
        f'<img src="{data_address(picture)}">{padding}<img src="{data_address(encoded(qr(TEXT)))}">'
    )

    message = read(tmp_path, mail(html.encode(), kind=b"text/html; charset=utf-8"))

    assert (message.codes, message.unreadable) == ((TEXT,), None)
    assert message.html == f'<img src="data:,">{padding}<img src="data:,">'


def test_two_mails_that_differ_in_their_codes_are_two(tmp_path: Path) -> None:
    first, second = (
        read(tmp_path, mail_with(encoded(qr(code)), text="请扫码")) for code in ("a", "b")
    )

    assert first.id != second.id


@pytest.mark.parametrize(
    "source",
    [
        "<p>data:image/png;base64," + "A" * 100 + "</p>",
        '<img src="data:image/png;base64,AAAA">',
        '<img src="https://example.com/a.png"> base64',
    ],
)
def test_what_is_no_image_stays_in_the_html(source: str) -> None:
    assert take_images(source) == (source, [])


def test_spellings_of_data_addresses_are_known() -> None:
    letters = data_address(encoded(qr(TEXT))).partition(",")[2]
    wrapped = "\n".join(letters[at : at + 76] for at in range(0, len(letters), 76))
    for source in (
        f"<img src = ' DATA:Image/PNG;charset=x;BASE64,{wrapped}'>",
        f"<b style='background:url(data:image/png;base64,{letters})'>",
        f"<img src=data:image/png;base64,{letters.replace('+', '%2B').replace('=', '%3D')}>",
    ):
        assert read_codes(take_images(source)[1]) == (TEXT,)


def test_the_child_reads_images_that_are_in_memory() -> None:
    with Sandbox() as sandbox:
        images = [b"no image", encoded(qr("https://a.example")), encoded(qr("wxp://b"), "JPEG")]
        assert sandbox.read_codes(images) == ("https://a.example", "wxp://b")
        assert sandbox.read_codes([]) == ()


def test_an_image_that_costs_the_child_its_life_costs_no_text(tmp_path: Path) -> None:
    separator = b"From someone Thu Mar  5 10:15:30 2026\n"
    heavy = mail_with(encoded(blank(3400, 3400)), text="请尽快还款")
    light = mail_with(encoded(qr(TEXT)), text="请扫码")
    box = tmp_path / "box"
    box.write_bytes(b"\n".join(separator + each for each in (light, heavy, light)))

    with Sandbox(memory=105 * 1024 * 1024) as sandbox, box.open("rb") as file:
        items = list(sandbox.read(file.fileno(), "box"))

    messages = [item for item in items if isinstance(item, Message)]
    assert [message.unreadable for message in messages] == [None, None, None]
    assert [message.codes for message in messages] == [(TEXT,), (), (TEXT,)]
    assert (messages[1].text or "").strip() == "请尽快还款"
