import os
import plistlib

import pytest

from tests.sources.phones import typedstream
from watcher.sources.typedstream import attributed_text

DUE = "【示例金融】您的借款今日应还500.00元，请及时还款。"
LONG = DUE * 5


def test_a_text_in_a_keyed_archive_is_read() -> None:
    archive = {
        "$version": 100000,
        "$archiver": "NSKeyedArchiver",
        "$top": {"root": plistlib.UID(1)},
        "$objects": ["$null", {"NSString": plistlib.UID(2)}, {"NS.string": DUE}],
    }

    assert attributed_text(plistlib.dumps(archive, fmt=plistlib.FMT_BINARY)) == DUE


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"\x04\x0bstreamtyped",
        b"bplist00",
        b"bplist00" + b"\xff" * 40,
        plistlib.dumps({"$objects": [], "$top": {}}, fmt=plistlib.FMT_BINARY),
        plistlib.dumps(["x"], fmt=plistlib.FMT_BINARY),
        typedstream(DUE)[:90],
        typedstream(DUE).replace(b"500", b"\xff\xff\xff"),
        typedstream(DUE).replace(b"\x84\x01+", b"\x84\x01i"),
        typedstream(DUE).replace(bytes([len(DUE.encode())]), b"\x90", 1),
        os.urandom(500),
    ],
)
def test_attributes_that_do_not_add_up_have_no_text(blob: bytes) -> None:
    assert attributed_text(blob) is None


def test_every_prefix_of_attributes_gives_the_text_or_nothing() -> None:
    for text in (DUE, LONG):
        blob = typedstream(text)
        assert {attributed_text(blob[:end]) for end in range(len(blob))} == {None, text}
