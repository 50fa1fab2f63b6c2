"""The closed set of IMAP commands that this program sends: none of them changes a mailbox.

It is enforced on the bytes, where they leave for the server; whatever library or code of
ours composed them. What is not on the list is a bug of ours and never sent.
"""

import re

DONE = b"DONE\r\n"
"""What ends IDLE; it carries no tag."""

_ITEM = (
    rb"(?:UID|RFC822\.SIZE|INTERNALDATE|BODYSTRUCTURE"
    rb"|BODY\.PEEK\[[0-9.]{0,80}(?:HEADER|TEXT|MIME)?\](?:<\d{1,10}\.\d{1,10}>)?)"
)
_ALLOWED = re.compile(
    rb"[A-P]{1,8}\d{1,10} (?:"
    rb"CAPABILITY|NOOP|IDLE|LOGOUT"
    rb"|(?:LOGIN|LIST|STATUS|EXAMINE|ID) [ -~]+"
    rb"|AUTHENTICATE [A-Z0-9-]{1,20}"
    rb"|(?:UID )?FETCH [\d:*,]+ \(" + _ITEM + rb"(?: " + _ITEM + rb")*\)"
    rb")\r\n"
)


def refuse_others(line: bytes) -> None:
    """Raise where a line to the server is no command of the closed set.

    The line is left out of the exception: it may hold a password.
    """
    if line != DONE and _ALLOWED.fullmatch(line) is None:
        msg = "an IMAP command outside the closed set"
        raise RuntimeError(msg)
