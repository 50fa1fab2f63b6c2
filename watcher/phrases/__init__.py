"""Every word the program says, in Chinese and in English.

`zh.toml` and `en.toml` hold the same ids with the same blanks. The core and the edges pass
phrase ids and values about; only here do they become sentences. A missing id or value is
our bug, never the user's.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final, Literal, cast

import tomli

from watcher.core.model import Phrase
from watcher.phrases.display import printable

Language = Literal["zh", "en"]

LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
NOTHING: Final = "—"
NO_VALUES: Mapping[str, object] = MappingProxyType({})
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_CLAUSES: Final[Mapping[str, str]] = {"zh": "；", "en": "; "}
_BETWEEN: Final[Mapping[str, str]] = {"zh": "、", "en": ", "}


class Phrases:
    """The phrases of one language."""

    __slots__ = ("_texts", "language")

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._texts = _texts(language)

    def __contains__(self, phrase_id: str) -> bool:
        """Whether a phrase of this id exists."""
        return phrase_id in self._texts

    def say(self, phrase_id: str, values: Mapping[str, object] = NO_VALUES) -> str:
        """Return a phrase with its blanks filled; a missing id or value is a `KeyError`."""
        text = self._texts[phrase_id]
        if "{" not in text:
            return text
        return text.format_map({name: self.show(value) for name, value in values.items()})

    def render(self, phrase: Phrase) -> str:
        """Return what a phrase of the core says in this language."""
        return self.say(phrase.id, phrase.values)

    def show(self, value: object) -> str:
        """Return one value as a reader expects to see it, free of control characters."""
        if value is None:
            return NOTHING
        if isinstance(value, Decimal):
            return f"{value:,.2f}"
        if isinstance(value, date):
            day = self._day(value)
            return f"{day} {value:%H:%M}" if isinstance(value, datetime) else day
        if isinstance(value, list | tuple | set | frozenset):
            return _BETWEEN[self.language].join(self.show(item) for item in value)
        return printable(str(value))

    def clauses(self, sentences: Iterable[str]) -> str:
        """Return several short sentences as one."""
        return _CLAUSES[self.language].join(sentences)

    def _day(self, day: date) -> str:
        if self.language == "zh":
            return f"{day.year}年{day.month}月{day.day}日"
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def pick_language(setting: str | None, environ: Mapping[str, str]) -> Language:
    """Return the language to speak: the setting, or where it is `auto` the one of the locale.

    A Chinese locale gets Chinese; every other one, and none at all, gets English.
    """
    for language in LANGUAGES:
        if language == setting:
            return language
    locale = next(
        (environ[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(key)), ""
    )
    return "zh" if locale.startswith("zh") else "en"


@cache
def _texts(language: Language) -> Mapping[str, str]:
    source = files("watcher.phrases").joinpath(f"{language}.toml").read_text(encoding="utf-8")
    return MappingProxyType(dict(_flat("", tomli.loads(source))))


def _flat(prefix: str, table: Mapping[str, object]) -> Iterable[tuple[str, str]]:
    for key, value in table.items():
        phrase_id = f"{prefix}.{key}" if prefix else key
        if isinstance(value, str):
            yield phrase_id, value
        else:
            yield from _flat(phrase_id, cast("Mapping[str, object]", value))
