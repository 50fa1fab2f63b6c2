import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.sources.imap.commands import DONE, refuse_others

SENT = [
    b"CAPABILITY",
    b"NOOP",
    b"IDLE",
    b"LOGOUT",
    b'LOGIN lixiao@youxiang.test "mi ma"',
    b"AUTHENTICATE XOAUTH2",
    b'LIST "" "*"',
    b'STATUS "&UXZO1g-" (MESSAGES UIDNEXT UIDVALIDITY)',
    b'EXAMINE "INBOX"',
    b'ID ("name" "loan-watcher")',
    b"FETCH 1:1000 (UID RFC822.SIZE INTERNALDATE)",
    b"UID FETCH 7,9:12 (UID BODYSTRUCTURE BODY.PEEK[HEADER]<0.262144>)",
    b"UID FETCH 7:* (BODY.PEEK[1.2.MIME]<0.16384> BODY.PEEK[TEXT]<0.1> BODY.PEEK[]<0.1>)",
]
NEVER_SENT = [
    b'SELECT "INBOX"',
    b"STARTTLS",
    b"UID STORE 1 +FLAGS (\\Seen)",
    b"UID FETCH 1 (BODY[TEXT])",
    b"UID FETCH 1 (BODY.PEEK[TEXT] BODY[])",
    b"UID FETCH 1 (RFC822)",
    b"UID FETCH 1 (RFC822.TEXT)",
    b"FETCH 1 BODY[]",
    b"UID EXPUNGE 1",
    b"EXPUNGE",
    b"CLOSE",
    b"UID MOVE 1 Trash",
    b"UID COPY 1 Trash",
    b"APPEND INBOX {3}",
    b"DELETE INBOX",
    b"UID SEARCH ALL",
    b"SEARCH ALL",
    b"ENABLE UTF8=ACCEPT",
    b"NOOP\r\nA2 EXPUNGE",
    b'EXAMINE "a"\r\nA2 EXPUNGE',
    b"AUTHENTICATE PLAIN AGEAYg==",
    b"",
]


@pytest.mark.parametrize("command", SENT)
def test_what_only_looks_is_sent(command: bytes) -> None:
    refuse_others(b"ABCD12 " + command + b"\r\n")


def test_idle_is_ended_without_a_tag() -> None:
    refuse_others(DONE)


@pytest.mark.parametrize("command", NEVER_SENT)
def test_what_changes_a_mailbox_is_our_bug(command: bytes) -> None:
    with pytest.raises(RuntimeError) as refused:
        refuse_others(b"ABCD12 " + command + b"\r\n")
    assert not command or command.decode() not in str(refused.value)


@given(st.sampled_from(SENT), st.binary(min_size=1, max_size=4), st.integers(0, 60))
def test_no_line_carries_a_second_one(command: bytes, noise: bytes, at: int) -> None:
    line = b"A1 " + command[:at] + b"\r\n" + noise + command[at:] + b"\r\n"
    with pytest.raises(RuntimeError):
        refuse_others(line)
