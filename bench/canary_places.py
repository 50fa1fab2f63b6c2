"""Words that must get nowhere, and all places to which they might get."""

import json
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import quote

from tests.processes import children

CANARIES: Mapping[str, str] = {
    "password": "pw-Quokka-7711",
    "new password": "pw-Bilby-8822",
    "token": "ya29.Canary-Token-5521",
    "complaint of a command": "refresh-Numbat-9914",
    "mail address": "zhou.kiwi@mail.test",
    "name": "欧阳金丝",
    "identity card": "11010519491231002X",
    "telephone": "13912345678",
    "bank card": "6222021234567890128",
    "body": "煤矿里的金丝雀在歌唱",
    "body of a bug": "矿井深处的蓝山雀",
    "subject": "绿头鸭的绝密主题",
    "sender": "雀鸟通知中心",
    "number of a sender": "10698877665544",
    "hidden text": "白鹭的暗文",
    "link": "canary-flamingo.example.top",
    "header": "value-Avocet-header",
    "attachment": "file-Dunlin-attached",
    "amount": "73519.46",
    "lender": "翠鸟小额贷款公司",
    "product": "红隼宝",
    "loan": "loan-Kookaburra",
    "note": "戴胜鸟的备注",
    "folder": "Kestrel-folder",
    "export": "sms-Ibis-export",
    "rule": "规则里的雨燕",
    "setting": "pelican_setting",
    "reply of a server": "reply-Osprey-text",
    "error of a desktop": "error-Merlin-text",
    "request": "control-Wren-garbage",
    "address of the page": "page-Egret-path",
    "form": "form-Heron-value",
    "exception": "bug-Condor-exception",
    "warning": "warn-Curlew-text",
}
"""What a person would not want others to read -> a word that stands for it."""

_WITHIN = 10.0
_ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-32-le")


def needles(word: str) -> tuple[bytes, ...]:
    """Return all ways in which a word may be written."""
    found = {word.encode(encoding) for encoding in _ENCODINGS}
    found |= {json.dumps(word).strip('"').encode(), quote(word).encode(), repr(word)[1:-1].encode()}
    return tuple(found)


@dataclass(kw_only=True)
class Hit:
    """A word that got somewhere."""

    canary: str
    place: str


@dataclass(kw_only=True)
class Places:
    """All that was written or could be seen, by place."""

    seen: dict[str, bytearray] = field(default_factory=dict)

    def add(self, place: str, content: bytes) -> None:
        """Note what stands in a place."""
        self.seen.setdefault(place, bytearray()).extend(content)

    def add_files(self, folder: Path, *, but: tuple[str, ...] = ()) -> None:
        """Note all files below a folder, names too; `but` are beginnings of names left out."""
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if not name.startswith(but):
                self.add(f"name of {name[:20]}", name.encode())
                if path.is_file():
                    self.add(f"file {name[:20]}", path.read_bytes())

    def hits(self) -> Iterator[Hit]:
        """Yield each word with each place where it stands."""
        for canary, word in CANARIES.items():
            for place, content in self.seen.items():
                if any(needle in content for needle in needles(word)):
                    yield Hit(canary=canary, place=place)


class Onlooker:
    """Looks at command lines and environments of all processes below this one, all the time."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._seen: set[tuple[str, bytes]] = set()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join()

    def tell(self, places: Places) -> None:
        """Note all that was seen."""
        for file, content in sorted(self._seen):
            places.add(f"/proc/…/{file}", content)

    @property
    def processes(self) -> int:
        """How many different command lines were seen."""
        return sum(file == "cmdline" for file, _ in self._seen)

    def _look(self) -> None:
        while not self._ended.wait(0.02):
            for pid in _below(os.getpid()):
                for file in ("cmdline", "environ"):
                    with suppress(OSError):
                        self._seen.add((file, Path(f"/proc/{pid}/{file}").read_bytes()))


class Journal:
    """Takes what programs write to their streams, as journald does: no file has room for it."""

    def __init__(self) -> None:
        self.written = bytearray()
        self._reads, self.stream = os.pipe()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Read what is left, once all that could write have ended."""
        os.close(self.stream)
        self._thread.join(_WITHIN)
        os.close(self._reads)

    def _read(self) -> None:
        while written := os.read(self._reads, 65_536):
            self.written += written


class Systemd:
    """Takes what a service tells systemd."""

    def __init__(self, address: Path) -> None:
        self.told: list[bytes] = []
        self.ready = threading.Event()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(address))
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listen no more."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while told := self._socket.recv(4096):
            self.told.append(told)
            if told.startswith(b"READY=1"):
                self.ready.set()


def _below(pid: int) -> Iterator[int]:
    for child in children(pid):
        yield child
        yield from _below(child)
