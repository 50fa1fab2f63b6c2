"""A real Dovecot on loopback, in a folder of its own, for tests of the mailbox reader."""

import contextlib
import os
import pwd
import random
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.needed import needs
from watcher.sources.imap.connection import Server

USER = "lixiao@youxiang.test"
PASSWORD = "mima-yi-er-san"  # noqa: S105  of a server that lives as long as the test
TOKEN = "ya29.huiyuan"  # noqa: S105  as above

_STARTS_WITHIN = 20.0

_CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
default_internal_user = {login}
default_login_user = {nobody}
default_internal_group = {group}
mail_location = maildir:{folder}/mail/%u
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = {uid}
first_valid_gid = {gid}
ssl = required
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
mail_max_userip_connections = 50
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/passwords
}}
passdb {{
  driver = passwd-file
  mechanisms = xoauth2 oauthbearer
  args = scheme=PLAIN username_format=%u {folder}/tokens
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Junk {{
    special_use = \\Junk
  }}
}}
{more}
"""


class Dovecot:
    """One server with its users and their Maildirs; `port` speaks TLS from the first byte."""

    def __init__(
        self, folder: Path, *, users: Mapping[str, str], more: str = "", port: int | None = None
    ) -> None:
        owner = pwd.getpwnam("mail")
        self.folder = folder
        self._owner = owner.pw_uid, owner.pw_gid
        self.port = port or _free_port()
        self._delivered = 0
        self._chance = random.Random(7)  # noqa: S311  chance decides nothing secret
        self._process: subprocess.Popen[bytes] | None = None
        folder.chmod(0o755)
        for name in ("run", "state", "mail"):
            (folder / name).mkdir()
        os.chown(folder / "mail", *self._owner)
        make_certificate(folder / "certificate.pem", folder / "key.pem")
        self.set_passwords(users)
        (folder / "tokens").write_text(f"{USER}:{{PLAIN}}{TOKEN}\n", encoding="utf-8")
        config = _CONFIG.format(
            folder=folder,
            port=self.port,
            uid=owner.pw_uid,
            gid=owner.pw_gid,
            login="dovecot",
            nobody="dovenull",
            group="dovecot",
            more=more,
        )
        (folder / "dovecot.conf").write_text(config, encoding="utf-8")

    @property
    def server(self) -> Server:
        """How to reach it."""
        return Server(host="localhost", port=self.port, ca_file=self.folder / "certificate.pem")

    def set_passwords(self, users: Mapping[str, str]) -> None:
        """Give users their passwords; takes effect at once."""
        lines = [f"{user}:{{PLAIN}}{password}\n" for user, password in users.items()]
        (self.folder / "passwords").write_text("".join(lines), encoding="utf-8")

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        self._process = subprocess.Popen(
            ["dovecot", "-F", "-c", str(self.folder / "dovecot.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        ends = time.monotonic() + _STARTS_WITHIN
        while time.monotonic() < ends and self._process.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            time.sleep(0.02)
        log = self.folder / "dovecot.log"
        raise RuntimeError(log.read_text(encoding="utf-8") if log.exists() else "no log")

    def stop(self) -> None:
        """Stop it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(10)
            self._process = None

    def sessions(self) -> list[int]:
        """Return the processes that each serve one signed-in session."""
        assert self._process is not None
        listed = subprocess.run(
            ["ps", "-o", "pid=,args=", "--ppid", str(self._process.pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        pairs = (line.split(None, 1) for line in listed.stdout.splitlines())
        return [int(pid) for pid, name in pairs if name.split()[0] == "dovecot/imap"]

    def make_folder(self, name: str, *, user: str = USER) -> None:
        """Make a folder by its name on disk, which is modified UTF-7."""
        self._maildir(user, name)

    def deliver(self, mails: Iterable[bytes], *, user: str = USER, folder: str = "INBOX") -> None:
        """Put mails into a folder, in their order, as a delivery agent does."""
        maildir = self._maildir(user, folder)
        for mail in mails:
            self._delivered += 1
            # Microseconds as they come: of names that count up in step Dovecot's table makes
            # long chains, and looks for each mail in thousands.
            moment = self._chance.randrange(1_000_000)
            name = f"{1_700_000_000 + self._delivered}.M{moment}P{self._delivered}.test"
            path = maildir / "tmp" / name
            path.write_bytes(mail)
            os.chown(path, *self._owner)
            path.rename(maildir / "new" / name)

    def remove(self, *, user: str = USER, folder: str = "INBOX", which: int = 0) -> None:
        """Delete a mail of a folder, by its place in the order of delivery."""
        maildir = self._maildir(user, folder)
        files = sorted((*maildir.glob("new/*"), *maildir.glob("cur/*")), key=lambda one: one.name)
        files[which].unlink()

    def _maildir(self, user: str, folder: str) -> Path:
        home = self.folder / "mail" / user
        maildir = home if folder == "INBOX" else home / f".{folder}"
        for path in (home, maildir, *(maildir / name for name in ("cur", "new", "tmp"))):
            if not path.exists():
                path.mkdir(mode=0o700)
                os.chown(path, *self._owner)
        return maildir


@contextlib.contextmanager
def dovecot(
    folder: Path | None = None, *, users: Mapping[str, str] | None = None, more: str = ""
) -> Iterator[Dovecot]:
    """Run a server; skips the test where Dovecot is not installed or we may not start it.

    A `folder` must be one that the server's own users can reach, which none of pytest's is.
    """
    needs("dovecot-imapd", "dovecot")
    needs("openssl", "openssl")
    needs("procps", "ps")
    if os.geteuid() != 0:
        pytest.skip("Dovecot is started by root only")
    with tempfile.TemporaryDirectory(prefix="dovecot-") as own:
        running = Dovecot(folder or Path(own), users=users or {USER: PASSWORD}, more=more)
        running.start()
        try:
            yield running
        finally:
            running.stop()


def make_certificate(certificate: Path, key: Path, *, name: str = "localhost") -> None:
    """Make a certificate that vouches for itself."""
    wanted = (
        "-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        f" -subj /CN={name} -addext subjectAltName=DNS:{name} -keyout {key} -out {certificate}"
    )
    subprocess.run(["openssl", "req", *wanted.split()], check=True, capture_output=True)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
