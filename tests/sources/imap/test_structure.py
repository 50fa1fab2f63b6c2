from hypothesis import given
from hypothesis import strategies as st

from tests.sources.imap.mails import parsed_structure
from watcher.sources.images import LARGEST, MOST_IMAGES
from watcher.sources.imap.fetching import in_batches, uid_set
from watcher.sources.imap.structure import FEW_WORDS, MOST_PARTS, PART_LIMIT, SMALL, Part
from watcher.sources.imap.structure import parts_worth_fetching as chosen

LARGE = 10 * PART_LIMIT


def text(size: int = 100, kind: str = "plain", disposition: str = "NIL") -> str:
    return (
        f'("text" "{kind}" ("charset" "gbk") NIL NIL "base64" {size} 3 NIL {disposition} NIL NIL)'
    )


def image(size: int = 5000, content_id: str = "NIL", kind: str = '"image" "png"') -> str:
    return f'({kind} NIL {content_id} NIL "base64" {size} NIL NIL NIL NIL)'


def attached(mail: str) -> str:
    envelope = "(" + "NIL " * 9 + "NIL)"
    return f'("message" "rfc822" NIL NIL NIL "7bit" 9000 {envelope} {mail} 90 NIL NIL NIL NIL)'


def multipart(*parts: str, kind: str = "mixed") -> str:
    return f'({"".join(parts)} "{kind}" ("boundary" "b") NIL NIL NIL)'


def sections(structure: str, size: int = LARGE) -> list[tuple[str, str, bool]] | None:
    parts = chosen(parsed_structure(structure.encode()), size)
    return None if parts is None else [(one.section, one.headers, one.inner) for one in parts]


def test_a_small_mail_is_fetched_in_one_piece() -> None:
    [part] = chosen(None, SMALL) or ()
    assert (part.section, part.headers, part.limit) == ("TEXT", "", PART_LIMIT)


def test_a_mail_without_parts_is_fetched_in_one_piece_or_whole() -> None:
    assert sections(text(), PART_LIMIT) == [("TEXT", "", False)]
    assert sections(text(), PART_LIMIT + 1) is None


def test_texts_are_found_at_any_depth() -> None:
    nested = multipart(
        multipart(text(), text(kind="html"), kind="alternative"),
        '("application" "zip" NIL NIL NIL "base64" 900000)',
        text(disposition='("attachment" ("filename" "a.txt"))'),
    )
    assert sections(nested) == [
        ("1.1", "1.1.MIME", False),
        ("1.2", "1.2.MIME", False),
        ("3", "3.MIME", True),
    ]


def test_what_stands_in_an_attached_mail_is_inner() -> None:
    both = multipart(attached(text()), attached(multipart(text(), attached(text()))))
    assert sections(both) == [
        ("1.1", "1.HEADER", True),
        ("2.1", "2.1.MIME", True),
        ("2.2.1", "2.2.HEADER", True),
    ]


def test_pictures_are_fetched_with_few_words_or_where_they_are_shown() -> None:
    few, many = text(FEW_WORDS), text(FEW_WORDS + 1)
    assert sections(multipart(few, image())) == [("1", "1.MIME", False), ("2", "2.MIME", False)]
    assert sections(multipart(many, image())) == [("1", "1.MIME", False)]
    shown = sections(multipart(many, image(content_id='"<i@a.test>"')))
    assert shown == [("1", "1.MIME", False), ("2", "2.MIME", False)]
    unnamed = image(kind='"application" "octet-stream"')
    assert sections(multipart(few, unnamed)) == [("1", "1.MIME", False), ("2", "2.MIME", False)]


def test_no_more_and_no_larger_pictures_are_fetched_than_are_looked_at() -> None:
    parts = chosen(parsed_structure(multipart(text(), *[image()] * 30).encode()), LARGE)
    assert parts is not None
    assert len(parts) == 1 + MOST_IMAGES
    assert {part.limit for part in parts[1:]} == {LARGEST}
    assert sections(multipart(text(), image(LARGEST + 1))) == [("1", "1.MIME", False)]


def test_what_would_be_cut_is_wanted_whole() -> None:
    assert sections(multipart(text(), text(PART_LIMIT + 1))) is None
    assert sections(multipart(*[text()] * MOST_PARTS)) is not None
    assert sections(multipart(*[text()] * (MOST_PARTS + 1))) is None


def test_a_sealed_mail_is_wanted_whole() -> None:
    sealed = image(kind='"application" "pkcs7-mime"')
    assert sections(multipart(sealed)) is None
    assert sections(multipart(text(), sealed)) == [("1", "1.MIME", False)]
    assert sections(multipart(text(), image(), kind="encrypted")) is None


def test_a_structure_that_cannot_be_followed_asks_for_the_whole_mail() -> None:
    deep = text()
    for _ in range(30):
        deep = multipart(deep)
    odd = ["(NIL NIL)", '("text")', multipart('("text" "plain" NIL NIL NIL "7bit" "many")'), deep]
    for one in odd:
        assert sections(one, PART_LIMIT + 1) is None
    assert chosen(None, LARGE) is None


@given(
    st.recursive(
        st.none() | st.integers() | st.binary(max_size=5),
        lambda inner: st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple),
    )
)
def test_whatever_a_server_says_is_taken(structure: object) -> None:
    parts = chosen(structure, LARGE)
    assert parts is None or all(isinstance(part, Part) for part in parts)


@given(st.lists(st.integers(1, 2**32 - 1) | st.integers(1, 3000), max_size=1500))
def test_uids_are_asked_for_once_in_short_commands(uids: list[int]) -> None:
    batches = list(in_batches(uids))

    assert [uid for batch in batches for uid in batch] == sorted(set(uids))
    assert all(len(batch) <= 200 and len(uid_set(batch)) <= 270 for batch in batches)


def test_runs_of_uids_are_written_as_ranges() -> None:
    assert uid_set([9, 1, 2, 3, 7, 8, 4_294_967_295]) == "1:3,7:9,4294967295"
