"""Every rule's own tests: texts that it must hit, and near misses that it must not.

A test is judged as the pipeline judges a message, down to the words that make a rule worth
a look: a rule that would fit but is never looked at fails as well.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from watcher.core.conditions import CompiledRule
from watcher.core.knowledge import Hits, Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Channel, Holder, Message
from watcher.core.pieces import parts_of
from watcher.core.pipeline import heard, open_view
from watcher.core.recognise import recognise
from watcher.core.rules import RuleTest
from watcher.core.view import View

RECEIVED_AT = datetime(2026, 6, 15, 2, tzinfo=UTC)
"""The moment as of which tests are judged: 10:00 of a Monday in Beijing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTestFailure:
    """A test that a rule fails; `at` counts the rule's tests from 0.

    `overlooked`: the rule fits the text, but none of the phrases stands in it that would
    make the pipeline try the rule.
    """

    rule: str
    at: int
    test: RuleTest
    overlooked: bool = False


def run_rule_tests(rules: Rules) -> tuple[RuleTestFailure, ...]:
    """Run the tests of every rule, drafts included, and return those that fail."""
    nobody = Ledger.of(Holder(), (), rules.directory)
    failures: list[RuleTestFailure] = []
    for one in rules.compiled:
        for at, test in enumerate(one.rule.tests):
            views = views_of(test, rules, nobody)
            fits = hits(one, views)
            overlooked = fits and not any(_tries(found, one) for _, found in views)
            if fits != test.hit or overlooked:
                failures.append(
                    RuleTestFailure(rule=one.rule.id, at=at, test=test, overlooked=overlooked)
                )
    return tuple(failures)


def lonely_rules(rules: Rules, messages: Iterable[Message]) -> tuple[str, ...]:
    """Return the ids of rules that fit no message, and no text that another rule is to hit.

    Such a rule may be right and rare; or its tests were written after its own words.
    """
    nobody = Ledger.of(Holder(), (), rules.directory)
    lonely = dict.fromkeys(one.rule.id for one in rules.compiled)
    texts = [
        (one.rule.id, _message(test))
        for one in rules.compiled
        for test in one.rule.tests
        if test.hit
    ]
    for owner, message in (*texts, *(("", message) for message in messages)):
        for view, found in views_of_message(message, rules, nobody):
            for tried in (*found.notices, *found.signals):
                id_ = tried.rule.id
                if id_ in lonely and id_ != owner and tried.test(view) is not None:
                    del lonely[id_]
    return tuple(lonely)


def views_of(test: RuleTest, rules: Rules, ledger: Ledger) -> list[tuple[View, Hits]]:
    """Read a test's text as the pipeline reads a message: its kind and lenders are settled.

    There is one view for the text and one for the HTML. A text that the pipeline would not
    look at twice is still seen here, so that a rule which waits for it in vain is noticed.
    """
    return views_of_message(_message(test), rules, ledger)


def views_of_message(message: Message, rules: Rules, ledger: Ledger) -> list[tuple[View, Hits]]:
    """Read a message as `views_of` reads a test."""
    views: list[tuple[View, Hits]] = []
    for part in parts_of(message):
        opened = open_view(message, part, rules, ledger) or open_view(
            replace(message, unreadable="test"), part, rules, ledger
        )
        if opened is not None:
            view, found = opened
            said = heard(view, rules, ledger)
            said.kinds = frozenset(recognise(said, found.notices).kinds)
            views.append((said, found))
    return views


def hits(one: CompiledRule, views: list[tuple[View, Hits]]) -> bool:
    """Tell whether a rule's conditions hold in any of the views."""
    return any(one.test(view) is not None for view, _ in views)


def _tries(found: Hits, one: CompiledRule) -> bool:
    return any(tried is one for tried in (*found.notices, *found.signals))


def _message(test: RuleTest) -> Message:
    is_mail = test.subject is not None or test.html is not None or bool(test.headers or test.codes)
    return Message(
        id="test",
        channel=Channel.EMAIL if is_mail else Channel.SMS,
        received_at=RECEIVED_AT,
        sender=test.sender,
        subject=test.subject,
        text=test.text if test.text or test.html is None else None,
        html=test.html,
        headers=test.headers,
        codes=test.codes,
    )
