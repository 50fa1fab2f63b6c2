import asyncio
import io

from tests.notification_server import NotificationServer
from watcher.core.model import Phrase, Urgency, Verdict
from watcher.desktop.choose import Desktop, choose_notifier
from watcher.desktop.showing import Showing, Shown
from watcher.desktop.terminal import TerminalNotifier
from watcher.phrases import Phrases


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def showing(summary: Phrase | None = None) -> Showing:
    return Showing(
        alert_id=5,
        case_id=1,
        verdict=Verdict.STALE,
        urgency=Urgency.NORMAL,
        summary=summary,
    )


def chosen(environ: dict[str, str], terminal: io.StringIO) -> Desktop:
    return choose_notifier(
        environ,
        Phrases("zh"),
        clicked=lambda _click: None,
        returned=lambda: None,
        terminal=terminal,
    )


def test_where_a_desktop_answers_the_terminal_stays_empty(bus: str) -> None:
    async def scene() -> None:
        async with NotificationServer.at(bus):
            terminal = Terminal()
            desktop = chosen({"DBUS_SESSION_BUS_ADDRESS": bus}, terminal)

            shown = await desktop.show(showing())

            assert shown is not None
            assert shown.backend == "dbus"
            assert terminal.getvalue() == ""
            await desktop.close()

    asyncio.run(scene())


def test_without_a_desktop_the_terminal_gets_one_plain_line() -> None:
    terminal = Terminal()

    shown = asyncio.run(chosen({}, terminal).show(showing()))

    assert shown == Shown(backend="terminal")
    assert terminal.getvalue() == (
        "结清守望：已还清的款项又收到通知 | "
        "发现一条与已还清款项有关的通知。请自己打开机构的 App 核对。 | "
        "核对清单：在终端运行 loan-watcher explain 1\n"
    )


def test_a_pipe_is_no_reader() -> None:
    pipe = io.StringIO()

    assert asyncio.run(chosen({}, pipe).show(showing())) is None
    assert pipe.getvalue() == ""


def test_a_senders_control_characters_do_not_reach_the_terminal() -> None:
    terminal = Terminal()
    hostile = Phrase(id="desktop.lender", values={"lender": "\x1b]0;x\x07\r\n\u202e假\x9b31m"})

    asyncio.run(TerminalNotifier(terminal, Phrases("zh")).show(showing(hostile)))

    (line,) = terminal.getvalue().splitlines()
    assert line.isprintable()
    assert "假" in line


def test_a_closed_terminal_leaves_the_alert_waiting() -> None:
    terminal = Terminal()
    terminal.close()

    assert asyncio.run(TerminalNotifier(terminal, Phrases("zh")).show(showing())) is None
