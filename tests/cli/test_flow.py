"""Lines of mixed text: filled, never too wide, nothing lost."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.cli.running import Run
from tests.cli.terminal import at_a_terminal
from watcher.cli.flow import NEVER_FIRST, breaks

MIXED = st.text(alphabet="借款已结清，。「」（）abc 12.8", max_size=200)


def lines(text: str, width: int) -> list[str]:
    offsets = [0, *breaks(text, width), len(text)]
    return [text[start:end] for start, end in pairwise(offsets)]


@given(MIXED, st.integers(4, 60))
def test_no_line_is_wider_than_there_is_room_and_nothing_is_lost(text: str, width: int) -> None:
    broken = lines(text, width)
    assert "".join(broken) == text
    assert all(cell_len(line.rstrip()) <= width for line in broken)


def test_a_number_in_a_chinese_sentence_does_not_end_its_line() -> None:
    assert lines("何秋禾登记了 4 笔借款，其中三笔已经还清", 20) == [
        "何秋禾登记了 4 笔借",
        "款，其中三笔已经还清",
    ]


def test_a_latin_word_is_kept_whole() -> None:
    assert lines("请运行 loan-watcher check 看看", 20) == ["请运行 loan-watcher ", "check 看看"]


def test_no_line_begins_with_a_closing_mark_where_there_is_a_choice() -> None:
    for width in range(6, 40, 2):
        broken = lines("先不要付款，请核对；再打开「招联金融」的应用。", width)
        assert not [line for line in broken[1:] if line[0] in NEVER_FIRST]


@pytest.mark.parametrize("command", ["status", "scan"])
def test_a_terminal_gets_a_sentence_in_lines_of_its_width_and_a_pipe_gets_it_whole(
    run: Run, command: str
) -> None:
    shown = run("--lang", "en", command)
    [whole] = (shown.out + shown.err).splitlines()
    typed = at_a_terminal("--lang", "en", command, answers=[])
    assert typed.code == shown.code
    assert all(cell_len(line) <= 80 for line in typed.shown.splitlines())
    assert typed.shown.splitlines() != [whole]
    assert "".join(typed.shown.split()) == "".join(whole.split())
