import asyncio
import socket
import subprocess
import sys
from pathlib import Path

from tests.daemon.home import QUICK, SERVICE, STALE, Home, end, polled, ready, until
from tests.notification_server import NotificationServer
from watcher.phrases import Phrases

TELLING = QUICK.replace("sys.exit(", "code = (") + (
    "print('\\n'.join(sorted(sys.modules)), file=sys.stderr)\nsys.exit(code)\n"
)

HEAVY = {
    # Knowledge that is worked out when the program is made, or that we have in a smaller form.
    *("confusable_homoglyphs", "opencc", "phonenumbers", "tldextract"),
    # The page, which is a child.
    *("anyio", "h11", "jinja2", "starlette", "uvicorn", "web", "pydantic"),
    # What is parsed in a child.
    *("PIL", "charset_normalizer", "mailparser", "zxingcpp"),
    # The keyring is asked by a child; a pop-up of plyer is one.
    *("cryptography", "keyring", "plyer", "secretstorage"),
    # Output for people, and calendars.
    *("greenlet", "icalendar", "pygments", "rich"),
    # The command line, and what writes into files of people.
    *("click", "tomlkit"),
}


def test_a_daemon_that_has_read_judged_and_shown_has_loaded_nothing_heavy(
    home: Home, bus: str
) -> None:
    home.bus = bus

    async def scene() -> None:
        async with NotificationServer.at(bus) as desktop:
            daemon = await asyncio.to_thread(ready, home, TELLING)
            await until(lambda: polled(home))
            home.drop("sms-1.xml", STALE)
            await desktop.next(within=20)
            code, _, said = await asyncio.to_thread(end, daemon)
            assert code == 0
            loaded = {line.partition(".")[0] for line in said.splitlines()}
            assert loaded >= {"watcher", "structlog", "dbus_fast"}
            assert loaded & HEAVY == set()

    asyncio.run(scene())


def test_the_service_speaks_the_language_of_its_settings(home: Home) -> None:
    home.config.write_text(f'language = "zh"\n{home.config.read_text()}')
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(home.folder / "notify"))
        systemd.settimeout(60)
        daemon = home.start(SERVICE)
        said = ""
        while not said.startswith("STATUS="):
            said = systemd.recv(1000).decode()
    assert Phrases("zh").say("daemon.status.watching", {"count": 1}) in said
    assert end(daemon)[0] == 0


def test_a_service_with_wrong_settings_ends_for_good_and_logs_where_they_are_wrong(
    home: Home,
) -> None:
    home.config.write_text("language = 'tlh'\n")
    daemon = home.start(SERVICE)
    assert daemon.wait(60) == 2
    logged = daemon.logged()
    assert '"file": "config.toml"' in logged
    assert '"line": 1' in logged
    assert "tlh" not in logged


def test_what_structlog_is_kept_from_can_be_loaded_afterwards() -> None:
    program = "import watcher.daemon, sys; assert 'rich' not in sys.modules; import rich.table"
    subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2], check=True)
