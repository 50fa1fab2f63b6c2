"""Letters as files: what ships is whole and sourced, and mistakes come with file, line and key."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.test_checklists import OFFICIAL, REASSURING
from watcher.core.correspondence import BLANK, Letter
from watcher.core.knowledge import Rules
from watcher.errors import Problem
from watcher.phrases import LANGUAGES, Phrases
from watcher.userfiles.letters import read_letters
from watcher.userfiles.problems import render

LETTER = """id = "{id}"
to = "{to}"
title = {{ zh = "我的", en = "mine" }}
sending = {{ zh = "当面交", en = "by hand" }}
{more}
[[parts]]
id = "a"
text = {{ zh = "{zh}", en = "{en}" }}
{rest}
"""
GIVEN = {
    "id": "mine.one",
    "to": "lender",
    "more": "",
    "zh": "请更正",
    "en": "correct it",
    "rest": "",
}
CONTACTS = {"110", "12321", "12345", "12378", "www.pbccrc.org.cn"}
Own = Callable[..., tuple[Mapping[str, Letter] | None, tuple[Problem, ...]]]


@pytest.fixture(scope="module")
def shipped(checkout: Path, rules: Rules) -> Mapping[str, Letter]:
    letters, problems = read_letters(checkout / "rules", checklists=rules.checklists)
    assert problems == ()
    assert letters is not None
    return letters


@pytest.fixture
def own(checkout: Path, tmp_path: Path, rules: Rules) -> Own:
    """Return what reads one letter of the user's beside the shipped ones."""
    folder = tmp_path / "rules"
    (folder / "letters").mkdir(parents=True)

    def read(
        text: str | None = None, **given: str
    ) -> tuple[Mapping[str, Letter] | None, tuple[Problem, ...]]:
        written = LETTER.format(**{**GIVEN, **given}) if text is None else text
        (folder / "letters" / "mine.toml").write_text(written, encoding="utf-8")
        letters, problems = read_letters(checkout / "rules", folder, checklists=rules.checklists)
        for problem in problems:
            for language in LANGUAGES:
                shown = render(problem, Phrases(language))
                assert shown.startswith("rules/letters/mine.toml")
        return letters, problems

    return read


def test_the_six_letters_are_there_in_their_order(shipped: Mapping[str, Letter]) -> None:
    assert [*shipped] == ["T1", "T2", "T3", "T4", "T5", "complaint"]


def test_a_law_an_authority_or_a_deadline_in_a_letter_has_a_graded_source(
    shipped: Mapping[str, Letter],
) -> None:
    for letter in shipped.values():
        sourced = {source for part in letter.parts for source in part.sources}
        assert all(re.search(r"[ABCD]\+?(?:/[ABCD])? 级$", source) for source in sourced)
        for part in letter.parts:
            if re.search(r"《|\d+日内|第[一二三四五六七八九十百]+条", part.text.zh):
                assert part.sources, (letter.id, part.id)
            if part.heading and OFFICIAL.search(part.text.zh):
                assert part.sources, (letter.id, part.id)


def test_letters_name_no_contact_but_those_of_authorities(shipped: Mapping[str, Letter]) -> None:
    for letter in shipped.values():
        for text in (letter.sending, *(part.text for part in letter.parts)):
            for said in (text.zh, text.en):
                found = re.findall(r"\d{3,}[\d-]*|[\w.]+\.(?:cn|com|net|org)\b|https?:", said)
                assert set(found) <= CONTACTS, letter.id
                assert not REASSURING.search(said), letter.id


def test_every_letter_says_how_it_is_handed_in_and_that_no_contact_comes_from_a_message(
    shipped: Mapping[str, Letter],
) -> None:
    for id_ in ("T1", "T2", "T4", "T5"):
        assert re.search("不要发给消息里的|不要回复消息", shipped[id_].sending.zh), id_


def test_both_languages_leave_the_same_to_be_written(shipped: Mapping[str, Letter]) -> None:
    for letter in shipped.values():
        for part in letter.parts:
            counts = [len(BLANK.findall(text)) for text in (part.text.zh, part.text.en)]
            assert counts[0] == counts[1], (letter.id, part.id)
            assert not re.search("[一-鿿]", part.text.en)


def test_a_letter_of_the_users_stands_beside_the_shipped_ones(own: Own) -> None:
    letters, problems = own()
    assert problems == ()
    assert letters is not None
    assert [*letters][-1] == "mine.one"


@pytest.mark.parametrize(
    ("given", "says", "line", "key"),
    [
        ({"to": "lendr"}, "problem.expected-one-of", 2, "to"),
        ({"more": 'when = ["settld"]'}, "problem.expected-one-of", 5, "when"),
        ({"more": 'checklists = ["Q"]'}, "problem.unknown-checklists", 5, "checklists"),
        ({"more": 'colour = "red"'}, "problem.unknown-key", 5, "colour"),
        ({"zh": "{nmae}", "en": "{nmae}"}, "problem.letter-fact", 8, "parts[0].text.zh"),
        ({"zh": "给{lender", "en": "to"}, "problem.letter-bracket", 8, "parts[0].text.zh"),
        ({"zh": "给{lender}"}, "problem.letter-uneven", 8, "parts[0].text"),
        ({"zh": "我欠的钱"}, "problem.letter-admits", 8, "parts[0].text.zh"),
        ({"en": "I Owe it"}, "problem.letter-admits", 8, "parts[0].text.en"),
        ({"rest": 'heading = "yes"'}, "problem.expected-flag", 9, "parts[0].heading"),
        ({"id": "T1"}, "problem.replaces-shipped", 1, "id"),
        (
            {"rest": '[[parts]]\nid = "a"\ntext = { zh = "一", en = "b" }'},
            "problem.repeated-part",
            10,
            "parts[1].id",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_key_and_keeps_all_from_being_used(
    own: Own, given: dict[str, str], says: str, line: int, key: str
) -> None:
    letters, problems = own(**given)
    assert letters is None
    assert (says, line, key) in [(one.says, one.line, one.key) for one in problems]


@pytest.mark.parametrize("to", ["collector", "stranger"])
@pytest.mark.parametrize("fact", ["name", "tail", "product", "principal", "settled_on"])
def test_no_file_can_make_a_letter_tell_a_collector_or_a_stranger_of_a_loan(
    own: Own, to: str, fact: str
) -> None:
    _, problems = own(to=to, zh=f"{{{fact}}}", en=f"{{{fact}}}")
    assert [one.says for one in problems] == ["problem.letter-fact"] * 2


def test_words_that_are_denied_admit_nothing(own: Own) -> None:
    assert own(zh="本人不承认欠款，也不同意还款。", en="I do not say that I owe this.")[1] == ()
    assert own(zh="不，我欠着呢")[1] != ()


def test_what_may_never_be_said_is_not_the_users_to_say(own: Own) -> None:
    letters, problems = own("never = []\n")
    assert letters is None
    assert [one.says for one in problems] == ["problem.shipped-only"]


def test_a_file_that_is_broken_missing_its_parts_or_of_others_is_told_of(
    own: Own, tmp_path: Path
) -> None:
    assert [one.says for one in own('id = "x\n')[1]] == ["problem.toml-text"]
    said = {(one.says, one.values.get("name")) for one in own('id = "mine.x"\n')[1]}
    assert ("problem.key-missing", "to") in said
    assert ("problem.key-missing", "sending") in said
    assert ("problem.expected-tables", "parts") in said
    own()
    (tmp_path / "rules" / "letters" / "mine.toml").chmod(0o666)
    assert [one.says for one in own()[1]] == ["problem.others-write"]
