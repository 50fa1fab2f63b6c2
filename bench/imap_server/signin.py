"""LOGIN and AUTHENTICATE: who asks, with what, and what the server says to it."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bench.imap_server.mailbox import Account

TOKENS: Final = ("XOAUTH2", "OAUTHBEARER")
DENIED: Final = base64.b64encode(b'{"status":"400","schemes":"Bearer"}')
"""What a server says of a bad token before it says NO."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a client says of itself."""

    user: str
    secret: str = field(repr=False)
    by_token: bool

    def holds(self, account: Account | None) -> bool:
        """Tell whether it is what the account's owner would say."""
        if account is None:
            return False
        return self.secret == (account.token if self.by_token else account.password)


def login(arguments: Sequence[bytes]) -> Claim | None:
    """Read the arguments of LOGIN."""
    match arguments:
        case [user, secret]:
            return Claim(user=_text(user), secret=_text(secret), by_token=False)
    return None


def _text(said: bytes) -> str:
    return said.decode("utf-8", "replace")


def sasl(mechanism: str, said: bytes) -> Claim | None:
    """Read a client's SASL response; None where it is none."""
    try:
        text = base64.b64decode(said, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    if mechanism == "PLAIN":
        match text.split("\0"):
            case [_, user, secret]:
                return Claim(user=user, secret=secret, by_token=False)
        return None
    form = r"user=([^\1]*)\1auth=Bearer ([^\1]*)\1\1"
    if mechanism == "OAUTHBEARER":
        form = r"n,a=([^,]*),\1(?:[a-z]+=[^\1]*\1)*?auth=Bearer ([^\1]*)\1(?:[a-z]+=[^\1]*\1)*\1"
    found = re.fullmatch(form.replace(r"\1", "\x01"), text)
    return Claim(user=found[1], secret=found[2], by_token=True) if found else None
