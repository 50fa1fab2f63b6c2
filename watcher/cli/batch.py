"""The batch contract: one JSON object a line in, one a line out, in the same order.

Lines are written as they come: before the program waits for more input, everything judged
so far has been written. Nothing but the given ledger and rules has a say.
"""

import os
from collections.abc import Iterator
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, Final

from watcher.cli.caseform import case_form, encodable, json_line
from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Case
from watcher.core.pipeline import process
from watcher.errors import SourceUnavailable
from watcher.phrases import Phrases
from watcher.sources.jsonlines import message_from_json, parse_line

if TYPE_CHECKING:
    from watcher.sources.sandbox import Sandbox

READ_BYTES: Final = 64 * 1024
LINE_LIMIT: Final = 16 * 1024 * 1024
"""Bytes of one line; a longer one is reported and skipped, so that no input fills the memory."""
_MOST_CACHED: Final = 4096


class Batch:
    """Judges lines one after another; what one line teaches is known to those after it."""

    def __init__(self, rules: Rules, ledger: Ledger, phrases: Phrases) -> None:
        self._rules = rules
        self._ledger = ledger
        self._phrases = phrases
        self._history = History.of(())
        self._plain: dict[tuple[object, ...], str] = {}
        self._child: Sandbox | None = None
        self.errors = 0

    def run(self, source: int, target: int) -> None:
        """Read lines from one file descriptor and write results to another, until the end."""
        try:
            for lines in read_lines(source):
                _write(target, "".join(map(self.result, lines)).encode())
        finally:
            self.close()

    def close(self) -> None:
        """End the child process, where an image needed one."""
        if self._child is not None:
            self._child.__exit__(None, None, None)

    def result(self, line: bytes | None) -> str:
        """Return the result for one line (None: it was too long), ending in a line break."""
        value: Any = None
        try:
            value = parse_line(_whole(line))
            message = message_from_json(value, codes_in=self._codes_in)
        except ValueError as error:
            return self._error(value, str(error.args[0]))
        case = process(message, self._rules, self._ledger, self._history)
        if case.evidence is not None:
            self._history.add(case.evidence)
        if _says_nothing(case):
            return self._plain_result(case)
        return json_line(case_form(case, self._phrases))

    def _codes_in(self, images: list[bytes]) -> tuple[str, ...]:
        """Read codes as mails are read, behind the walls of a child that the first image starts."""
        from watcher.sources.sandbox import Sandbox  # noqa: PLC0415  nearly no batch has images

        if self._child is None:
            self._child = Sandbox()
        try:
            return self._child.read_codes(images)
        except SourceUnavailable as error:
            raise ValueError("source.no_child") from error

    def _plain_result(self, case: Case) -> str:
        """Return the result for a message in which nothing was found: nearly all of them.

        Such results differ in their id only, so the rest is made once.
        """
        said = case.summary
        key = (case.notice.kind, said.id, *said.values.values())
        rest = self._plain.get(key)
        if rest is None:
            whole = json_line(case_form(case, self._phrases))
            rest = whole[len(_head(case.message.id)) :]
            if len(self._plain) < _MOST_CACHED:
                self._plain[key] = rest
        return _head(case.message.id) + rest

    def _error(self, value: Any, says: str) -> str:
        self.errors += 1
        known = isinstance(value, dict) and isinstance(value.get("id"), str | int)
        form = {"id": value["id"]} if known else {}
        return json_line(form | {"error": self._phrases.say(says)})


def read_lines(source: int) -> Iterator[list[bytes | None]]:
    """Yield the lines of a file descriptor, as many at a time as have arrived.

    A line over `LINE_LIMIT` is None. The last line needs no line break.
    """
    begun = bytearray()
    too_long = False
    while chunk := os.read(source, READ_BYTES):
        *ended, rest = chunk.split(b"\n")
        if ended:
            ended[0] = bytes(begun) + ended[0]
            yield [None if too_long else ended[0], *ended[1:]]
            begun.clear()
            too_long = False
        if not too_long:
            begun += rest
        if len(begun) > LINE_LIMIT:
            begun.clear()
            too_long = True
    if begun or too_long:
        yield [None if too_long else bytes(begun)]


def _whole(line: bytes | None) -> bytes:
    if line is None:
        raise ValueError("source.line_too_long")
    return line


def _says_nothing(case: Case) -> bool:
    judgement, match, notice = case.judgement, case.match, case.notice
    return (
        judgement.verdict is None
        and match.lender is None
        and match.loan is None
        and notice.amount is None
        and notice.due_on is None
        and not (judgement.causes or judgement.signals or judgement.checklists)
        and not notice.account_tails
    )


def _head(message_id: str) -> str:
    return encodable('{"id":' + encode_basestring(message_id))


def _write(target: int, data: bytes) -> None:
    """Write all of it, however little a pipe takes at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(target, rest) :]
