"""A mistake names the line it stands on, in whatever form the file is written."""

import tomllib

from hypothesis import example, given
from hypothesis import strategies as st

from watcher.userfiles.positions import key_lines

TEXT = """\
# 说明 [loans]
title = "a # b = c"

[holder]
name = '李晓'  # [[loans]]

[[loans]]
id = "first"
account_tail = [
  "1234",  # ]
  "5678",
]
text = \"\"\"
key = "no key"
\"\"\"
after = 1
[[loans]]
"id" = "second"
site.inner . deep = 2
point = { x = 1, y = { z = [10, 20] } }
[loans.tests]
hit = true
"""


def test_each_form_of_entry_is_found_on_its_line() -> None:
    lines = key_lines(TEXT)
    assert lines["title",] == 2
    assert lines["holder",] == 4
    assert lines["holder", "name"] == 5
    assert lines["loans",] == 7
    assert lines["loans", 0] == 7
    assert lines["loans", 0, "id"] == 8
    assert lines["loans", 0, "account_tail"] == 9
    assert lines["loans", 0, "account_tail", 1] == 11
    assert lines["loans", 0, "after"] == 16
    assert lines["loans", 1] == 17
    assert lines["loans", 1, "id"] == 18
    assert lines["loans", 1, "site", "inner", "deep"] == 19
    assert lines["loans", 1, "point", "y", "z", 1] == 20
    assert lines["loans", 1, "tests", "hit"] == 22


def test_tables_of_tables_are_counted_inside_the_latest_outer_one() -> None:
    lines = key_lines("[[a]]\n[[a.b]]\nx=1\n[[a.b]]\nx=2\n[[a]]\n[[a.b]]\nx=3\n")
    assert lines["a", 0, "b", 1, "x"] == 5
    assert lines["a", 1, "b", 0, "x"] == 8


def test_text_with_quotes_at_its_end_does_not_hide_what_follows() -> None:
    text = 'a = """x"""""\nb = \'\'\'y\'\'\'\'\nc = 2026-07-17 08:00:00\nd = 1\n'
    assert tomllib.loads(text)
    assert key_lines(text) == {("a",): 1, ("b",): 2, ("c",): 3, ("d",): 4}


@given(st.text(alphabet="ab=[]{}\"'.,#\n\\ 1", max_size=60))
@example('"\\1"')
def test_every_key_of_a_valid_text_has_a_line_and_no_text_stops_the_walk(text: str) -> None:
    lines = key_lines(text)
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    assert all((name,) in lines for name in data)
