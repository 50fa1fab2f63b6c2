"""The server: accepts, keeps what happened, changes under its clients' hands."""

import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Self

from bench.imap_server.certificates import HOST, Certificates, certificates
from bench.imap_server.channel import Channel, Over
from bench.imap_server.faults import CLEAR, HEALTHY, Ending, Script
from bench.imap_server.mailbox import Account
from bench.imap_server.personalities import PLAIN_SERVER, Personality
from bench.imap_server.session import Session

USER: Final = "zhou@mail.test"
CODE: Final = "code-1234"
"""The password of an account that was given none."""
TOKEN: Final = "token-1"  # noqa: S105  signs in to nothing but this server


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command as a client sent it."""

    connection: int
    name: str
    """In capitals, UID FETCH as FETCH; DONE is a command of its own."""
    text: str = field(repr=False)
    """All after the tag, passwords too."""
    violation: bool


@dataclass(slots=True, kw_only=True)
class Connection:
    """One connection, while it lasts and afterwards."""

    number: int
    script: Script
    user: str | None = None
    """Who signed in."""
    sent: int = 0
    """Bytes the server said within TLS; final once `over`."""
    over: bool = False


class ImapServer:
    """A scripted IMAP server on loopback; safe to use from any thread.

    Connections take the scripts given to `fault_next` in turn, then `script`.
    """

    def __init__(
        self,
        *,
        personality: Personality = PLAIN_SERVER,
        certificates: Certificates | None = None,
        script: Script = HEALTHY,
        old_tls: bool = False,
    ) -> None:
        self.personality = personality
        """For connections to come."""
        self.script = script
        """For connections that no fault was made for."""
        self.host = HOST
        self.port = 0
        self.connections: list[Connection] = []
        """All there ever were, in their order."""
        self._certificates = certificates or _own_certificates()
        self._context = self._certificates.context(old=old_tls)
        self._accounts: dict[str, Account] = {}
        self._commands: list[Command] = []
        self._faults: deque[Script] = deque()
        self._changed = threading.Condition()
        self._open: dict[int, Channel] = {}
        self._threads: set[threading.Thread] = set()
        self._listener: socket.socket | None = None
        self._carried = 0
        self._errors: list[BaseException] = []
        self.up()

    def __enter__(self) -> Self:
        """Serve until the block ends."""
        return self

    def __exit__(self, *_: object) -> None:
        """End everything."""
        self.close()

    @property
    def ca_file(self) -> str:
        """What a client must trust, as a path."""
        return str(self._certificates.ca_file)

    def account(self, user: str = USER, *, password: str = CODE, token: str = TOKEN) -> Account:
        """Return an account, made where there is none."""
        with self._changed:
            if user not in self._accounts:
                folders = dict(self.personality.folders)
                self._accounts[user] = Account(
                    user, password=password, token=token, folders=folders
                )
            return self._accounts[user]

    def fault_next(self, *scripts: Script) -> None:
        """Give the next connections a script each."""
        with self._changed:
            self._faults.extend(scripts)

    @property
    def commands(self) -> tuple[Command, ...]:
        """All commands there ever were."""
        with self._changed:
            return tuple(self._commands)

    @property
    def violations(self) -> tuple[str, ...]:
        """The commands outside of what a reader of mail may send."""
        return tuple(one.text for one in self.commands if one.violation)

    @property
    def traffic(self) -> int:
        """How many bytes TCP carried in both directions, over all connections, TLS and all."""
        with self._changed:
            return self._carried + sum(channel.traffic() for channel in self._open.values())

    @property
    def alive(self) -> int:
        """How many connections there are now."""
        with self._changed:
            return len(self._open)

    def until(self, true: Callable[[], bool], seconds: float = 5) -> bool:
        """Wait until something holds; looked at again at each command, connection and end."""
        with self._changed:
            return self._changed.wait_for(true, seconds)

    def drop_all(self, ending: Ending = Ending.CLOSE) -> None:
        """End all connections at once."""
        with self._changed:
            channels = tuple(self._open.values())
        for channel in channels:
            channel.drop(ending)

    def end_all(self, ending: Ending = Ending.BYE) -> None:
        """End each connection in the server's own words: now in IDLE, else at the next command.

        STALL has nothing more said and nothing closed, as when a link is lost.
        """
        with self._changed:
            channels = tuple(self._open.values())
        for channel in channels:
            channel.ask(ending)

    def down(self) -> None:
        """Refuse connections, and end those that are."""
        with self._changed:
            listener, self._listener = self._listener, None
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.drop_all()

    def up(self) -> None:
        """Accept connections, at the port that the server had."""
        listener = socket.create_server((self.host, self.port), backlog=128)
        self.port = listener.getsockname()[1]
        with self._changed:
            self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def forget(self) -> None:
        """Forget the commands and the connections that are over."""
        with self._changed:
            self._commands.clear()
            self.connections = [one for one in self.connections if not one.over]

    def close(self) -> None:
        """End everything; raise what went wrong within the server itself."""
        self.down()
        for thread in tuple(self._threads):
            thread.join(10)
        if self._errors:
            raise self._errors[0]

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connected, _ = listener.accept()
            except OSError:
                return
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._changed:
                script = self._faults.popleft() if self._faults else self.script
                number = self.connections[-1].number + 1 if self.connections else 1
                connection = Connection(number=number, script=script)
                channel = Channel(connected, script)
                self.connections.append(connection)
                self._open[number] = channel
                thread = threading.Thread(
                    target=self._serve, args=(connection, channel), daemon=True
                )
                self._threads.add(thread)
                thread.start()
                if listener is not self._listener:
                    channel.drop()  # accepted while the server went down
                self._changed.notify_all()

    def _serve(self, connection: Connection, channel: Channel) -> None:
        try:
            channel.moment("accept")
            if connection.script.greeting not in CLEAR:
                channel.secure_with(self._context)
                channel.moment("tls")
            records = _Records(self, connection)
            Session(channel, connection.script, self.personality, records).run()
        except Over:
            pass
        except Exception as error:  # noqa: BLE001  close() raises it, in the thread of the test
            self._errors.append(error)
        finally:
            channel.close()
            with self._changed:
                connection.sent = channel.sent
                connection.over = True
                self._carried += channel.traffic()
                del self._open[connection.number]
                self._threads.discard(threading.current_thread())
                self._changed.notify_all()

    def _keep(self, command: Command) -> None:
        with self._changed:
            self._commands.append(command)
            self._changed.notify_all()

    def _find(self, user: str | None) -> Account | None:
        with self._changed:
            if user is None:
                return next(iter(self._accounts.values()), None)
            return self._accounts.get(user)


@dataclass(frozen=True, slots=True)
class _Records:
    """What one connection's session keeps at the server."""

    server: ImapServer
    connection: Connection

    def account(self, user: str | None) -> Account | None:
        return self.server._find(user)  # noqa: SLF001  both are the server

    def command(self, name: str, text: str, *, violation: bool) -> None:
        number = self.connection.number
        self.server._keep(  # noqa: SLF001  as above
            Command(connection=number, name=name, text=text, violation=violation)
        )

    def signed_in(self, user: str) -> None:
        self.connection.user = user


def _own_certificates() -> Certificates:
    return certificates()
