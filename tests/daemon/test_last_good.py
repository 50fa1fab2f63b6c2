"""What a start goes on with that meets a mistake in the user's files."""

import asyncio
from contextlib import suppress
from pathlib import Path

from tests.daemon.home import STALE, Home, end, polled, ready, until
from watcher.control.asking import ask_daemon
from watcher.control.commands import Ping, Status
from watcher.core.model import Verdict
from watcher.errors import SourceUnavailable
from watcher.store import Store

EXAMPLES = (
    'tests = [{ text = "一", hit = true }, { text = "二", hit = true },'
    ' { text = "三", hit = false }, { text = "四", hit = false }]\n'
)
MOON = (
    '[[rules]]\nid = "mine.moon"\ntitle = { zh = "我的", en = "mine" }\nstrength = "hard"\n'
    f'all = ["月亮借条"]\n{EXAMPLES}'
)
BROKEN = "[[rules]]\nid = 1\n"


def verdicts(home: Home) -> list[Verdict]:
    with Store.open_to_read(home.state) as store:
        return [row.verdict for row in store.cases()]


def told(home: Home) -> set[str]:
    """Return how the mistakes in the user's files are announced now."""
    with Store.open_to_read(home.state) as store:
        found = [alert.summary for alert in store.overview.announcements()]
    return {one.id for one in found if one is not None and one.id.startswith("daemon.wrong_")}


def watched(home: Home) -> int:
    """Return how many folders the daemon watches; none while it begins anew."""
    with suppress(SourceUnavailable):
        answer = ask_daemon(Ping(), home.state)
        return answer.folders if isinstance(answer, Status) else 0
    return 0


def save(path: Path, text: str) -> None:
    """Save as most editors do."""
    path.parent.mkdir(exist_ok=True)
    other = path.with_suffix(".new")
    other.write_text(text, encoding="utf-8")
    other.rename(path)


def test_a_start_beside_mistakes_goes_on_with_what_was_right_last_and_says_so(home: Home) -> None:
    folder = home.config.parent
    save(folder / "rules" / "mine.toml", MOON)
    right = {path: path.read_text(encoding="utf-8") for path in folder.rglob("*.toml")}
    before = ready(home)
    asyncio.run(until((home.state / "last-good" / "rules" / "mine.toml").exists))
    asyncio.run(until(lambda: polled(home)))
    assert end(before)[0] == 0
    for path in right:
        save(path, BROKEN)

    now = ready(home)
    asyncio.run(until(lambda: told(home) == {"daemon.wrong_config"}, within=30))
    home.drop("sms-1.xml", STALE, "月亮借条请查收")
    asyncio.run(until(lambda: len(verdicts(home)) == 2, within=30))
    assert {*verdicts(home)} == {Verdict.STALE, Verdict.FRAUDULENT}

    assert end(now)[0] == 0
    for path, text in right.items():
        save(path, text)
    ready(home)
    asyncio.run(until(lambda: not told(home), within=30))


def test_an_own_rule_counts_while_it_is_right_and_stays_when_it_is_spoilt(home: Home) -> None:
    daemon = ready(home)
    asyncio.run(until(lambda: polled(home)))
    rule = home.config.parent / "rules" / "mine.toml"
    copy = home.state / "last-good" / "rules" / "mine.toml"
    save(rule, MOON)
    asyncio.run(until(copy.exists, within=30))
    save(rule, BROKEN)
    asyncio.run(until(lambda: told(home) == {"daemon.wrong_rules"}, within=30))

    home.drop("sms-1.xml", "月亮借条请查收")

    asyncio.run(until(lambda: verdicts(home) == [Verdict.FRAUDULENT], within=30))
    assert copy.read_text(encoding="utf-8") == MOON
    # Other settings have it begin anew, rules or no rules.
    (home.folder / "more").mkdir()
    save(home.config, f'{home.config.read_text()}[[sms]]\npath = "{home.folder}/more"\n')
    asyncio.run(until(lambda: watched(home) == 2, within=30))
    assert daemon.poll() is None


def test_rules_that_were_never_right_are_left_out(home: Home) -> None:
    save(home.config.parent / "rules" / "mine.toml", BROKEN)

    ready(home)

    asyncio.run(until(lambda: told(home) == {"daemon.wrong_rules"}, within=30))
    home.drop("sms-1.xml", STALE)
    asyncio.run(until(lambda: verdicts(home) == [Verdict.STALE], within=30))
