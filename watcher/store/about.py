"""What the database holds about one loan or one person, and all that it is read by."""

import html
import json
import re
import sqlite3
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from watcher.store.connection import reading

_TEXTS: Final = "sender, subject, text, html, headers, codes, source_id, finding, evidence"
_GONE: Final = "—"
_TAG: Final = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Numbers of messages and cases, and what else names the loan or the person.

    `steps` and `objections` are notes of the user's on cases that stay; `rewritten` are
    findings and evidence of messages that stay, without the loan.
    """

    messages: tuple[int, ...] = ()
    cases: tuple[int, ...] = ()
    steps: tuple[tuple[int, str, str], ...] = ()
    objections: tuple[int, ...] = ()
    names: tuple[str, ...] = field(default=(), repr=False)
    rewritten: tuple[tuple[str, str | None, int], ...] = field(default=(), repr=False)

    @property
    def is_anything(self) -> bool:
        """Whether there is something."""
        return bool(self.messages or self.rewritten or self.steps or self.objections)

    def texts(self, database: sqlite3.Connection) -> Iterator[str]:
        """Yield what people wrote in the messages that are to go."""
        for number in self.messages:
            row = database.execute(
                "SELECT subject, text, html, codes FROM messages WHERE id = ?", (number,)
            ).fetchone()
            yield from (text for text in row or () if text)


def about_loan(database: sqlite3.Connection, loan: str) -> About:
    """Return what is about a loan of the ledger, by its id."""
    with reading():
        own = _numbers(
            database,
            "SELECT id FROM messages WHERE loan = ?1 OR CASE WHEN json_valid(finding)"
            " THEN json_extract(finding, '$.match.loan.id') END = ?1",
            loan,
        )
        own |= _numbers(
            database,
            "SELECT message FROM case_messages JOIN cases ON cases.id = case_id WHERE loan = ?",
            loan,
        )
        cases, messages = _with_their_cases(database, own)
        quoted = json.dumps(loan, ensure_ascii=False)
        others = database.execute(
            "SELECT id, finding, evidence FROM messages"
            " WHERE instr(finding, ?1) OR instr(coalesce(evidence, ''), ?1)",
            (quoted,),
        )
        rewritten = tuple(
            (_without(finding, loan), evidence and _without(evidence, loan), number)
            for number, finding, evidence in others
            if number not in messages
        )
        return About(
            messages=tuple(sorted(messages)),
            cases=tuple(sorted(cases)),
            names=(loan,),
            rewritten=rewritten,
        )


def about_person(database: sqlite3.Connection, name: str) -> About:
    """Return what names a person, however the name is spaced or written in HTML."""
    wanted = _even(name)

    def names(*texts: str | None) -> bool:
        text = " ".join(filter(None, texts))
        return wanted in _even(text) or wanted in _even(_TAG.sub("", text))

    with reading():
        rows = database.execute(f"SELECT id, {_TEXTS} FROM messages")  # noqa: S608  fixed
        cases, messages = _with_their_cases(database, {row[0] for row in rows if names(*row[1:])})
        steps = database.execute("SELECT case_id, checklist, step, note FROM steps")
        objections = database.execute("SELECT case_id, text FROM objections")
        return About(
            messages=tuple(sorted(messages)),
            cases=tuple(sorted(cases)),
            steps=tuple((case, one, step) for case, one, step, note in steps if names(note)),
            objections=tuple(case for case, text in objections if names(text)),
            names=(name,),
        )


def kept_texts(database: sqlite3.Connection) -> Iterator[str]:
    """Yield every text of the messages that stay."""
    for row in database.execute(f"SELECT {_TEXTS} FROM messages"):  # noqa: S608  fixed
        yield from (text for text in row if text)


def _with_their_cases(database: sqlite3.Connection, own: set[int]) -> tuple[set[int], set[int]]:
    """Return the cases of messages, and all messages of those: they are about one debt."""
    listed = json.dumps(sorted(own))
    cases = _numbers(
        database,
        "SELECT case_id FROM case_messages WHERE message IN (SELECT value FROM json_each(?))",
        listed,
    )
    more = _numbers(
        database,
        "SELECT message FROM case_messages WHERE case_id IN (SELECT value FROM json_each(?))",
        json.dumps(sorted(cases)),
    )
    return cases, own | more


def _numbers(database: sqlite3.Connection, query: str, value: str) -> set[int]:
    return {number for (number,) in database.execute(query, (value,))}


def _without(text: str, loan: str) -> str:
    """Return JSON without a loan: it goes from lists, and elsewhere its id does."""
    try:
        data = json.loads(text)
    except ValueError:
        return text
    return json.dumps(_cleaned(data, loan), ensure_ascii=False, separators=(",", ":"))


def _cleaned(data: Any, loan: str) -> Any:
    clean: Callable[[Any], Any] = lambda one: _cleaned(one, loan)  # noqa: E731  short for twice
    match data:
        case dict():
            return {key: clean(value) for key, value in data.items()}
        case list():
            return [
                clean(one) for one in data if not (isinstance(one, dict) and one.get("id") == loan)
            ]
        case _:
            return _GONE if data == loan else data


def _even(text: str) -> str:
    """Return a text as a name is looked for in it."""
    plain = unicodedata.normalize("NFKC", html.unescape(text)).casefold()
    return "".join(character for character in plain if character.isalnum())
