"""Where the codes of mailboxes are kept: never in config.toml, a log, the command line or here.

Looked for in this order: what systemd hands the service, the desktop's keyring, and a file
that config.toml names. The keyring is asked by a child process, because one that waits for
somebody to unlock it answers never.
"""

from watcher.secrets.codes import delete_secret, look_for_secret, read_secret, write_secret
from watcher.secrets.files import write_secret_file
from watcher.secrets.tokens import read_token

__all__ = [
    "delete_secret",
    "look_for_secret",
    "read_secret",
    "read_token",
    "write_secret",
    "write_secret_file",
]
