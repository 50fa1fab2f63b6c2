"""Changes the sources of config.toml and leaves every other line as it is.

A changed text is read back before it is written, so that no command leaves a file that the
program could not read, or one that says anything else than was meant.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from watcher.errors import Problem, UserError
from watcher.userfiles.config import MAX_BYTES, Account, Config, parse_config
from watcher.userfiles.ledger_file import write_private
from watcher.userfiles.spelling import parsed, spelled, spelled_whole
from watcher.userfiles.toml import Document, parse_toml, read_toml

ACCOUNT_KEYS: Final = (
    *("address", "host", "port", "folders", "history_days"),
    *("sign_in", "oauth_command", "code_file", "ca_file"),
)
_HEADER = re.compile(r"\s*\[")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """A configuration that could be read, with the text it was read from."""

    path: Path
    document: Document
    config: Config

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read the file, an empty one where there is none; `UserError` with all its mistakes."""
        document, problem = read_toml(path, max_bytes=MAX_BYTES)
        if problem and problem.says != "problem.missing":
            raise UserError("cli.problems", problems=(problem,))
        return cls._of(path, document or Document(file=path.name, data={}, text=""))

    @classmethod
    def _of(cls, path: Path, document: Document) -> Self:
        config, problems = parse_config(document)
        if config is None:
            raise UserError("cli.problems", problems=problems)
        return cls(path=path, document=document, config=config)

    def account(self, address: str) -> Account | None:
        """Return the account of an address, in whatever case it is written."""
        same = (one for one in self.config.accounts if _same(one.address, address))
        return next(same, None)

    def with_account(self, row: Row) -> Self:
        """Return the file with an account added, or with what `row` says of one changed."""
        place = self._place(row["address"])
        if place is not None:
            whole = parsed(self.document.text)
            rows: Any = whole["accounts"]
            for key, value in row.items():
                if key != "address":
                    rows[place][key] = value
            return self._changed(spelled_whole(whole))
        self._need_headers()
        lines = [f"{key} = {spelled(row[key])}" for key in ACCOUNT_KEYS if key in row]
        before = self.document.text.rstrip("\n")
        blocks = [f"{before}\n"] if before else []
        return self._changed("\n".join([*blocks, "[[accounts]]", *lines, ""]))

    def with_sms(self, path: str) -> Self:
        """Return the file with a folder of SMS backups added, as `path` names it."""
        self._need_headers("sms")
        before = self.document.text.rstrip("\n")
        blocks = [f"{before}\n"] if before else []
        line = f"path = {spelled(path)}"
        return self._changed("\n".join([*blocks, "[[sms]]", line, ""]))

    def without_account(self, address: str) -> Self:
        """Return the file without an account; comments around it stay."""
        place = self._place(address)
        if place is None:
            return self
        self._need_headers()
        lines = self.document.text.splitlines(keepends=True)
        begin = (self.document.line(("accounts", place)) or 1) - 1
        end = begin + 1
        for number in range(begin + 1, len(lines)):
            if _HEADER.match(lines[number]):
                break
            if lines[number].strip() and not lines[number].lstrip().startswith("#"):
                end = number + 1
        rest = "".join(lines[:begin] + lines[end:]).rstrip("\n")
        changed = self._changed(f"{rest}\n" if rest else "")
        left = tuple(one for one in self.config.accounts if not _same(one.address, address))
        if changed.config.accounts != left:
            raise UserError("account.by_hand")
        return changed

    def save(self) -> None:
        """Write the text, whole or not at all."""
        write_private(self.path, self.document.text)

    def _place(self, address: str) -> int | None:
        rows = self.document.data.get("accounts", [])
        places = (n for n, row in enumerate(rows) if _same(str(row.get("address")), address))
        return next(places, None)

    def _changed(self, text: str) -> Self:
        document, problem = parse_toml(text.encode(errors="surrogatepass"), self.path.name)
        if document is None:
            raise UserError("cli.problems", problems=(problem,) if problem else ())
        return self._of(self.path, document)

    def _need_headers(self, kind: str = "accounts") -> None:
        """Refuse a file whose sources are inline tables; it is edited by hand alone."""
        rows = self.document.data.get(kind)
        line = self.document.line((kind, 0))
        lines = self.document.text.split("\n")
        if rows is not None and not lines[(line or 1) - 1].lstrip().startswith("[["):
            raise UserError("account.by_hand" if kind == "accounts" else "init.sms.inline")


def check_account(row: Row, what: str) -> Account:
    """Return the account that a row of keys describes; `UserError` with all its mistakes.

    `what` is the command that made it; each mistake names the option it came with.
    """
    config, problems = parse_config(Document(file=what, data={"accounts": [dict(row)]}, text=""))
    if config is None:
        said = tuple(_of_option(problem) for problem in problems)
        raise UserError("cli.problems", problems=said)
    return config.accounts[0]


def _of_option(problem: Problem) -> Problem:
    name = re.sub(r"^accounts\[0\]\.?|\[\d+\]$", "", problem.key or "")
    key = None if name in {"", "address"} else f"--{name.replace('_', '-')}"
    return Problem(file=problem.file, key=key, says=problem.says, values=problem.values)


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.strip().casefold()
