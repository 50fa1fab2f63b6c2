"""Whole pages: a verdict at a glance, and everything that explains it."""

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Group
from rich.text import Text

from watcher.cli.context import Context
from watcher.cli.flow import Flow
from watcher.cli.show import CaseView, section
from watcher.core.knowledge import Rules
from watcher.core.model import Case

if TYPE_CHECKING:
    from rich.console import RenderableType


def verdict_page(speaker: Context, rules: Rules, case: Case) -> Group:
    """Return what a person needs at once: the verdict, why, the words, what to do."""
    view = CaseView(speaker, rules, case)
    parts: list[RenderableType] = [view.headline(), view.particulars()]
    if case.judgement.verdict is not None:
        parts.append(section(speaker.say("cli.verdict.why"), view.why()))
    if case.judgement.signals:
        parts.append(section(speaker.say("cli.verdict.words"), view.signals()))
    if case.judgement.checklists:
        parts.append(section(speaker.say("cli.verdict.steps"), view.steps()))
    return Group(*parts)


def explanation_page(speaker: Context, rules: Rules, case: Case, zone: ZoneInfo) -> Group:
    """Return everything that is known of a case; its times are those of a zone."""
    view = CaseView(speaker, rules, case)
    say = speaker.say
    parts: list[RenderableType] = [view.headline(), view.particulars(), Text("")]
    parts.append(view.message(zone))
    parts.append(section(say("explain.causes"), view.causes()))
    if case.judgement.signals:
        parts.append(section(say("explain.signals"), view.signals()))
    if case.match.reasons:
        reasons = [Flow(f"· {speaker.phrases.render(reason)}") for reason in case.match.reasons]
        parts.append(section(say("explain.matched"), Group(Flow(view.loan_line()), *reasons)))
    if case.judgement.checklists:
        parts.append(section(say("cli.verdict.steps"), view.steps()))
    if case.judgement.would_change:
        parts.append(section(say("explain.change"), view.would_change()))
    return Group(*parts)
