"""What a user's folder of rules may do beside the shipped one, and what it may not."""

from pathlib import Path

from tests.userfiles.rule_folders import Folders, own_rule
from watcher.core.rules import Literal
from watcher.phrases import Phrases
from watcher.userfiles.problems import render
from watcher.userfiles.rules import read_rule_data, read_rules


def test_a_user_cannot_replace_or_switch_off_anything_shipped(folders: Folders) -> None:
    folders.ship("words.toml", '[words]\nlate = ["逾期"]\n[sites]\nofficial = ["gov.example"]\n')
    folders.write(
        "mine.toml",
        own_rule("all = ['再见了']", "collection.soon")
        + '[words]\nlate = ["永远不会出现"]\n[sites]\nofficial = ["evil.example"]\n',
    )
    data, problems = folders.read()
    assert data is None
    assert [problem.says for problem in problems] == ["problem.replaces-shipped"] * 3


def test_a_later_folder_of_the_users_replaces_an_earlier_one(
    folders: Folders, tmp_path: Path
) -> None:
    folders.write("mine.toml", own_rule("all = ['再见了']"))
    later = tmp_path / "later"
    Folders.put(later / "mine.toml", own_rule("all = ['欢迎光临']"))
    data, problems = read_rule_data(folders.shipped, folders.own, later)
    assert problems == ()
    assert data is not None
    assert [rule.conditions.all for rule in data.signals] == [(Literal("欢迎光临"),)]


def test_one_name_twice_in_a_folder_is_refused_with_the_place_of_the_first(
    folders: Folders,
) -> None:
    folders.write("a.toml", own_rule("all = ['再见了']"))
    folders.write("b.toml", own_rule("all = ['再见了']"))
    _, problems = folders.read()
    assert [problem.says for problem in problems] == ["problem.repeated-name"]
    assert "rules/a.toml" in render(problems[0], Phrases("zh"))


def test_a_file_of_five_hundred_rules_is_read_and_of_one_more_refused(folders: Folders) -> None:
    short = (
        "[[rules]]\nid = 'r{}'\ntitle = {{ zh = '甲', en = 'a' }}\n"
        "strength = 'weak'\nall = ['再见{}']\n"
    )
    folders.write("mine.toml", "".join(short.format(n, n) for n in range(500)))
    data, _ = folders.read(thorough=False)
    assert data is not None
    assert len(data.signals) == 500
    folders.write("mine.toml", "".join(short.format(n, n) for n in range(501)))
    assert ("problem.too-many-rules", 1) in folders.found()


def test_a_file_that_is_too_big_is_not_read(folders: Folders) -> None:
    folders.write("mine.toml", "#" * (256 * 1024 + 1))
    assert folders.found() == [("problem.too-big", None)]


def test_a_file_that_others_can_write_is_not_read(folders: Folders) -> None:
    folders.write("mine.toml", own_rule("all = ['再见了']"))
    (folders.own / "mine.toml").chmod(0o664)
    assert folders.found() == [("problem.others-write", None)]
    (folders.own / "mine.toml").chmod(0o644)
    folders.own.chmod(0o777)
    assert folders.found() == [("problem.others-write", None)]


def test_letters_and_providers_are_no_rule_files(folders: Folders) -> None:
    folders.ship("providers.toml", "[[providers]]\n")
    folders.ship("letters/a.toml", "body = 'x'\n")
    assert folders.found() == []


def test_a_folder_without_rules_is_reported_where_rules_must_ship(tmp_path: Path) -> None:
    rules, problems = read_rules(tmp_path / "none")
    assert rules is None
    assert [problem.says for problem in problems] == ["problem.no-rules"]


def test_no_cut_of_a_good_rule_file_stops_the_program(folders: Folders) -> None:
    text = (
        own_rule(
            "all = ['再见了', { pattern = 'x+', literal = '逾期' }]\n"
            "any = [{ first = '@w', then = '借条', within = 2 }, { check = 'anchor' }]"
        )
        + "[words]\nw = ['逾期']\n"
    ).encode()
    for end in range(0, len(text), 37):
        (folders.own / "mine.toml").write_bytes(text[:end])
        data, problems = folders.read()
        assert (data is None) == any(not problem.warning for problem in problems)


def test_fifty_hostile_files_take_nothing_away(folders: Folders) -> None:
    for number in range(50):
        folders.write(
            f"{number}.toml", own_rule("none = ['尽快还款']\nall = ['还款']", f"mine.{number}")
        )
    data, _ = folders.read(thorough=False)
    assert data is not None
    (rule,) = data.notices
    assert rule.conditions.all == (Literal("尽快还款"),)
    assert rule.shipped
