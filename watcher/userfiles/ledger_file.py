"""Changes loans.toml the way a careful person would: one place, every comment kept.

A changed text is read back before it is written, so that no command leaves a ledger that
the program could not read.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from watcher.core.ledger import Ledger
from watcher.core.lenders import Directory
from watcher.errors import Problem, UserError
from watcher.userfiles.loan_values import Value
from watcher.userfiles.loans import LOAN_KEYS, MAX_BYTES, parse_loans
from watcher.userfiles.spelling import parsed, spelled, spelled_whole
from watcher.userfiles.toml import Document, parse_toml, read_toml


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFile:
    """A ledger that could be read, with the text it was read from."""

    path: Path
    document: Document
    directory: Directory = field(repr=False)
    ledger: Ledger
    warnings: tuple[Problem, ...] = ()

    @classmethod
    def open(cls, path: Path, directory: Directory) -> Self:
        """Read the file, an empty one where there is none; `UserError` with all its mistakes."""
        document, problem = read_toml(path, max_bytes=MAX_BYTES)
        if problem and problem.says != "problem.missing":
            raise UserError("cli.problems", problems=(problem,))
        if document is None:
            document = Document(file=path.name, data={}, text="")
        ledger, problems = parse_loans(document, directory)
        if ledger is None:
            raise UserError("cli.problems", problems=problems)
        return cls(
            path=path, document=document, directory=directory, ledger=ledger, warnings=problems
        )

    def row(self, id_: str) -> Mapping[str, Any]:
        """Return a loan as it stands in the file."""
        row: Mapping[str, Any] = self.document.data["loans"][self._place(id_)]
        return row

    def with_added(self, rows: Iterable[Mapping[str, Value]]) -> str:
        """Return the text with loans added at its end."""
        text = self.document.text
        if self.document.data.get("loans") == []:
            whole = parsed(text)
            whole.remove("loans")
            text = spelled_whole(whole)
        else:
            self._need_headers()
        blocks = [text.rstrip("\n") + "\n"] if text.strip() else []
        blocks.extend(_block(row) for row in rows)
        return "\n".join(blocks)

    def with_holder(self, name: str) -> str:
        """Return the text with the holder's name set."""
        if "holder" in self.document.data:
            whole = parsed(self.document.text)
            holder: Any = whole["holder"]
            holder["name"] = name
            return spelled_whole(whole)
        text = self.document.text
        blocks = [text.rstrip("\n") + "\n"] if text.strip() else []
        return "\n".join([*blocks, "[holder]", f"name = {spelled(name)}", ""])

    def with_changed(self, id_: str, changes: Mapping[str, Value | None]) -> str:
        """Return the text with keys of one loan set, or dropped where the value is None."""
        whole = parsed(self.document.text)
        rows: Any = whole["loans"]
        row = rows[self._place(id_)]
        for key, value in changes.items():
            if value is not None:
                row[key] = value
            elif key in row:
                del row[key]
        return spelled_whole(whole)

    def without(self, id_: str) -> str:
        """Return the text without one loan; comments around it stay."""
        self._need_headers()
        place = self._place(id_)
        lines = [f"{line}\n" for line in self.document.text.rstrip("\n").split("\n")]
        begin = (self.document.line(("loans", place)) or 1) - 1
        end = begin + 1
        for number in range(begin + 1, len(lines)):
            line = lines[number].strip()
            if line.startswith("[") and self._is_header(number + 1):
                break
            if line and not line.startswith("#"):
                end = number + 1
        return "".join(lines[:begin] + lines[end:])

    def save(self, text: str) -> tuple[Problem, ...]:
        """Write a changed text, whole or not at all; return the warnings that are new.

        UserError too where the file is no longer what it was when it was opened: an editor or
        another command was faster, and what they wrote is not to be lost.
        """
        document, problem = parse_toml(text.encode(errors="surrogatepass"), self.path.name)
        if document is None:
            raise UserError("cli.problems", problems=(problem,) if problem else ())
        ledger, problems = parse_loans(document, self.directory)
        if ledger is None:
            raise UserError("cli.problems", problems=problems)
        with _alone_in(self.path.resolve().parent):
            stands, _ = read_toml(self.path, max_bytes=MAX_BYTES)
            if (stands.text if stands else "") != self.document.text:
                raise UserError("loan.changed_meanwhile")
            write_private(self.path, text)
        known = {(problem.says, str(problem.values)) for problem in self.warnings}
        return tuple(one for one in problems if (one.says, str(one.values)) not in known)

    def _place(self, id_: str) -> int:
        return [loan.id for loan in self.ledger.loans].index(id_)

    def _need_headers(self) -> None:
        """Refuse a ledger whose loans are inline tables; it is edited by hand alone."""
        rows = self.document.data.get("loans")
        lines = self.document.text.split("\n")
        line = self.document.line(("loans", 0))
        if rows and not lines[(line or 1) - 1].lstrip().startswith("[["):
            raise UserError("loan.inline")

    def _is_header(self, line: int) -> bool:
        """Whether a line opens a table, rather than an array inside a value."""
        tables = (("loans", place) for place in range(len(self.ledger.loans)))
        return line in {self.document.line(key) for key in (*tables, ("holder",))}


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep other commands of ours from writing here; they wait, for milliseconds."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write_private(path: Path, text: str) -> None:
    """Replace a file by a new one that only the user may read; a link's target is replaced.

    Raises `OSError` where the disk does not take it; then the old file stands.
    """
    target = path.resolve()
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, target)  # noqa: PTH105  both are names
    except BaseException:
        with suppress(OSError):
            os.unlink(name)  # noqa: PTH108  as above
        raise
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _block(row: Mapping[str, Value]) -> str:
    """Write one loan in the order in which the keys are explained."""
    lines = [f"{key} = {spelled(row[key])}" for key in LOAN_KEYS if key in row]
    return "\n".join(["[[loans]]", *lines, ""])
