"""`[wording]` and `[kinds]` of the shipped rules: what features of a text weigh."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from watcher.core.model import Kind
from watcher.core.weights import Question, Weights
from watcher.userfiles.tables import Table

_HEAVIEST = 100_000

_Name = TypeVar("_Name", bound=StrEnum)


def read_weights(whole: Table) -> Mapping[Question, Weights] | None:
    """Read the weights for each question, in hundredths; None where there is no such table."""
    return _weighed(whole.table("wording"), Question)


def read_kinds(whole: Table) -> Mapping[Kind, Weights] | None:
    """Read the weights for each kind, in hundredths; None where there is no such table."""
    return _weighed(whole.table("kinds"), Kind)


def _weighed(table: Table | None, names: type[_Name]) -> Mapping[_Name, Weights] | None:
    if table is None:
        return None
    given = {name: table.table(name) for name in names}
    table.finish()
    return {name: _weights(one) for name, one in given.items() if one is not None}


def _weights(table: Table) -> Weights:
    bias, limit, sure = (
        table.number(name, -_HEAVIEST, _HEAVIEST) or 0 for name in ("bias", "limit", "sure")
    )
    bare = table.number("bare", -_HEAVIEST, _HEAVIEST)
    traits, lists, phrases = (
        _numbers(table.table(name)) for name in ("traits", "lists", "phrases")
    )
    table.finish()
    return Weights(
        bias=bias,
        limit=limit,
        sure=sure,
        bare=limit if bare is None else bare,
        traits=traits,
        lists=lists,
        phrases=phrases,
    )


def _numbers(table: Table | None) -> Mapping[str, int]:
    if table is None:
        return {}
    numbers = {key: table.number(key, -_HEAVIEST, _HEAVIEST) for key in table.data}
    return {key: number for key, number in numbers.items() if number is not None}
