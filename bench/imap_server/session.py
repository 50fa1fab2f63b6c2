"""What the server answers to each command of one connection."""

import re
from typing import Final, Protocol

from bench.imap_server import signin
from bench.imap_server.channel import Channel, Over
from bench.imap_server.faults import CLEAR, Ending, Greeting, Script
from bench.imap_server.fetch import choose, read_items
from bench.imap_server.mailbox import Account, Folder, decode_name, encode_name
from bench.imap_server.personalities import Id, Personality
from bench.imap_server.selected import Selected
from bench.imap_server.structure import quoted
from bench.imap_server.wire import Request, read_request

READ_ONLY: Final = frozenset(
    {
        *("CAPABILITY", "ID", "LOGIN", "AUTHENTICATE", "LOGOUT"),
        *("LIST", "STATUS", "EXAMINE", "FETCH", "IDLE", "NOOP"),
    }
)
_BEFORE_TLS: Final = ("IMAP4rev1", "STARTTLS", "LOGINDISABLED")
_PAIRS: Final = re.compile(r'NIL|\( *(?:"[^"]{1,30}" +(?:"[^"]{0,1024}"|NIL) *)*\)', re.IGNORECASE)
_NO_FOLDER: Final = "NO [NONEXISTENT] No such mailbox"


class Records(Protocol):
    """What keeps what happens, and knows the accounts."""

    def account(self, user: str | None) -> Account | None:
        """Return who has this name, if anybody; None: whoever came first."""
        ...

    def command(self, name: str, text: str, *, violation: bool) -> None:
        """Keep a command."""
        ...

    def signed_in(self, user: str) -> None:
        """Keep who signed in."""
        ...


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
        self._selected: Selected | None = None
        self._does = {
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
        """Greet, and answer until one side ends it with `Over`."""
        self._greet()
        while True:
            request = read_request(self._channel)
            self._records.command(
                request.name, request.line, violation=not self._reads_only(request)
            )
            self._channel.moment(request.name)
            self._answer(request)
            self._channel.flush()
            self._channel.moment(f"{request.name}.done")

    def _greet(self) -> None:
        kind = self._script.greeting
        text = self._personality.greeting
        if self._personality.says_capabilities:
            text = f"[CAPABILITY {' '.join(self._personality.capabilities)}] {text}"
        if kind is Greeting.STARTTLS:
            text = f"[CAPABILITY {' '.join(_BEFORE_TLS)}] ready"
        word = {
            Greeting.PREAUTH: "* PREAUTH",
            Greeting.PLAINTEXT_PREAUTH: "* PREAUTH",
            Greeting.BYE: "* BYE",
            Greeting.NOT_IMAP: "220",
        }.get(kind, "* OK")
        self._channel.say(f"{word} {text}".encode())
        self._channel.flush()
        if kind is Greeting.BYE:
            raise Over
        if kind in {Greeting.PREAUTH, Greeting.PLAINTEXT_PREAUTH}:
            self._account = self._records.account(None)
        self._channel.moment("greeting")

    def _reads_only(self, request: Request) -> bool:
        if request.name in {"LOGIN", "AUTHENTICATE"} and not self._channel.secure:
            return False
        if request.name != "FETCH":
            return request.name in READ_ONLY and not request.by_uid
        items = read_items(request.rest.partition(" ")[2])
        return bool(items) and all(item.reads_only for item in items)

    def _answer(self, request: Request) -> None:
        if request.name == "LOGOUT":
            self._channel.say(b"* BYE Logging out")
            self._channel.say(request.tag + b" OK LOGOUT completed")
            self._channel.end(Ending.CLOSE)
        does = self._does.get(request.name)
        if does is None and self._personality.drops_unknown and request.name != "SEARCH":
            raise Over
        if self._selected is not None and self._selected.renumbered:
            self._channel.say(b"* BYE The mailbox was numbered anew")
            self._channel.end(Ending.CLOSE)
        answer = self._script.replies.get(request.name)
        if answer is None:
            answer = does(request) if does else "BAD {command}: unknown command"
        self._channel.write(self._script.interjections.get(request.name, b""))
        said = answer.replace("{command}", request.name)
        self._channel.say(request.tag + b" " + said.encode())

    def _capability(self, _: Request) -> str:
        given = self._personality.capabilities
        if self._account:
            given = self._personality.signed_in
        elif self._script.greeting is Greeting.STARTTLS:
            given = _BEFORE_TLS
        self._channel.say(f"* CAPABILITY {' '.join(given)}".encode())
        return self._personality.done

    def _noop(self, _: Request) -> str:
        if self._selected is not None:
            self._selected.news()
        return self._personality.done

    def _id(self, request: Request) -> str:
        if self._personality.id is Id.BAD:
            return "BAD {command}: unknown command"
        if _PAIRS.fullmatch(request.rest) is None:
            return "BAD Request not ending with \\r\\n"
        if self._account is not None and '"name"' in request.rest.lower():
            self._identified = True
        self._channel.say(f"* ID {self._personality.id_reply}".encode())
        return self._personality.done

    def _login(self, request: Request) -> str:
        return self._sign_in(signin.login(request.arguments()))

    def _authenticate(self, request: Request) -> str:
        mechanism, *initial = request.arguments() or [b""]
        name = mechanism.decode("ascii", "replace").upper()
        if f"AUTH={name}" not in self._personality.capabilities:
            return "NO Unsupported authentication mechanism"
        if not initial:
            self._channel.say(b"+ ")
        answer = self._sign_in(signin.sasl(name, initial[0] if initial else self._channel.line()))
        if self._account is None and name in signin.TOKENS:
            self._channel.say(b"+ " + signin.DENIED)
            self._channel.line()  # the client's empty answer
        return answer

    def _sign_in(self, claim: signin.Claim | None) -> str:
        if self._account is not None or self._script.greeting in CLEAR:
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
        return self._personality.done

    def _list(self, request: Request) -> str:
        if self._account is None:
            return "BAD Not signed in"
        pattern = (request.arguments() or [b""])[-1].decode()
        if not pattern:
            self._channel.say(b'* LIST (\\Noselect) "/" ""')
            return self._personality.done
        wild = {"*": ".*", "%": "[^/]*"}
        form = re.compile("".join(wild.get(one, re.escape(one)) for one in pattern))
        for folder in self._account.folders():
            name = encode_name(folder.name)
            if form.fullmatch(name.decode()):
                flags = " ".join(folder.flags).encode()
                self._channel.say(b'* LIST (%b) "/" %b' % (flags, quoted(name)))
        return self._personality.done

    def _folder(self, request: Request) -> Folder | None:
        arguments = request.arguments()
        if self._account is None or not arguments:
            return None
        folder = self._account.find(decode_name(arguments[0]))
        return None if folder is None or "\\Noselect" in folder.flags else folder

    @property
    def _unsafe(self) -> bool:
        return self._personality.id is Id.REQUIRED and not self._identified

    def _status(self, request: Request) -> str:
        if self._unsafe:
            return self._personality.unsafe
        folder = self._folder(request)
        if folder is None or folder.refused:
            return _NO_FOLDER if folder is None else folder.refused
        numbers = {"MESSAGES": len(folder.mails()), "RECENT": 0, "UNSEEN": len(folder.mails())}
        if self._script.says_uidnext:
            numbers["UIDNEXT"] = folder.uidnext
        if self._script.says_uidvalidity:
            numbers["UIDVALIDITY"] = folder.uidvalidity
        asked = request.arguments()[-1].decode().upper().split()
        said = " ".join(f"{name} {numbers[name]}" for name in asked if name in numbers)
        self._channel.say(b"* STATUS %b (%b)" % (quoted(encode_name(folder.name)), said.encode()))
        return self._personality.done

    def _examine(self, request: Request) -> str:
        self._selected = None
        if self._unsafe:
            return self._personality.unsafe
        folder = self._folder(request)
        if folder is None or folder.refused:
            return _NO_FOLDER if folder is None else folder.refused
        self._selected = Selected(folder, self._channel, self._script)
        self._selected.introduce()
        return "OK [READ-ONLY] {command} completed"

    def _fetch(self, request: Request) -> str:
        numbers, _, rest = request.rest.partition(" ")
        items = read_items(rest)
        longest = self._personality.longest_set
        if self._selected is None or not items or not all(item.known for item in items):
            return "BAD {command}: not now, or not this"
        if longest is not None and len(numbers) > longest:
            return "BAD {command}: too long"
        chosen = choose(self._selected.view, numbers, by_uid=request.by_uid)
        if chosen is None:
            return "BAD {command}: no such numbers"
        whole = any(item.is_content for item in items)
        if whole and any(mail.uid in self._script.poison for _, mail in chosen):
            if self._script.poison_answer is None:
                self._channel.end(self._script.ending)
            return self._script.poison_answer
        if request.by_uid and all(item.name != "UID" for item in items):
            items = (*read_items("UID"), *items)
        if self._selected.fetch(chosen, items) or not self._script.gone_is_no:
            return self._personality.done
        return "NO Some of the messages are gone"

    def _idle(self, _: Request) -> str:
        if "IDLE" not in self._personality.signed_in or self._selected is None:
            return "BAD {command}: not now"
        line = self._selected.idle().decode("utf-8", "replace").strip()
        done = line.upper() == "DONE"
        self._records.command("DONE" if done else "", line, violation=not done)
        self._channel.moment("DONE")
        return self._personality.done if done else "BAD Expected DONE"
