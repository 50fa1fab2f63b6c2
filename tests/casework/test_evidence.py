"""An evidence pack: complete, the same bytes each time, private, and harmless to look at."""

import json
import os
import re
import resource
import stat
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.casework.packed import PDF, Desk, members
from watcher.casework.chronicle import FIRST, LAST, chronicle
from watcher.casework.evidence import (
    LONGEST_NAME,
    Condition,
    is_fit,
    proof_name,
    records,
    source_name,
)
from watcher.casework.packing import Flaw, write_pack
from watcher.casework.verifying import verify
from watcher.cli.demo import PLAYS_AT
from watcher.core.life import CaseChange, Change, Stage
from watcher.core.model import Channel, Message, Verdict
from watcher.errors import SourceUnavailable, UserError
from watcher.phrases import LANGUAGES, Language, Phrases

CHINESE = Phrases("zh")
INBOX = "imap:me@mail.test/INBOX"
MAIL = b"From: x@mail.test\r\nSubject: =?gbk?B?1dC=\r\n\r\n\x00\xff\xfe raw\r\n"
ATTACK = Message(
    id="<1@x>",
    channel=Channel.EMAIL,
    received_at=datetime(2026, 7, 19, 2, tzinfo=UTC),
    sender='"><img src=x onerror=alert(1)>招联金融 <a@b.test>',
    subject="<script>fetch('//evil.test')</script>",
    text="【招联金融】您的借款已逾期，请立即转账到指定账户 6222020200011112222，"
    "或点击 http://evil.test/pay 付款。\u202e</pre><a href=javascript:1>点</a>",
    headers=(("Received", "from evil.test"), ("X-Half", "\ud83d")),
    source=INBOX,
    place="7.41",
)


def test_the_example_has_a_case_of_every_verdict(desk: Desk) -> None:
    assert {row.verdict for row in desk.store.cases()} == set(Verdict)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_case_of_every_verdict_is_packed_whole(
    desk: Desk, tmp_path: Path, language: Language
) -> None:
    for row in desk.store.cases():
        pack = write_pack(desk.material(row.id), Phrases(language), tmp_path)
        checked = verify(pack.path)
        assert (checked.files, checked.sha256) == (pack.files, pack.sha256)
        inside = members(pack.path)
        assert all(is_fit(name) for name in inside)
        stored = desk.store.case(row.id)
        assert stored is not None
        packed = [
            json.loads(inside[name])
            for name in inside
            if name.startswith("messages/") and name.endswith(".json")
        ]
        assert [one["text"] for one in packed] == [one.message.text for one in stored.cases]
        judged = json.loads(inside["case.json"])["judged_by_program"]
        assert judged["verdict"] == row.verdict.value


def test_the_same_case_gives_the_same_bytes_and_is_not_written_twice(
    desk: Desk, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    first = write_pack(desk.material(desk.stale()), CHINESE, tmp_path)
    other = write_pack(desk.material(desk.stale()), CHINESE, tmp_path / "other")
    assert first.path.read_bytes() == other.path.read_bytes()
    again = write_pack(desk.material(desk.stale()), CHINESE, tmp_path)
    assert (again.path, again.anew) == (first.path, False)


def test_nothing_of_the_users_is_written_over(desk: Desk, tmp_path: Path) -> None:
    number = desk.stale()
    mine = tmp_path / f"loan-watcher-case-{number}.zip"
    mine.write_bytes(b"mine")
    pack = write_pack(desk.material(number), CHINESE, tmp_path)
    assert pack.path.name == f"loan-watcher-case-{number}-2.zip"
    assert mine.read_bytes() == b"mine"


def test_only_the_user_can_read_a_pack(desk: Desk, tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        pack = write_pack(desk.material(desk.stale()), CHINESE, tmp_path)
    finally:
        os.umask(umask)
    assert stat.S_IMODE(pack.path.stat().st_mode) == 0o600
    assert pack.private


def test_receipts_and_proofs_of_the_loan_come_with_its_case(desk: Desk, tmp_path: Path) -> None:
    desk.add_proof(desk.stale(), PDF, "结清证明.PDF")
    pack = write_pack(desk.material(desk.stale()), CHINESE, tmp_path)
    inside = members(pack.path)
    assert inside["proofs/001.pdf"] == PDF
    assert "receipts/0001.txt" in inside
    page = inside["time-line.html"].decode()
    assert "结清证明.PDF" in page
    assert sha256(PDF).hexdigest() in page
    assert pack.flaws == ()


@pytest.mark.parametrize(
    "said",
    [
        "你的借款已逾期，请尽快还款，否则上门。",
        "【微众银行】王建先生，您的微粒贷本期应还1500.00元已逾期，请尽快还款。",
    ],
)
def test_a_loan_that_the_message_does_not_mean_stays_out_of_its_pack(
    desk: Desk, tmp_path: Path, said: str
) -> None:
    number = desk.opened(replace(ATTACK, subject=None, headers=(), sender="1069", text=said))
    stored = desk.store.case(number)
    assert stored is not None
    assert stored.leading.match.loan is not None  # the only open one, or somebody else's
    inside = members(write_pack(desk.material(number), CHINESE, tmp_path).path)
    case = json.loads(inside["case.json"])
    assert case["loan"] is case["case"]["loan"] is None
    assert case["case"]["lender"] == ("微粒贷" if "微粒贷" in said else None)
    assert not [name for name in inside if name.startswith(("receipts/", "proofs/"))]


def test_the_bytes_of_a_mail_are_packed_as_they_came(desk: Desk, tmp_path: Path) -> None:
    number = desk.opened(ATTACK)
    assert not [name for name in _packed(desk, number, tmp_path) if name.endswith(".eml")]
    [(message, _)] = desk.store.wanted_originals(INBOX)
    desk.store.keep_original(message, MAIL, PLAYS_AT)
    inside = _packed(desk, number, tmp_path)
    assert inside["messages/0001.eml"] == MAIL
    assert json.loads(inside["messages/0001.json"])["whole_mail"] == "messages/0001.eml"


def _packed(desk: Desk, number: int, folder: Path) -> dict[str, bytes]:
    return dict(members(write_pack(desk.material(number), CHINESE, folder).path))


def test_a_mail_that_is_not_what_was_kept_is_packed_and_said(desk: Desk, tmp_path: Path) -> None:
    number = desk.opened(ATTACK)
    [(message, _)] = desk.store.wanted_originals(INBOX)
    desk.store.keep_original(message, MAIL, PLAYS_AT)
    kept = desk.state / "evidence" / f"mail-{message}.eml"
    kept.write_bytes(b"other")
    pack = write_pack(desk.material(number), CHINESE, tmp_path)
    assert pack.flaws == (Flaw(called="messages/0001.eml", condition=Condition.CHANGED),)
    assert members(pack.path)["messages/0001.eml"] == b"other"
    kept.unlink()
    pack = write_pack(desk.material(number), CHINESE, tmp_path)
    assert pack.flaws == (Flaw(called="messages/0001.eml", condition=Condition.GONE),)
    assert "messages/0001.eml" not in members(pack.path)
    verify(pack.path)


@pytest.mark.parametrize(
    ("content", "condition"),
    [
        (b"%PDF-1.7\nbroken off", Condition.CUT),
        (b"\x89PNG\r\n\x1a\n\0\0", Condition.CUT),
        (b"\x01\x02\x00 nobody knows", Condition.UNKNOWN),
    ],
)
def test_a_proof_that_cannot_be_read_is_packed_as_it_is_and_said(
    desk: Desk, tmp_path: Path, content: bytes, condition: Condition
) -> None:
    desk.add_proof(desk.stale(), content, "收据.exe")
    pack = write_pack(desk.material(desk.stale()), CHINESE, tmp_path)
    assert pack.flaws == (Flaw(called="收据.exe", condition=condition),)
    inside = members(pack.path)
    assert inside["proofs/001.bin"] == content
    [proof] = json.loads(inside["case.json"])["proofs"]
    assert (proof["called"], proof["condition"]) == ("收据.exe", condition.value)
    assert CHINESE.say(f"evidence.condition.{condition.value}") in inside["time-line.html"].decode()


def test_nothing_in_the_page_can_act_or_be_followed(desk: Desk, tmp_path: Path) -> None:
    number = desk.opened(ATTACK)
    page = _packed(desk, number, tmp_path)["time-line.html"].decode()
    assert not re.search(r"(?i)<(?:script|img|a|iframe|link|form|object)\b", page)
    assert not re.search(r"(?i)<[^>]* (?:on\w+|href|src|style)=", page)
    assert "http://evil.test" not in page
    assert "6222020200011112222" not in page
    assert "\u202e" not in page
    assert page.count("</pre>") == page.count("<pre>")


def test_the_text_for_people_has_every_character_that_utf_8_takes(
    desk: Desk, tmp_path: Path
) -> None:
    text = _packed(desk, desk.opened(ATTACK), tmp_path)["messages/0001.txt"].decode()
    assert ATTACK.text is not None
    assert ATTACK.text in text
    assert "Received: from evil.test" in text
    assert "X-Half: \ufffd" in text


def test_no_folder_of_this_computer_is_named(desk: Desk, tmp_path: Path) -> None:
    for row in desk.store.cases():
        inside = _packed(desk, row.id, tmp_path)
        assert not [name for name, data in inside.items() if b"/home/someone" in data]
    assert source_name(INBOX) == "imap"


def test_a_full_disk_leaves_no_half_pack(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "full"
    folder.mkdir()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    material = desk.material(desk.stale())
    for room in (0, 1, 300, 5000, 9000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
        try:
            with pytest.raises(SourceUnavailable, match=r"evidence\.cannot_write"):
                write_pack(material, CHINESE, folder)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert list(folder.iterdir()) == []


def test_a_folder_that_is_none_is_refused(desk: Desk, tmp_path: Path) -> None:
    for folder in (tmp_path / "none", Path("/dev/null")):
        with pytest.raises(UserError, match=r"evidence\.no_folder"):
            write_pack(desk.material(desk.stale()), CHINESE, folder)


def test_the_list_is_one_that_sha256sum_reads(desk: Desk, tmp_path: Path) -> None:
    for name, data in _packed(desk, desk.stale(), tmp_path).items():
        (tmp_path / "out" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / name).write_bytes(data)
    subprocess.run(
        ["sha256sum", "--check", "--strict", "MANIFEST.sha256"],
        cwd=tmp_path / "out",
        check=True,
        capture_output=True,
    )


def test_the_time_line_tells_loan_receipts_notices_and_steps_in_order(desk: Desk) -> None:
    number = desk.stale()
    desk.store.tick(number, "S", "certificate", PLAYS_AT + timedelta(days=1))
    material = desk.material(number)
    entries = chronicle(material).first
    assert [one.day for one in entries] == sorted(one.day for one in entries)
    says = [one.says for one in entries]
    assert "evidence.line.settled" in says
    assert entries[-1].words == "S/certificate"
    assert [one.stem for one in entries if one.of_case] == ["messages/0001"]
    packed = {record.stem for record in records(material.papers)}
    assert packed <= {one.stem for one in entries}


def test_the_time_line_tells_what_was_sent_and_answered_and_no_more(desk: Desk) -> None:
    noon = PLAYS_AT + timedelta(days=2)
    changes = (
        CaseChange(at=noon, change=Change.SNOOZED, stage=Stage.OPEN),
        CaseChange(
            at=noon, change=Change.SENT, stage=Stage.WAITING, letter="T1", sent_on=noon.date()
        ),
        CaseChange(at=noon + timedelta(days=9), change=Change.ANSWERED, stage=Stage.ACTING),
    )
    material = replace(desk.material(desk.stale()), changes=changes)
    *_, sent, answered = chronicle(material).first
    assert (sent.says, sent.words, sent.day) == ("evidence.line.sent", "T1", noon.date())
    assert answered.says == "evidence.line.answered"


def test_a_very_long_story_counts_what_it_leaves_out(desk: Desk) -> None:
    material = desk.material(desk.stale())
    [one, *_] = material.happenings
    many = tuple(
        replace(
            one,
            evidence=replace(
                one.evidence,
                message_id=str(hours),
                received_at=one.evidence.received_at + timedelta(hours=hours),
            ),
        )
        for hours in range(2000)
    )
    told = chronicle(replace(material, happenings=many))
    assert (len(told.first), len(told.last)) == (FIRST, LAST)
    assert told.left_out >= 2000 - FIRST - LAST


@given(st.integers(1, 999), st.text())
def test_whatever_a_proof_is_called_its_name_in_a_pack_is_fit(number: int, called: str) -> None:
    name = proof_name(number, called)
    assert is_fit(name)
    assert not re.search(r"\.(?:exe|bat|cmd|com|lnk|js|html?|svg|sh|desktop)$", name)


@pytest.mark.parametrize(
    "name",
    [
        *("../a.txt", "/a.txt", "a\\b.txt", "c:a.txt", "a/../b.txt", "a/b/c.txt", "", ".a.txt"),
        *("con.txt", "proofs/NUL.pdf", "COM1.txt", "a.txt ", "a.txt.", "a", "a:b.txt", "ａ.txt"),
        *("a\0.txt", "a\n.txt", "-a.txt", f"{'a' * LONGEST_NAME}.txt", "messages/", "结清.pdf"),
    ],
)
def test_a_name_that_some_system_refuses_or_follows_is_not_fit(name: str) -> None:
    assert not is_fit(name)
