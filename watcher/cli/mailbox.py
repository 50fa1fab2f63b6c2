"""Trying an account live: connects, signs in, looks which folders there are; reads no mail."""

import os
from dataclasses import dataclass
from typing import Any

from watcher.accounts import meaning_of, watched
from watcher.cli.context import Context
from watcher.core.rules import Text
from watcher.errors import UserError, WatcherError
from watcher.sources.imap.signin import SignIn
from watcher.userfiles.config import Account
from watcher.userfiles.providers import Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a mailbox holds: each folder that is read, with how many mails are in it."""

    folders: tuple[tuple[str, int], ...]
    tells_at_once: bool
    """Whether the server says of a new mail by itself."""

    @property
    def mails(self) -> int:
        """How many mails there are in all folders together."""
        return sum(count for _, count in self.folders)


def try_account(account: Account, provider: Provider, secret: str | None = None) -> Found:
    """Sign in and look; with `secret`, before it is stored anywhere.

    Raises what keeps the mailbox from being watched.
    """
    way = watched(account, provider, environ=os.environ)
    if secret is None:
        credentials = way.sign_in()
    else:
        credentials = SignIn(user=account.address, secret=secret, mechanism=account.sign_in)
    session = way.connect(credentials)
    try:
        listed = [(folder.name, folder.flags) for folder in session.folders()]
        counted = []
        for name in way.choose(listed):
            # Some servers refuse here, and not before, whom they do not know.
            state = session.examine(name)
            counted.append((name, state.exists))
        return Found(folders=tuple(counted), tells_at_once=session.can_idle)
    finally:
        session.close()


def said(speaker: Context, text: Text) -> str:
    """Return a sentence of a rule file in the language of this run."""
    return text.zh if speaker.language == "zh" else text.en


def explained(speaker: Context, failure: WatcherError, provider: Provider) -> str:
    """Return in one sentence what is wrong, in words where the provider's are known."""
    meaning = meaning_of(failure, provider)
    if meaning is None:
        return speaker.say(failure.says, **failure.values)
    reply = failure.values["reply"]
    return speaker.say("account.refused_because", meaning=said(speaker, meaning), reply=reply)


def result_form(
    speaker: Context, account: Account, provider: Provider, result: Found | WatcherError
) -> dict[str, Any]:
    """Return what became of a try as the JSON object that programs get."""
    form: dict[str, Any] = {"address": account.address, "provider": provider.id}
    if isinstance(result, Found):
        folders = [{"name": name, "messages": count} for name, count in result.folders]
        return form | {"ok": True, "folders": folders, "idle": result.tells_at_once}
    reason = explained(speaker, result, provider)
    return form | {"ok": False, "says": result.says, "reason": reason}


def must_take_codes(speaker: Context, account: Account, provider: Provider) -> None:
    """Refuse a code where the provider takes tokens only, and say what to do instead."""
    if provider.password or account.sign_in != "password":
        return
    for line in said(speaker, provider.code).splitlines():
        speaker.hint(line)
    raise UserError("account.tokens_only", {"provider": said(speaker, provider.name)})
