"""Pop-ups about hostile notices: how many bodies are bad markup, or show an element.

What a stranger can put anywhere near a pop-up goes the program's own way: through the words
of `watcher.desktop.text`, and a part of it over a session bus to a notification server.
"""

import asyncio
import random
import shutil
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from xml.etree import ElementTree as ET

from bench.report import Numbers, Unmeasured, print_lines, print_table
from tests.notification_server import EVERYTHING, NotificationServer, session_bus
from watcher.core.model import Phrase, Urgency, Verdict
from watcher.desktop.dbus import BusNotifier
from watcher.desktop.showing import Showing
from watcher.desktop.text import MOST_OF_A_NAME, pop_up
from watcher.phrases import LANGUAGES, Phrases
from watcher.phrases.display import printable

BODIES, QUICK = 100_000, 1_000
SENT = 1_000
"""Of them sent to a server; the words are the same on either way."""
_MOST_SHOWN = 20
_MARKUP = frozenset(EVERYTHING)

_PIECES = (
    *(
        "<b>",
        "</b>",
        "<i",
        "/>",
        "<",
        ">",
        "&",
        '"',
        "'",
        "&amp;",
        "&lt;b&gt;",
        "&#60;",
        "&#x3c;b>",
    ),
    *('<a href="https://pay.example/x">', "</a>", '<img src="file:///etc/passwd" alt="x"/>'),
    *(
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?xml version='1.0'?>",
        "<!DOCTYPE x [<!ENTITY y '<b>'>]>",
    ),
    *(
        "&y;",
        "<script>alert(1)</script>",
        "<u onclick='x'>",
        "<br>",
        "\x00",
        "\x1b[31m",
        "\x07",
        "\n",
    ),
    *(
        "\r\n",
        "\u202e",
        "\u2066",
        "\u200b",
        "\ufeff",
        "\u2028",
        "\ud800",
        "\udfff",
        "\ufffe",
        "\x85",
    ),
    *(
        "--help",
        "-u",
        "%s",
        "{case}",
        "{0.__class__}",
        "'>, 'default-action': <'app.pay'>",
        "＜ｂ＞",
    ),
    *(
        "招联金融",
        "您已结清",
        "𠮷",
        "🏦",
        "e\u0301",
        "\U000e0001",
        "\u3164",
        "甲" * 300,
        " ",
        "1352.29",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One pop-up, and the name in it as it has to be read, if it is to be."""

    showing: Showing
    phrases: Phrases
    details: bool
    name: str


def add_options(parser: ArgumentParser) -> None:
    """Declare the options of this figure."""
    parser.add_argument("--wrong", action="store_true", help="list bodies that came out wrong")


def measure(options: Namespace) -> Numbers:
    """Word the pop-ups, send some of them, and print what was found."""
    bodies = QUICK if options.quick else BODIES
    wrong: list[str] = []
    for case in islice(_cases(), bodies):
        body = pop_up(case.showing, case.phrases, capabilities=_MARKUP, details=case.details).body
        if not _is_good(body, case):
            wrong.append(body)
    sent = _send(min(SENT, bodies), wrong)
    print_table(
        "bodies of pop-ups about hostile notices",
        ("way", "bodies"),
        [("worded", bodies), ("sent to a server of them", sent), ("bad markup", len(wrong))],
    )
    if options.wrong:
        print_lines("bad bodies", [(ascii(body),) for body in wrong[:_MOST_SHOWN]])
    return {"bodies": bodies, "bad_markup": len(wrong)}


def _send(bodies: int, wrong: list[str]) -> int:
    """Have a notification server take pop-ups, and keep what it got that is bad."""
    if shutil.which("dbus-daemon") is None:
        raise Unmeasured("it needs the program dbus-daemon")
    with tempfile.TemporaryDirectory() as folder, session_bus(Path(folder) / "bus") as address:
        return asyncio.run(_sent(address, bodies, wrong))


async def _sent(address: str, bodies: int, wrong: list[str]) -> int:
    notifiers = {
        (language, details): BusNotifier(
            {"DBUS_SESSION_BUS_ADDRESS": address},
            Phrases(language),
            clicked=lambda _click: None,
            returned=lambda: None,
            details=details,
        )
        for language in LANGUAGES
        for details in (False, True)
    }
    async with NotificationServer.at(address) as server:
        for case in islice(_cases(), bodies):
            notifier = notifiers[case.phrases.language, case.details]
            if await notifier.show(case.showing) is None:
                wrong.append("")
                continue
            got = server.sent[-1]
            if not _is_good(got.body, case) or not got.title.isprintable():
                wrong.append(got.body)
        for notifier in notifiers.values():
            await notifier.close()
        return len(server.sent)


def _is_good(body: str, case: _Case) -> bool:
    """Return whether a body is well-formed, has no element, and reads as it should."""
    try:
        element = ET.fromstring(f"<body>{body}</body>")  # noqa: S314  our own words
    except ET.ParseError:
        return False
    read = element.text or ""
    plain = pop_up(
        case.showing, case.phrases, capabilities=_MARKUP - {"body-markup"}, details=case.details
    ).body
    named = not case.details or case.showing.count > 1 or case.name in read
    return len(element) == 0 and read == plain and named


def _cases() -> Iterator[_Case]:
    """Yield hostile pop-ups without end, the same ones each time."""
    chance = random.Random(20260322)  # noqa: S311  no secret
    spoken = [Phrases(language) for language in LANGUAGES]
    verdicts = (*Verdict, None)
    for number in count(1):
        text = "".join(chance.choices(_PIECES, k=chance.randint(1, 8)))
        verdict, case = chance.choice(verdicts), chance.choice((None, number))
        yield _Case(
            showing=Showing(
                alert_id=number,
                case_id=case,
                verdict=verdict,
                urgency=chance.choice(tuple(Urgency)),
                count=chance.choice((1, 1, 1, 7)),
                lender=text,
                summary=Phrase(id="desktop.lender", values={"lender": text}),
                court=chance.random() < 0.2,  # noqa: PLR2004  some
                courts=tuple(range(chance.choice((0, 0, 0, 5)))),
            ),
            phrases=chance.choice(spoken),
            details=chance.random() < 0.7,  # noqa: PLR2004  most
            name=printable(text)[:MOST_OF_A_NAME],
        )
