"""All figures that the READMEs show: `python -m bench.readme --write [FIGURE…]` puts them there.

The tables stand between `<!-- figures -->` and `<!-- /figures -->`. What is not asked for, or
cannot be measured here (the corpora are not shipped), keeps the line that it had.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from io import StringIO

from bench.__main__ import FIGURES
from bench.report import CHECKOUT, Numbers, Unmeasured, print_table

OPENS, CLOSES = "<!-- figures -->", "<!-- /figures -->"
COLUMNS: Mapping[str, tuple[str, str, str]] = {
    "README.md": ("figure", "measured", "command"),
    "README.zh-CN.md": ("数字", "测得", "命令"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure: where it comes from, how it is written, and what it is called."""

    figure: str
    key: str
    shown: str
    en: str
    zh: str

    @property
    def command(self) -> str:
        """The command whose last line holds the figure."""
        return f"`python -m bench {self.figure}`"

    def written(self, numbers: Numbers) -> str:
        """Return the figure as a reader sees it."""
        return self.shown.format(numbers[self.key])


SHARE, FINE, COUNT, TIMES, RATE = "{:.1%}", "{:.2%}", "{:,}", "{:.1f}", "{:,.0f}"
SECONDS = "{:.2f} s"

ROWS = tuple(
    Row(figure=figure, key=key, shown=shown, en=en, zh=zh)
    for figure, key, shown, en, zh in (
        ("cases", "messages", COUNT, "messages in the case set", "案例里的消息数"),
        ("cases", "verdict", SHARE, "verdict among the accepted ones", "结论在可接受之列"),
        ("cases", "fraud_recall", SHARE, "frauds called `fraudulent`", "诈骗判为 `fraudulent`"),
        (
            "cases",
            "fraud_reassured",
            COUNT,
            "frauds called `expected`, `lagging` or nothing",
            "诈骗判为 `expected`、`lagging` 或不提醒的条数",
        ),
        ("cases", "false_fraud", SHARE, "others called `fraudulent`", "不是诈骗却判为诈骗"),
        (
            "cases",
            "noise",
            SHARE,
            "messages that ask nothing but got a verdict",
            "没要什么却给了结论",
        ),
        ("cases", "kind", SHARE, "kind right", "种类判对"),
        ("cases", "loan", SHARE, "loan right", "对上的借款判对"),
        ("cases", "amount", SHARE, "amount right", "金额判对"),
        ("corpora", "demand_recall", SHARE, "real demands recognised", "真实还款通知认出"),
        ("corpora", "receipt_recall", SHARE, "real receipts recognised", "真实回执认出"),
        ("unseen", "frauds", COUNT, "frauds by an author kept apart", "另存一位作者写的骗局"),
        ("unseen", "found", COUNT, "of them called `fraudulent`", "其中判为 `fraudulent`"),
        (
            "unseen",
            "called_fraud",
            COUNT,
            "of 300 ordinary messages beside them called one",
            "同一作者的 300 条平常消息里误判为骗局",
        ),
        (
            "corpora",
            "chat_alerts",
            COUNT,
            "alerts on 15,421 real messages that ask nothing",
            "15,421 条与还款无关的真实消息里误报",
        ),
        ("metamorphic", "pairs", COUNT, "pairs with soothing text added", "添上安抚话的消息对"),
        ("metamorphic", "violations", COUNT, "of them judged milder", "其中判轻了的"),
        ("rule-mutation", "mutants", COUNT, "rules changed on purpose", "故意改坏的规则"),
        (
            "rule-mutation",
            "killed",
            COUNT,
            "of them noticed by their own examples",
            "其中被例子发现的",
        ),
        ("charset", "mails", COUNT, "mails whose charset label lies", "字符集标签不实的邮件"),
        ("charset", "characters_right", FINE, "of their characters read right", "其中读对的字"),
        (
            "charset",
            "worst_row",
            FINE,
            "read right with the worst of 21 labels",
            "21 种标签里最差一种读对的字",
        ),
        ("faults", "cases", COUNT, "faults of disk, desktop and clock", "磁盘、桌面和时钟的故障"),
        (
            "faults",
            "failed",
            COUNT,
            "of them that lost, damaged or hid anything",
            "其中丢了、坏了或瞒了什么的",
        ),
        ("canary", "canaries", COUNT, "words of a person, driven", "放进去的私人信息"),
        ("canary", "paths", COUNT, "ways to fail that they met", "经过的出错路径"),
        (
            "canary",
            "hits",
            COUNT,
            "of them found in logs, command lines, pop-ups or files",
            "其中出现在日志、命令行、弹窗或别的文件里的",
        ),
        ("kill", "rounds", COUNT, "times the service was killed", "后台服务被强行结束的次数"),
        ("kill", "lost", COUNT, "alerts lost by that", "因此丢掉的提醒"),
        ("kill", "doubled", COUNT, "cases doubled by that", "因此重复的案子"),
        (
            "kill",
            "repeated",
            COUNT,
            "times a pop-up was shown again at most",
            "同一弹窗最多重复几次",
        ),
        ("idle", "rss_mb", TIMES, "MB of memory, the service", "后台服务占用内存（MB）"),
        ("idle", "wakeups_per_min", TIMES, "wake-ups a minute, idle", "空闲时每分钟唤醒次数"),
        ("idle", "cpu_percent", "{:.3f}%", "of a core, idle", "空闲时占用一个核"),
        (
            "idle",
            "slope_mb",
            TIMES,
            "MB more in the second half of a million messages",
            "判一百万条消息，后一半多占内存（MB）",
        ),
        ("idle", "ready_s", SECONDS, "from start to ready, 100,000 cases", "十万个案子时启动用时"),
        ("imap-faults", "faults", COUNT, "faults of the line to a mail server", "邮件线路故障"),
        ("imap-faults", "lost", COUNT, "notices lost by them", "因此丢掉的通知"),
        ("imap-faults", "doubled", COUNT, "notices doubled by them", "因此重复的通知"),
        (
            "imap-faults",
            "back_within_60s",
            SHARE,
            "watching again within a minute",
            "一分钟内恢复检查",
        ),
        ("imap-idle", "alert_s", SECONDS, "from a new mail to its alert", "新邮件到提醒"),
        (
            "imap-idle",
            "alert_polled_s",
            SECONDS,
            "the same where the server has no IDLE",
            "服务器没有 IDLE 时",
        ),
        (
            "imap-idle",
            "wakeups_per_min",
            TIMES,
            "wake-ups a minute, an idle mailbox",
            "空闲邮箱每分钟唤醒次数",
        ),
        ("imap-idle", "kb_per_hour", RATE, "KB an hour, an idle mailbox", "空闲邮箱每小时 KB"),
        (
            "imap-scan",
            "headers_per_s",
            RATE,
            "mails a second, headers and structure",
            "每秒邮件数：只看信头和结构",
        ),
        (
            "imap-scan",
            "texts_per_s",
            RATE,
            "mails a second, text read and judged",
            "每秒邮件数：取正文并判断",
        ),
        ("judge", "messages_per_s", RATE, "messages a second, one core", "每秒消息数（单核）"),
        ("judge", "notices_per_s", RATE, "notices a second, one core", "每秒通知数（单核）"),
        (
            "judge",
            "times_naive",
            TIMES,
            "times as fast as trying every rule",
            "比逐条试规则快的倍数",
        ),
        (
            "judge",
            "rules_5000_ratio",
            TIMES,
            "times as long with 5,000 more rules",
            "多 5,000 条规则后用时的倍数",
        ),
        (
            "judge",
            "loans_10000_ratio",
            TIMES,
            "times as long with 10,000 loans",
            "一万笔借款时用时的倍数",
        ),
        ("judge", "megabyte_message_s", SECONDS, "a message of 1 MB", "一条 1 MB 的消息"),
        ("notify", "bodies", COUNT, "pop-ups about hostile notices", "恶意通知的弹窗"),
        ("notify", "bad_markup", COUNT, "of them with markup in the text", "其中正文里带标记的"),
        ("page", "click_to_page_s", SECONDS, "from a click to the page", "点开到看见页面"),
        ("page", "page_10000_cases_s", SECONDS, "the list of 10,000 cases", "一万条提醒的列表"),
        (
            "sms",
            "messages_per_s",
            RATE,
            "SMS of an export a second, read, judged and stored",
            "短信导出每秒条数：读取、判断并记下",
        ),
        ("sms", "rss_mb", RATE, "MB of memory for a million of them", "一百万条短信占用内存（MB）"),
        (
            "sms",
            "growth_ratio",
            TIMES,
            "times as long for one after a million",
            "百万条之后每条用时的倍数",
        ),
        (
            "sms",
            "mms_mb_per_s",
            RATE,
            "MB of pictures in an export passed over a second",
            "导出里的图片每秒跳过 MB 数",
        ),
        (
            "sms",
            "reread_speedup",
            TIMES,
            "times as fast when it was read before",
            "再读一遍快的倍数",
        ),
        (
            "sms",
            "times_naive",
            TIMES,
            "times as fast as a plain loop with the same verdicts",
            "比得出同样结论的普通写法快的倍数",
        ),
        (
            "sms",
            "damaged_recovered",
            SHARE,
            "kinds of damaged exports read whole",
            "能完整读出的损坏导出",
        ),
    )
)


def main(arguments: list[str]) -> int:
    """Measure everything once, show it as the READMEs do, and write it there where told to."""
    parser = ArgumentParser(prog="python -m bench.readme", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller runs")
    parser.add_argument("--write", action="store_true", help="put the tables into the READMEs")
    parser.add_argument(
        "figures", nargs="*", metavar="FIGURE", choices=[*_figures()], help="only these"
    )
    options = parser.parse_args(arguments)
    wanted = options.figures or [*_figures()]
    measured = {
        figure: _measure(figure, quick=options.quick) if figure in wanted else {}
        for figure in _figures()
    }
    if options.write:
        for name in COLUMNS:
            path = CHECKOUT / name
            path.write_text(fill(path.read_text("utf-8"), name, measured), encoding="utf-8")
    rows = [
        (row.en, row.written(measured[row.figure]), row.command)
        for row in ROWS
        if measured[row.figure]
    ]
    print_table("figures", COLUMNS["README.md"], rows)
    return 0


def fill(page: str, name: str, measured: Mapping[str, Numbers]) -> str:
    """Return a page with its table renewed.

    Raises:
        Unmeasured: the page has no place for the table.
    """
    before, opens, rest = page.partition(OPENS)
    old, closes, after = rest.partition(CLOSES)
    if not (opens and closes):
        raise Unmeasured(f"{name} has no {OPENS} … {CLOSES}")
    return f"{before}{OPENS}\n{_table(name, measured, old)}{CLOSES}{after}"


def _table(name: str, measured: Mapping[str, Numbers], old: str) -> str:
    kept = {line.split("|")[1].strip(): line for line in old.splitlines() if line.count("|") > 1}
    lines = [_line(COLUMNS[name]), _line(("---",) * 3)]
    for row in ROWS:
        says = row.zh if name == "README.zh-CN.md" else row.en
        numbers = measured[row.figure]
        if numbers:
            lines.append(_line((says, row.written(numbers), row.command)))
        elif says in kept:
            lines.append(kept[says])
    return "".join(f"{line}\n" for line in lines)


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _figures() -> Iterator[str]:
    yield from dict.fromkeys(row.figure for row in ROWS)


def _measure(figure: str, *, quick: bool) -> Numbers:
    """Measure one figure without its own tables; nothing where it cannot be measured here."""
    module = import_module(FIGURES[figure])
    parser = ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    module.add_options(parser)
    try:
        with redirect_stdout(StringIO()):
            numbers: Numbers = module.measure(parser.parse_args(["--quick"] if quick else []))
    except Unmeasured:
        return {}
    return numbers


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
