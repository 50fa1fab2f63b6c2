"""The ways in which SyncTech exports are broken, each of which stops an XML parser or costs text.

Every file holds three messages; what is in the middle is what the row is about.
"""

from pathlib import Path

import pytest

from tests.sources.exports import mms, part, read, sms, smses


def _export(middle: str) -> str:
    return smses(sms("前"), sms(middle, number=1), sms("后", number=2))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param("还&#55357;&#56832;款", "还😀款", id="surrogate pair"),
        pytest.param("还&#xD83D;&#xDE00;款", "还😀款", id="surrogate pair in hexadecimal"),
        pytest.param("还&#55357;款", "还�款", id="lone surrogate"),
        pytest.param("还&#0;款", "还�款", id="reference to NUL"),
        pytest.param("还&#11;款", "还�款", id="reference to a control character"),
        pytest.param("还\x01款", "还�款", id="raw control byte"),
        pytest.param("还\x00款", "还�款", id="raw NUL"),
        pytest.param("还&款 & 利息", "还&款 & 利息", id="raw ampersand"),
        pytest.param(
            """'说 "还款" data="x"/> 完'""", '说 "还款" data="x"/> 完', id="single quotes"
        ),
    ],
)
def test_a_broken_body_is_recovered_whole(tmp_path: Path, body: str, text: str) -> None:
    reading = read(tmp_path, _export(body))

    assert reading.texts == ["前", text, "后"]
    assert all(message.unreadable is None for message in reading.messages)
    assert reading.damage == []


@pytest.mark.parametrize(
    ("raw", "text"),
    [(b"\xe8\xbf\x98\xff\xe6\xac\xbe", "还�款"), (b"\xed\xa0\xbd\xed\xb8\x80", "😀")],
    ids=["bad UTF-8", "halves encoded each alone"],
)
def test_bad_bytes_are_recovered_whole(tmp_path: Path, raw: bytes, text: str) -> None:
    reading = read(tmp_path, _export("BODY").encode().replace(b"BODY", raw))

    assert reading.texts == ["前", text, "后"]
    assert all(message.unreadable is None for message in reading.messages)


def test_a_truncated_file_gives_what_is_whole_and_says_that_it_ends_early(tmp_path: Path) -> None:
    content = _export("中")

    reading = read(tmp_path, content[: content.index("后")])

    assert reading.texts == ["前", "中"]
    assert reading.reasons == ["source.ends_early"]


def test_an_entity_bomb_is_refused_and_never_expanded(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE smses [<!ENTITY e0 "还款">{entities}]>'

    reading = read(tmp_path, _export("&e9;").replace("<smses", bomb + "<smses", 1))

    assert (reading.messages, reading.reasons) == ([], ["source.has_doctype"])


def test_an_entity_without_its_declaration_stays_as_it_stands(tmp_path: Path) -> None:
    assert read(tmp_path, _export("&e9;")).texts == ["前", "&e9;", "后"]


def test_twelve_megabytes_in_one_attribute_cost_no_message(tmp_path: Path) -> None:
    picture = part("null", seq=1, kind="image/png", more=f' data="{"A" * 12_000_000}"')

    reading = read(tmp_path, smses(sms("前"), mms(part("中") + picture), sms("后", number=2)))

    assert reading.texts == ["前", "中", "后"]
    assert all(message.unreadable is None for message in reading.messages)
    assert reading.damage == []


def test_twelve_megabytes_of_text_are_cut_and_said_to_be(tmp_path: Path) -> None:
    reading = read(tmp_path, _export("a" * 12_000_000))

    assert [message.unreadable for message in reading.messages] == [None, "source.text_cut", None]
    assert reading.texts[::2] == ["前", "后"]
