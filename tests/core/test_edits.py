"""The way back from a changed text, and forth again."""

from collections.abc import Iterator

from watcher.core.edits import Edits


def test_positions_find_their_way_in_any_order() -> None:
    # "a..b..cd" -> "abXYd": twice two characters are dropped, then one becomes two.
    changes = ((1, 3, 0), (4, 6, 0), (6, 7, 2))
    expected = {0: 0, 1: 3, 2: 6, 3: 6, 4: 7}
    for order in (sorted(expected), sorted(expected, reverse=True)):
        edits = Edits(changes)
        assert {at: edits.back(at, at + 1)[0] for at in order} == expected
        assert [edits.forth(at) for at in (0, 1, 3, 4, 6, 7)] == [0, 1, 1, 2, 2, 4]


def test_changes_are_taken_only_as_far_as_they_are_asked_for() -> None:
    taken: list[int] = []

    def changes() -> Iterator[tuple[int, int, int]]:
        for start in range(0, 1000, 10):
            taken.append(start)
            yield start, start + 1, 0

    edits = Edits(changes())
    assert edits
    assert edits.back(20, 22) == (23, 25)
    assert max(taken) < 100


def test_without_changes_nothing_moves() -> None:
    edits = Edits(())
    assert not edits
    assert (edits.back(3, 5), edits.forth(4)) == ((3, 5), 4)
