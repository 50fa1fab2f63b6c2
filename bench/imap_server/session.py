"""What the server answers to each command of one connection."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from bench.imap_server import signin
from bench.imap_server.channel import Channel, Over
from bench.imap_server.faults import Ending, Greeting, Script
from bench.imap_server.fetch import choose, fetched, read_items
from bench.imap_server.mailbox import Account, Folder, Mail, decode_name, encode_name
from bench.imap_server.personalities import Id, Personality
from bench.imap_server.structure import quoted

READ_ONLY: Final = frozenset(
    "CAPABILITY ID LOGIN AUTHENTICATE LIST STATUS EXAMINE IDLE DONE NOOP FETCH LOGOUT".split()
)
_COMMAND: Final = re.compile(rb"(\S+) (UID )?(\S+)(?: (.*))?", re.IGNORECASE | re.DOTALL)
_TOKEN: Final = re.compile(rb'"((?:[^"\\]|\\.)*)"|\{(\d+)\+?\}|\(([^()]*)\)|([^\s"()]+)')
_LITERAL: Final = re.compile(rb"\{(\d+)(\+?)\}\Z")
_CLEAR: Final = (Greeting.PLAINTEXT, Greeting.PLAINTEXT_PREAUTH, Greeting.STARTTLS)


class Records(Protocol):
    """What keeps what happens, and knows the accounts."""

    def account(self, user: str) -> Account | None:
        """Return who has this name, if anybody."""
        ...

    def command(self, name: str, text: str, *, violation: bool) -> None:
        """Keep a command."""
        ...

    def signed_in(self, user: str) -> None:
        """Keep who signed in."""
        ...


@dataclass(slots=True)
class _Command:
    tag: bytes
    name: str
    by_uid: bool
    rest: bytes = field(repr=False)
    literals: list[bytes] = field(repr=False)

    def arguments(self) -> list[bytes]:
        """Return what follows the name; a list in parentheses is one argument."""
        literals = iter(self.literals)
        found = []
        for token in _TOKEN.finditer(self.rest):
            if token[1] is not None:
                found.append(re.sub(rb"\\(.)", rb"\1", token[1]))
            elif token[2] is not None:
                found.append(next(literals))
            else:
                found.append(token[4] if token[3] is None else token[3])
        return found


class Session:
    """One connection, from the greeting to its end."""

    def __init__(
        self, channel: Channel, script: Script, personality: Personality, records: Records
    ) -> None:
        self._channel = channel
        self._script = script
        self._personality = personality
        self._records = records
        self._account: Account | None = None
        self._identified = False
        self._folder: Folder | None = None
        self._renumbered = 0
        self._view: tuple[Mail, ...] = ()
        self._does: dict[str, Callable[[_Command], str]] = {
            "CAPABILITY": self._capability,
            "NOOP": self._noop,
            "ID": self._id,
            "LOGIN": self._login,
            "AUTHENTICATE": self._authenticate,
            "LIST": self._list,
            "STATUS": self._status,
            "EXAMINE": self._examine,
            "FETCH": self._fetch,
            "IDLE": self._idle,
        }

    def run(self) -> None:
        """Greet and answer until one side ends it, with `Over`."""
        self._greet()
        while True:
            command = self._read()
            if command is None:
                self._say(b"* BAD What?")
                continue
            self._answer(command)
            self._channel.flush()
            self._channel.moment(command.name + ".done")

    def _say(self, line: bytes) -> None:
        self._channel.write(line + b"\r\n")

    def _greet(self) -> None:
        kind = self._script.greeting
        text = self._personality.greeting
        if self._personality.says_capabilities:
            text = f"[CAPABILITY {' '.join(self._personality.capabilities)}] {text}"
        if kind is Greeting.STARTTLS:
            text = "[CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready"
        word = {
            Greeting.PREAUTH: "* PREAUTH",
            Greeting.PLAINTEXT_PREAUTH: "* PREAUTH",
            Greeting.BYE: "* BYE",
            Greeting.NOT_IMAP: "220",
        }.get(kind, "* OK")
        self._say(f"{word} {text}".encode())
        self._channel.flush()
        if kind is Greeting.BYE:
            raise Over
        self._channel.moment("greeting")

    def _read(self) -> _Command | None:
        """Read a command, with its literals."""
        line = self._channel.line()
        literals: list[bytes] = []
        while found := _LITERAL.search(line):
            if not found[2]:
                self._say(b"+ go on")
            literals.append(self._channel.literal(int(found[1])))
            line += self._channel.line()
        parts = _COMMAND.fullmatch(line)
        if parts is None:
            self._records.command("", line.decode("utf-8", "replace"), violation=True)
            return None
        name = parts[3].decode("ascii", "replace").upper()
        text = line.partition(b" ")[2].decode("utf-8", "replace")
        command = _Command(parts[1], name, bool(parts[2]), parts[4] or b"", literals)
        self._records.command(name, text, violation=not self._allowed(command))
        return command

    def _allowed(self, command: _Command) -> bool:
        if command.name in {"LOGIN", "AUTHENTICATE"} and not self._channel.secure:
            return False
        if command.name != "FETCH":
            return command.name in READ_ONLY and not command.by_uid
        items = read_items(command.rest.decode("ascii", "replace").partition(" ")[2])
        return bool(items) and all(item.reads_only for item in items)

    def _answer(self, command: _Command) -> None:
        name = command.name
        self._channel.moment(name)
        if name == "LOGOUT":
            self._say(b"* BYE Logging out")
            self._say(command.tag + b" OK LOGOUT completed")
            self._channel.end(Ending.CLOSE_TLS)
        does = self._does.get(name)
        if does is None and self._personality.drops_unknown and name != "SEARCH":
            raise Over
        if self._folder is not None and self._folder.renumbered != self._renumbered:
            self._say(b"* BYE The mailbox was numbered anew")
            self._channel.end(Ending.CLOSE)
        answer = self._script.replies.get(name)
        if answer is None:
            answer = does(command) if does else f"BAD {name}: unknown command"
        self._channel.write(self._script.interjections.get(name, b""))
        self._say(command.tag + b" " + answer.format(command=name).encode())

    def _done(self) -> str:
        return self._personality.done

    def _capability(self, _: _Command) -> str:
        given = self._personality.capabilities
        if self._account:
            given = self._personality.signed_in
        elif self._script.greeting is Greeting.STARTTLS:
            given = ("IMAP4rev1", "STARTTLS", "LOGINDISABLED")
        self._say(f"* CAPABILITY {' '.join(given)}".encode())
        return self._done()

    def _noop(self, _: _Command) -> str:
        self._news()
        return self._done()

    def _id(self, command: _Command) -> str:
        if self._personality.id in {Id.BAD, Id.ABSENT}:
            return "BAD ID: unknown command"
        pairs = re.fullmatch(
            rb'NIL|\( *(?:"[^"]{1,30}" +(?:"[^"]{0,1024}"|NIL) *)*\)', command.rest, re.IGNORECASE
        )
        if pairs is None:
            return "BAD Request not ending with \\r\\n"
        if self._account is not None and b'"name"' in command.rest.lower():
            self._identified = True
        self._say(f"* ID {self._personality.id_reply}".encode())
        return self._done()

    def _login(self, command: _Command) -> str:
        return self._sign_in(signin.login(command.arguments()))

    def _authenticate(self, command: _Command) -> str:
        mechanism, *initial = (one.decode("ascii", "replace") for one in command.arguments())
        if f"AUTH={mechanism.upper()}" not in self._personality.capabilities:
            return "NO Unsupported authentication mechanism"
        if initial:
            said = initial[0].encode()
        else:
            self._say(b"+ ")
            said = self._channel.line()
        claim = signin.sasl(mechanism.upper(), said)
        answer = self._sign_in(claim)
        if self._account is None and mechanism.upper() in signin.TOKENS:
            self._say(b"+ " + signin.DENIED)
            self._channel.line()  # the client's empty answer
        return answer

    def _sign_in(self, claim: signin.Claim | None) -> str:
        if self._account is not None or self._script.greeting in _CLEAR:
            return "BAD Not now"
        if claim is None:
            return "BAD Cannot read this"
        refuses = self._personality.no_passwords
        if refuses is not None and not claim.by_token:
            return refuses
        account = self._records.account(claim.user)
        if account is None or not claim.holds(account):
            return self._personality.refused
        self._account = account
        self._records.signed_in(account.user)
        if self._personality.says_capabilities:
            return f"OK [CAPABILITY {' '.join(self._personality.signed_in)}] Logged in"
        return self._done()

    def _list(self, command: _Command) -> str:
        if self._account is None:
            return "BAD Not signed in"
        arguments = command.arguments()
        pattern = arguments[1].decode() if len(arguments) > 1 else ""
        if not pattern:
            self._say(b'* LIST (\\Noselect) "/" ""')
            return self._done()
        form = re.compile(
            "".join({"*": ".*", "%": "[^/]*"}.get(one, re.escape(one)) for one in pattern)
        )
        for folder in self._account.folders():
            name = encode_name(folder.name)
            if form.fullmatch(name.decode()):
                flags = " ".join(folder.flags).encode()
                self._say(b'* LIST (%b) "/" %b' % (flags, quoted(name)))
        return self._done()

    def _named(self, command: _Command) -> Folder | None:
        arguments = command.arguments()
        if self._account is None or not arguments:
            return None
        folder = self._account.find(decode_name(arguments[0]))
        return None if folder is None or "\\Noselect" in folder.flags else folder

    def _unsafe(self) -> str | None:
        if self._personality.id is Id.REQUIRED and not self._identified:
            return self._personality.unsafe
        return None

    def _status(self, command: _Command) -> str:
        if refused := self._unsafe():
            return refused
        folder = self._named(command)
        if folder is None:
            return "NO [NONEXISTENT] No such mailbox"
        numbers = {
            "MESSAGES": len(folder.mails()),
            "RECENT": 0,
            "UNSEEN": len(folder.mails()),
        }
        if self._script.says_uidnext:
            numbers["UIDNEXT"] = folder.uidnext
        if self._script.says_uidvalidity:
            numbers["UIDVALIDITY"] = folder.uidvalidity
        asked = command.arguments()[-1].decode().upper().split()
        said = " ".join(f"{name} {numbers[name]}" for name in asked if name in numbers)
        self._say(b"* STATUS %b (%b)" % (quoted(encode_name(folder.name)), said.encode()))
        return self._done()

    def _examine(self, command: _Command) -> str:
        self._folder, self._view = None, ()
        if refused := self._unsafe():
            return refused
        folder = self._named(command)
        if folder is None:
            return "NO [NONEXISTENT] No such mailbox"
        self._folder, self._renumbered = folder, folder.renumbered
        self._view = folder.mails()
        self._say(b"* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)")
        self._say(b"* OK [PERMANENTFLAGS ()] Read-only mailbox")
        self._say(b"* %d EXISTS" % len(self._view))
        self._say(b"* 0 RECENT")
        if self._script.says_uidvalidity:
            self._say(b"* OK [UIDVALIDITY %d] UIDs valid" % folder.uidvalidity)
        if self._script.says_uidnext:
            self._say(b"* OK [UIDNEXT %d] Predicted next UID" % folder.uidnext)
        return "OK [READ-ONLY] {command} completed"

    def _fetch(self, command: _Command) -> str:
        numbers, _, rest = command.rest.decode("ascii", "replace").partition(" ")
        items = read_items(rest)
        longest = self._personality.longest_set
        if self._folder is None or not all(item.known for item in items) or not items:
            return "BAD FETCH: not now, or not this"
        if longest is not None and len(numbers) > longest:
            return "BAD FETCH: too long"
        chosen = choose(self._view, numbers, by_uid=command.by_uid)
        if chosen is None:
            return "BAD FETCH: no such numbers"
        script, channel = self._script, self._channel
        if command.by_uid and all(item.name != "UID" for item in items):
            items = read_items(f"UID {rest.strip('()')}")
        if script.others_first:
            self._say(b"* 1 FETCH (FLAGS (\\Seen))")
            self._say(b"* 2 FETCH (UID 4000000000 FLAGS (\\Seen))")
        between = script.interjections.get("FETCH", b"")
        contents = any(item.section is not None or item.name == "BODYSTRUCTURE" for item in items)
        met_gone = False
        for number, mail in chosen:
            if not self._folder.holds(mail) or (contents and mail.uid in script.vanishing):
                met_gone = True
                continue
            if script.huge_literal_at == "FETCH":
                self._say(b"* %d FETCH (UID %d BODY[] {%d}" % (number, mail.uid, script.huge))
                channel.write(b"x" * 1000)
                channel.end(Ending.STALL)
            for place, piece in enumerate(fetched(number, mail, items, script)):
                if place % 2 and script.stop_at == "literal":
                    channel.write(piece[: len(piece) // 2])
                    channel.flush()
                    channel.moment("literal")
                    channel.write(piece[len(piece) // 2 :])
                else:
                    channel.write(piece)
            channel.write(between)
        return "NO Some mails are gone" if met_gone and script.gone_is_no else self._done()

    def _news(self) -> None:
        """Tell what changed in the folder since the client last heard of it."""
        if self._folder is None:
            return
        before, now = self._view, self._folder.mails()
        if now is before:
            return
        held = set(map(id, now)) if now[: len(before)] != before else None
        left = len(before)
        if held is not None:
            for place in range(len(before), 0, -1):
                if id(before[place - 1]) not in held:
                    self._say(b"* %d EXPUNGE" % place)
                    left -= 1
        self._view = now
        if len(now) > left:
            if not self._script.recent_only:
                self._say(b"* %d EXISTS" % len(now))
            self._say(b"* %d RECENT" % (len(now) - left))

    def _idle(self, command: _Command) -> str:
        if "IDLE" not in self._personality.signed_in or self._folder is None:
            return "BAD IDLE: not now"
        folder, channel, at = self._folder, self._channel, self._script.news_at_idle
        channel.listen()
        folder.watch(channel.wake)
        try:
            if at == "before":
                self._news()
            self._say(b"+ idling")
            if at == "with":
                self._news()
            channel.flush()
            channel.moment("idling")
            while True:
                self._news()
                channel.flush()
                if folder.renumbered != self._renumbered:
                    channel.end(Ending.BYE)
                line = channel.line_or_news()
                if line is not None:
                    break
        finally:
            folder.unwatch(channel.wake)
        done = line.strip().upper() == b"DONE"
        name = "DONE" if done else ""
        self._records.command(name, line.decode("utf-8", "replace"), violation=not done)
        channel.moment("DONE")
        return self._done() if done else "BAD Expected DONE"
