"""Signing in to a mail server: by password or by an OAuth token, once TLS stands.

A secret is sent once and kept nowhere; what a server answers is shown without it.
"""

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from watcher.sources.imap.client import Client

Mechanism = Literal["password", "xoauth2", "oauthbearer"]

_ATOM = re.compile(r"[A-Za-z0-9@._+=-]+")
_IDENTITY = {
    "name": "loan-watcher",
    "version": "1.0",
    "vendor": "loan-watcher",
    "support-email": "none",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A user and their secret: a password (授权码) or a token, as `mechanism` says."""

    user: str = field(repr=False)
    secret: str = field(repr=False)
    mechanism: Mechanism = "password"


def sign_in_to(client: Client, sign_in: SignIn) -> None:
    """Send the credentials; raises what imapclient raises where they are not taken."""
    user, secret = sign_in.user, sign_in.secret
    if sign_in.mechanism == "xoauth2":
        said = f"user={user}\1auth=Bearer {secret}\1\1"
        client.sasl_login("XOAUTH2", _once(said, b""))
    elif sign_in.mechanism == "oauthbearer":
        who = user.replace("=", "=3D").replace(",", "=2C")
        said = f"n,a={who},\1auth=Bearer {secret}\1\1"
        client.sasl_login("OAUTHBEARER", _once(said, b"\1"))
    elif _fits_login(client, user, secret):
        client.login(user, secret)
    else:
        client.sasl_login("PLAIN", _once(f"\0{user}\0{secret}", None))


def identify_to(client: Client) -> None:
    """Say who we are where the server has ID; 163 and its kin open no folder before."""
    if client.has_capability("ID"):
        client.id_(_IDENTITY)


def traces(sign_in: SignIn) -> Iterator[str]:
    """Yield what of the credentials a server might repeat in its answer."""
    yield sign_in.secret
    yield sign_in.user
    for text in (sign_in.secret, f"\0{sign_in.user}\0{sign_in.secret}"):
        yield base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")


def _fits_login(client: Client, user: str, secret: str) -> bool:
    """Tell whether LOGIN can carry it: imaplib writes ASCII only, and the user unquoted."""
    return (
        not client.has_capability("LOGINDISABLED")
        and _ATOM.fullmatch(user) is not None
        and bool(secret)
        and secret.isascii()
        and secret.isprintable()
    )


def _once(said: str, then: bytes | None) -> Callable[[bytes], bytes | None]:
    """Answer the first question of a server with the credentials, all others with `then`.

    A refused token is told of by a further question, which wants an empty answer.
    """
    answers = [said.encode("utf-8", "surrogateescape")]

    def answer(_question: bytes) -> bytes | None:
        return answers.pop() if answers else then

    return answer
