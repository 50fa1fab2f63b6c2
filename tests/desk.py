"""A desktop and a mail server in a box: a screen, pop-ups, a keyring, a browser, Dovecot."""

import io
import os
import shlex
import sys
from pathlib import Path

from PIL import Image

from tests.booted import ROOT, USER, Booted, libraries
from tests.needed import needs

SCREEN = ":5"
MAILS = "/srv/mail"
ADDRESS = "lixiao@youxiang.test"
CODE = "abcdefghijklmnop"
DEBUGGING = 9222
_ENVIRON = f"export DISPLAY={SCREEN}; PATH=$HOME/.local/bin:$PATH"

_NOTIFIER = "/usr/lib/systemd/user/xfce4-notifyd.service"
_BROWSER = f"""#!/bin/sh
exec chromium --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync \\
  --disable-background-networking --disable-component-update --password-store=basic \\
  --remote-debugging-port={DEBUGGING} "$@"
"""
_FILES = {
    ".config/systemd/user/screen.service": f"""
[Service]
ExecStart=/usr/bin/Xvfb {SCREEN} -screen 0 1024x640x24 -nolisten tcp
""",
    # Whoever asks for the keyring first starts the same one; a second could not be unlocked.
    ".config/systemd/user/keyring.service": """
[Service]
Type=dbus
BusName=org.freedesktop.secrets
ExecStart=/bin/sh -c 'printf password \\
  | exec gnome-keyring-daemon --foreground --unlock --components=secrets'
""",
    ".local/share/dbus-1/services/org.freedesktop.secrets.service": """
[D-BUS Service]
Name=org.freedesktop.secrets
Exec=/bin/false
SystemdService=keyring.service
""",
    ".local/bin/browser": _BROWSER,
    ".local/share/applications/browser.desktop": f"""
[Desktop Entry]
Type=Application
Name=Browser
Exec=/home/{USER}/.local/bin/browser %U
MimeType=text/html;
""",
    ".config/mimeapps.list": "[Default Applications]\ntext/html=browser.desktop\n",
}
# As a desktop does when its user logs in.
_LOGIN = f"""
systemctl --user -q mask --runtime dunst.service
systemctl --user set-environment DISPLAY={SCREEN} LANG=zh_CN.UTF-8
systemctl --user start screen
busctl --user -q call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig
systemctl --user start keyring
until xdotool getmouselocation >/dev/null 2>&1; do sleep 0.05; done
systemctl --user start xfce4-notifyd
"""
_POST = f"""
import sys
from pathlib import Path
from tests.dovecot import Dovecot
folder = Path("{MAILS}")
folder.mkdir()
server = Dovecot(folder, users={{"{ADDRESS}": "{CODE}"}}, port=993)
server.deliver([])
"""
_POST_UNIT = f"""
[Service]
ExecStart=/usr/sbin/dovecot -F -c {MAILS}/dovecot.conf
[Install]
WantedBy=basic.target
"""
_TRUST = f"""
certificate={MAILS}/certificate.pem
ln -s $certificate /etc/ssl/certs/$(openssl x509 -hash -noout -in $certificate).0
systemctl daemon-reload; systemctl enable --now post
"""


_SEARCH = "xdotool search --onlyvisible --class xfce4-notifyd getwindowgeometry --shell %@"
Place = tuple[int, int, int, int]
"""Left, top, right and bottom on the screen."""


class Desk:
    """What the user of a box sits at."""

    def __init__(self, box: Booted) -> None:
        self.box = box
        self._delivered = 0
        needs("xvfb", "Xvfb")
        needs("xdotool", "xdotool")
        needs("xfce4-notifyd", _NOTIFIER)
        needs("gnome-keyring", "gnome-keyring-daemon")
        needs("chromium", "chromium")
        needs("dovecot-imapd", "dovecot")
        needs("xdg-utils", "xdg-open")
        for name, text in _FILES.items():
            self.write(name, text)
        self.said("chmod +x .local/bin/browser")

    def log_in(self) -> None:
        """Bring up the screen, the pop-ups and the keyring."""
        self.said(_LOGIN)

    def open_post_office(self) -> None:
        """Start a mail server with one empty mailbox, whose certificate the box trusts."""
        path = os.pathsep.join([str(ROOT), *libraries()])
        done = self.box.root("env", f"PYTHONPATH={path}", sys.executable, "-c", _POST)
        assert done.returncode == 0, done.stderr
        self.box.path("/etc/systemd/system/post.service").write_text(_POST_UNIT)
        done = self.box.root("/bin/sh", "-euc", _TRUST)
        assert done.returncode == 0, done.stderr

    def deliver(self, mail: bytes) -> None:
        """Put a mail into the mailbox."""
        self._delivered += 1
        folder = self.box.path(f"{MAILS}/mail/{ADDRESS}")
        owner = folder.stat()
        path = folder / "tmp" / f"{self._delivered}.M{self._delivered}.box"
        path.write_bytes(mail)
        os.chown(path, owner.st_uid, owner.st_gid)
        path.rename(folder / "new" / path.name)

    def write(self, name: str, text: str) -> None:
        """Write a file of the user's, at once whole."""
        self.said(
            f"mkdir -p $(dirname {name}); printf %s {shlex.quote(text)} > {name}.part;"
            f" mv {name}.part {name}"
        )

    def said(self, script: str) -> str:
        """Run a script at this desk, which must succeed, and return what it said."""
        return self.box.said(f"{_ENVIRON}; {script}")

    def pop_ups(self) -> list[Place]:
        """Return where pop-ups are on the screen."""
        return _places(self.box.user(f"{_ENVIRON}; {_SEARCH}").stdout)

    def next_pop_up(self) -> Place:
        """Wait for a pop-up."""
        # Waiting in the box is cheaper than asking again and again from outside.
        found = _places(self.said(f"timeout 120 {_SEARCH.replace('search', 'search --sync')}"))
        return found[0]

    def no_pop_up(self) -> None:
        """Wait until there is none."""
        self.said(f"timeout 60 sh -c 'while {_SEARCH} >/dev/null; do sleep 0.2; done'")

    def screenshot(self) -> Image.Image:
        """Return what is on the screen."""
        grab = f"from PIL import ImageGrab; ImageGrab.grab(xdisplay='{SCREEN}').save('seen.png')"
        self.said(f'venv/bin/python -c "{grab}"')
        return Image.open(io.BytesIO(self.box.path("seen.png").read_bytes())).convert("RGB")

    def click(self, x: int, y: int) -> None:
        """Move the mouse to a place, and click."""
        self.said(f"xdotool mousemove {x} {y} sleep 0.2 click 1")


def _places(said: str) -> list[Place]:
    """Read what xdotool says of windows."""
    found = []
    numbers: dict[str, int] = {}
    for line in said.splitlines():
        name, _, value = line.partition("=")
        if value.lstrip("-").isdigit():
            numbers[name] = int(value)
        if name == "SCREEN":
            left, top = numbers["X"], numbers["Y"]
            found.append((left, top, left + numbers["WIDTH"], top + numbers["HEIGHT"]))
    return found


def screenshots() -> Path | None:
    """Return the folder in which the screenshots are to be kept, if they are."""
    folder = os.environ.get("LOAN_WATCHER_TESTS_SCREENSHOTS")
    return Path(folder) if folder else None
