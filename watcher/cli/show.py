"""A judged message on a terminal: what it looks like, why, the words that show it, what to do.

Rules for this file: whatever others wrote stands inside quotation marks or in the box of
the message, defanged; all else is phrases and rules. Nothing is said by colour alone.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from rich.console import Group
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from watcher.cli.context import Context
from watcher.cli.flow import Flow
from watcher.core.knowledge import Rules
from watcher.core.model import Case, Cause, Field, Ground, Message, Quote, Signal, Verdict
from watcher.core.pieces import texts_of
from watcher.core.rules import Checklist
from watcher.core.rules import Text as Bilingual
from watcher.phrases.display import defanged, defanged_characters

if TYPE_CHECKING:
    from rich.console import RenderableType

STYLES: Final = {
    Verdict.FRAUDULENT: "bold red",
    Verdict.UNSURE: "bold yellow",
    Verdict.POSSIBLY_OWED: "bold yellow",
    Verdict.STALE: "bold magenta",
    Verdict.NOT_MINE: "bold magenta",
    Verdict.LAGGING: "bold cyan",
    Verdict.EXPECTED: "bold blue",
    None: "bold",
}
"""How a verdict is coloured; none is green, for none says that all is well."""

LONGEST_QUOTE: Final = 120
LONGEST_MESSAGE: Final = 2000
Sayer = Callable[..., str]
_OPEN, _CLOSE = "⟦", "⟧"


class CaseView:
    """Draws the parts of one case in the language of this run."""

    def __init__(self, speaker: Context, rules: Rules, case: Case) -> None:
        self._speaker = speaker
        self._rules = rules
        self._case = case
        self._say = speaker.say
        self._titles = {rule.id: rule.title for rule in rules.signals}

    def said(self, text: Bilingual) -> str:
        """Return a sentence of the rules in the language of this run."""
        return text.zh if self._speaker.language == "zh" else text.en

    def verdict_name(self) -> str:
        """Return the verdict in words."""
        verdict = self._case.judgement.verdict
        return self._say(f"verdict.{verdict.value if verdict else 'none'}")

    def headline(self) -> Panel:
        """Return the verdict and the sentence that a person reads first."""
        style = STYLES[self._case.judgement.verdict]
        return Panel(
            Flow(self._speaker.phrases.render(self._case.summary)),
            title=Text(f" {self.verdict_name()} ", style=style),
            title_align="left",
            border_style=style.removeprefix("bold").strip(),
            padding=(0, 1),
        )

    def particulars(self) -> Table:
        """Return what the message says, as far as it was understood."""
        case, phrases = self._case, self._speaker.phrases
        rows: list[tuple[str, object]] = [("kind", self._say(f"kind.{case.notice.kind.value}"))]
        if case.match.lender:
            rows.append(("lender", case.match.lender))
        if case.match.loan:
            rows.append(("loan", self.loan_line()))
        if case.notice.amount is not None:
            rows.append(("amount", case.notice.amount))
        if case.notice.due_on is not None:
            rows.append(("due_on", case.notice.due_on))
        if case.message.unreadable:
            rows.append(("unreadable", self._say(case.message.unreadable)))
        table = _grid()
        for name, value in rows:
            table.add_row(Text(self._say(f"cli.verdict.{name}"), style="dim"), phrases.show(value))
        return table

    def loan_line(self) -> str:
        """Return the matched loan in one line."""
        loan = self._case.match.loan
        if loan is None:
            return self._say("explain.no_match")
        status = self._say(f"explain.status_{loan.status.value}", settled_on=loan.settled_on)
        shown = [loan.id, loan.lender, loan.product, status]
        return " · ".join(self._speaker.phrases.show(part) for part in shown if part)

    def reason(self) -> list[Text]:
        """Return the reason that the verdict table gives, where its row still exists."""
        row_id = self._case.judgement.row
        return [Text(self.said(row.why)) for row in self._rules.rows if row.id == row_id]

    def why(self) -> "RenderableType":
        """Return the reason of the verdict and the likeliest cause with its evidence."""
        lines = self.reason()
        if self._case.judgement.causes:
            lines += self.cause_lines(self._case.judgement.causes[0])
        return _list(lines)

    def causes(self) -> "RenderableType":
        """Return every cause, the likeliest first, with the evidence for and against."""
        causes = self._case.judgement.causes
        if not causes:
            return Flow(self._say("explain.no_causes"))
        blocks: list[RenderableType] = [_list(self.reason())]
        for number, cause in enumerate(causes, 1):
            first, *rest = self.cause_lines(cause)
            blocks += [
                Flow(Text(f"{number}. ").append_text(first)),
                Padding(_list(rest), (0, 0, 0, 3)),
            ]
        return Group(*blocks)

    def cause_lines(self, cause: Cause) -> list[Text]:
        """Return a cause's title and a line for each piece of evidence."""
        rule = self._rules.causes.get(cause.id)
        title = f"{self.said(rule.title)} ({cause.id})" if rule else cause.id
        lines = [Text(title, style="bold")]
        for sign, grounds in (("for", cause.speaks_for), ("against", cause.speaks_against)):
            label = self._say(f"cli.verdict.speaks_{sign}")
            lines += [
                Text(f"{label} · ", style="dim").append_text(self._ground(one)) for one in grounds
            ]
        return lines

    def signals(self) -> "RenderableType":
        """Return the words that were noticed, each with what it means."""
        return _list([self._signal(signal) for signal in self._case.judgement.signals])

    def steps(self) -> "RenderableType":
        """Return the checklists of this case, step by step with their sources."""
        # What a court may ask has a time limit; the rest can wait until that is verified.
        wanted = sorted(self._case.judgement.checklists, key=lambda one: one != "FJ")
        found = [self._rules.checklists[one] for one in wanted if one in self._rules.checklists]
        lists = [self._checklist(checklist) for checklist in found]
        if any(step.sources for checklist in found for step in checklist.steps):
            lists.append(Group(Flow(Text(self._say("cli.verdict.grades"), style="dim"))))
        return Group(*lists)

    def would_change(self) -> "RenderableType":
        """Return what would change the verdict."""
        changes = self._case.judgement.would_change
        return _list([Text(self._speaker.phrases.render(phrase)) for phrase in changes])

    def message(self, zone: ZoneInfo) -> Panel:
        """Return the message as received, the noticed words marked, nothing in it usable."""
        quotes = [signal.quote for signal in self._case.judgement.signals]
        for cause in self._case.judgement.causes[:1]:
            quotes += [ground.quote for ground in cause.speaks_for if ground.quote]
        parts = [
            marked(text, [quote for quote in quotes if quote.field is field], self._say)
            for field, text in _texts(self._case.message)
        ]
        title = self._say("cli.verdict.message")
        return Panel(
            Flow(Text("\n").join(parts)),
            title=title,
            title_align="left",
            subtitle=self.origin(zone),
            subtitle_align="right",
            border_style="dim",
        )

    def origin(self, zone: ZoneInfo) -> Text:
        """Return how and when the message came."""
        message = self._case.message
        when = self._speaker.phrases.show(message.received_at.astimezone(zone))
        return Text(f" {self._say(f'explain.{message.channel.value}')} · {when} ")

    def _ground(self, ground: Ground) -> Text:
        text = Text(self._speaker.phrases.render(ground.phrase))
        if ground.quote is not None and ground.quote.text:
            text.append(f" {quoted(ground.quote)}", style="dim")
        return text

    def _signal(self, signal: Signal) -> Text:
        title = self._titles.get(signal.rule)
        strength = self._say(f"cli.verdict.strength_{signal.strength.value}")
        text = Text(quoted(signal.quote), style="bold")
        text.append(f"  {self.said(title) if title else signal.rule}", style="not bold")
        return text.append(f" ({strength})", style="not bold dim")

    def _checklist(self, checklist: Checklist) -> Group:
        table = _grid()
        for number, step in enumerate(checklist.steps, 1):
            text = Text(self.said(step.text))
            if step.warning:
                text = Text(self._say("cli.verdict.warning") + " ", style="bold").append_text(text)
            if step.sources:
                sources = self._speaker.phrases.show(step.sources)
                text.append("\n" + self._say("cli.verdict.source", sources=sources), style="dim")
            table.add_row(f"{number}.", Flow(text))
        return Group(
            Text(f"{self.said(checklist.title)} ({checklist.id})", style="bold"),
            Flow(self.said(checklist.intro)),
            table,
        )


def section(title: str, body: "RenderableType") -> "RenderableType":
    """Return a titled part of a page."""
    return Group(Text(""), Text(title, style="bold underline"), Padding(body, (0, 0, 0, 2)))


def quoted(quote: Quote) -> str:
    """Return the words of a quote in quotation marks."""
    return quoted_words(quote.text)


def quoted_words(words: str) -> str:
    """Return words that others wrote in quotation marks, cut and harmless."""
    shown = " ".join(defanged(words).split())
    return f"“{shown[:LONGEST_QUOTE]}…”" if len(shown) > LONGEST_QUOTE else f"“{shown}”"


def marked(text: str, quotes: Iterable[Quote], say: Sayer) -> Text:
    """Return a text with the quoted parts in brackets of their own, cut after `LONGEST_MESSAGE`."""
    inside = bytearray(len(text) + 1)
    for quote in quotes:
        inside[quote.start : quote.end] = b"\x01" * max(0, min(quote.end, len(text)) - quote.start)
    shown = Text()
    for at, character in enumerate(defanged_characters(text[:LONGEST_MESSAGE])):
        if inside[at] and not (at and inside[at - 1]):
            shown.append(_OPEN, style="bold reverse")
        shown.append(character, style="bold reverse" if inside[at] else "")
        if inside[at] and not inside[at + 1]:
            shown.append(_CLOSE, style="bold reverse")
    if len(text) > LONGEST_MESSAGE:
        shown.append(say("cli.verdict.cut", count=len(text) - LONGEST_MESSAGE))
    return shown


def _texts(message: Message) -> Sequence[tuple[Field, str]]:
    text, html = texts_of(message)
    parts = [
        (Field.SENDER, message.sender),
        (Field.SUBJECT, message.subject),
        (Field.TEXT, text),
        (Field.HTML, html),
    ]
    return [(field, text) for field, text in parts if text]


def _grid() -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _list(lines: Iterable[Text]) -> Table:
    table = _grid()
    for line in lines:
        table.add_row("·", Flow(line))
    return table


def excerpt(message: Message) -> str:
    """Return the beginning of a message in quotation marks, harmless, of one paragraph."""
    words = " ".join(text for field, text in _texts(message) if field is not Field.SENDER)
    return quoted_words(words)
