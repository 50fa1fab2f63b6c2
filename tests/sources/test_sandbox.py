import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources.exports import mail, sms, smses
from watcher.core.model import Channel, Message
from watcher.sources.files import read_path
from watcher.sources.items import Finished, Item, Progress
from watcher.sources.sandbox import Sandbox, walls
from watcher.sources.wire import Forged, decode, encode


def _json_line(text: str, *, number: int) -> str:
    at = f"2026-03-{1 + number // 1440:02}T{number // 60 % 24:02}:{number % 60:02}:00+08:00"
    return json.dumps({"id": f"{number}", "channel": "sms", "received_at": at, "text": text}) + "\n"


def _read(path: Path, sandbox: Sandbox) -> Iterator[Item]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield from sandbox.read(descriptor, str(path))
    finally:
        os.close(descriptor)


def test_a_file_read_behind_walls_gives_what_it_gives_without(tmp_path: Path) -> None:
    (tmp_path / "1.xml").write_text(smses(*(sms(f"第{n}条😀", number=n) for n in range(9000))))
    (tmp_path / "2.eml").write_bytes(mail("逾期".encode("gbk"), subject=b"=?utf-8?Q?=E9=80=BE?="))
    (tmp_path / "3.bin").write_bytes(b"\1\2\3")

    inside = [item for item in read_path(tmp_path) if not isinstance(item, Progress)]
    outside = [
        item for item in read_path(tmp_path, sandbox=False) if not isinstance(item, Progress)
    ]

    assert inside == outside
    assert len(inside) == 9000 + 1 + 1 + 1 + 2


def test_a_sender_without_end_takes_no_other_message_with_it(tmp_path: Path) -> None:
    records = (sms("第一条", address="1" * 25_000), sms("第二条", number=2))
    (tmp_path / "export.xml").write_text(smses(*records), encoding="utf-8")
    with Sandbox() as sandbox:
        messages = [
            one for one in _read(tmp_path / "export.xml", sandbox) if isinstance(one, Message)
        ]
    assert [one.text for one in messages] == ["第一条", "第二条"]
    assert [one.unreadable for one in messages] == ["source.text_cut", None]


def test_every_wall_stands_and_holds_against_the_child_itself() -> None:
    assert walls() == {
        "limits": True,
        "undumpable": True,
        "no_new_privileges": True,
        "system_calls": True,
        "network": True,
        "connections": True,
        "programs": True,
        "processes": True,
    }


def test_the_child_sees_nothing_of_the_environment_or_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(9)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("LOAN_WATCHER_CANARY", "secret-canary")
    monkeypatch.chdir(tmp_path)

    with Sandbox() as sandbox:
        sandbox.try_walls()
        environment = Path(f"/proc/{sandbox.pid}/environ")
        if os.geteuid() == 0:
            assert b"secret-canary" not in environment.read_bytes()
        else:
            with pytest.raises(PermissionError):
                environment.read_bytes()


def test_a_child_that_is_killed_costs_one_message_and_reading_goes_on(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.eml").write_bytes(mail(b"mail %d" % number))
    seen: list[Item] = []

    with Sandbox() as sandbox:
        for number in range(3):
            seen += _read(tmp_path / f"{number}.eml", sandbox)
            if number == 0 and sandbox.pid:
                os.kill(sandbox.pid, signal.SIGKILL)

    messages = [item for item in seen if isinstance(item, Message)]
    assert [message.unreadable for message in messages] == [None, "source.child_died", None]
    assert messages[1].source == str(tmp_path / "1.eml")
    assert len([item for item in seen if isinstance(item, Finished)]) == 3


@pytest.mark.parametrize("end", ["xml", "ndjson"])
def test_a_child_that_dies_of_an_export_costs_the_stretch_and_reading_goes_on(
    tmp_path: Path, end: str
) -> None:
    path = tmp_path / f"a.{end}"
    each = sms if end == "xml" else _json_line
    records = [each(f"第{number}条" + "长" * 80, number=number) for number in range(9_000)]
    path.write_text(smses(*records) if end == "xml" else "".join(records))
    messages: list[Message] = []

    with Sandbox() as sandbox:
        for item in _read(path, sandbox):
            if isinstance(item, Message):
                messages.append(item)
                if len(messages) in {1, 2_000} and sandbox.pid:
                    os.kill(sandbox.pid, signal.SIGKILL)

    lost = [message.unreadable for message in messages if message.unreadable]
    texts = [message.text for message in messages if not message.unreadable]
    assert lost == ["source.child_died"] * 2
    assert len(texts) == len(set(texts))
    assert 3_000 < len(texts) < 9_000
    assert texts[-1] == "第8999条" + "长" * 80


def test_a_mail_that_needs_too_much_memory_costs_one_message(tmp_path: Path) -> None:
    separator = b"From someone Thu Mar  5 10:15:30 2026\n"
    heavy = mail(b"".join(b"%d\n" % number for number in range(2_500_000)))
    box = tmp_path / "box"
    box.write_bytes(b"\n".join(separator + each for each in (mail(b"a"), heavy, mail(b"c"))))

    with Sandbox(memory=110 * 1024 * 1024) as sandbox:
        messages = [item for item in _read(box, sandbox) if isinstance(item, Message)]

    assert [message.unreadable for message in messages] == [None, "source.too_large", None]
    assert messages[1].channel is Channel.EMAIL


def test_a_file_that_needs_too_much_time_costs_one_message(tmp_path: Path) -> None:
    # One record without end: no progress is reported while its value is passed over.
    path = tmp_path / "a.xml"
    path.write_bytes(b"<smses><sms " + b"a=''" * 60 + b" b='")
    with path.open("r+b") as file:
        file.truncate(40 * 1024**3)

    with Sandbox(seconds=0) as sandbox:
        [message] = [item for item in _read(path, sandbox) if isinstance(item, Message)]

    assert message.unreadable == "source.too_slow"
    assert message.source == str(path)


def test_a_child_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(mail(b"x"))

    with Sandbox(silence=0.01) as sandbox:
        sandbox.try_walls()
        os.kill(sandbox.pid or 0, signal.SIGSTOP)
        [message] = [item for item in _read(path, sandbox) if isinstance(item, Message)]

    assert message.unreadable == "source.too_slow"


def test_leaving_early_ends_the_child(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(smses(*(sms("x" * 200, number=n) for n in range(20_000))))
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    others = set(children.read_text().split())
    reading = read_path(tmp_path / "a.xml")
    next(reading)
    [child] = set(children.read_text().split()) - others

    before = threading.active_count()
    reading.close()

    assert child not in children.read_text().split()
    assert threading.active_count() == before


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"x",
        b"{}",
        b"[1]",
        b"[[]]",
        b'[["z"]]',
        b'[["m"]]',
        b'[["m","id","sms","now",null,null,null,null,[],null,[]]]',
        b'[["m","id","fax",1,null,null,null,null,[],null,[]]]',
        b'[["m","id","sms",1,5,null,null,null,[],null,[]]]',
        b'[["m","id","sms",1,"\\ud800",null,null,null,[],null,[]]]',
        b'[["m","id","sms",99999999999999999999,null,null,null,null,[],null,[]]]',
        b'[["m","id","sms",1,null,null,null,null,[["a"]],null,[]]]',
        b'[["m","id","sms",1,null,null,null,null,[],"case.summary.all_well",[]]]',
        b'[["m","id","sms",1,null,null,null,null,[],null,[1]]]',
        b'[["m","id","sms",1,null,null,null,null,[],null,["a\\nb"]]]',
        b'[["m","id","sms",1,null,null,null,null,[],null,["a","a","a","a","a","a","a","a","a"]]]',
        b'[["m","id","sms",1,null,null,null,null,[],null,["' + b"x" * 1025 + b'"]]]',
        b'[["p",-1,2]]',
        b'[["p",true,2]]',
        b'[["d","source.is_link",{"a":[1]}]]',
        b'[["f",1]]',
        b'[["k",1,"fax"]]',
        b"[" * 200_000,
        b'[["m","id","sms",1,null,null,"' + b"x" * (1024 * 1024 + 1) + b'",null,[],null,[]]]',
    ],
)
def test_a_line_that_our_code_cannot_have_written_is_refused(line: bytes) -> None:
    with pytest.raises(Forged):
        list(decode(line, "file"))


def test_what_crosses_comes_out_as_it_went_in(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(mail("逾期\0😀".encode(), more=b"To: a\nTo: b\n"))
    items = list(read_path(tmp_path / "a.eml", sandbox=False))

    line = encode(items)
    assert list(decode(line, str(tmp_path / "a.eml"))) == items


def test_a_program_that_reads_through_a_child_loads_no_parser() -> None:
    code = "import sys, watcher.sources.files, watcher.sources.sandbox; print(*sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()

    assert not {"mailparser", "email.message", "charset_normalizer", "pydantic"} & set(loaded)


def test_a_line_of_the_batch_contract_crosses_with_all_that_it_holds(tmp_path: Path) -> None:
    given = {
        "id": "a",
        "channel": "sms",
        "received_at": "2026-03-05T10:15:30+08:00",
        "text": "x",
        "html": "<p>",
        "headers": {"X": "y"},
    }
    (tmp_path / "a.jsonl").write_text(json.dumps(given) + "\n", encoding="utf-8")

    [message] = [item for item in read_path(tmp_path / "a.jsonl") if isinstance(item, Message)]

    assert (message.html, message.headers) == ("<p>", (("X", "y"),))


def test_a_mail_in_memory_is_read_as_one_in_a_file(tmp_path: Path) -> None:
    raw = mail("逾期".encode("gbk"), kind=b"text/plain; charset=gb2312")
    (tmp_path / "a.eml").write_bytes(raw)
    [expected] = [item for item in read_path(tmp_path / "a.eml") if isinstance(item, Message)]

    with Sandbox() as sandbox:
        assert sandbox.read_mail(raw, "INBOX/1") == expected
        assert sandbox.read_mail(b"", "INBOX/2").unreadable == "source.no_date"
        assert sandbox.read_mail(b"From a\nno header", "INBOX/3").source == "INBOX/3"
