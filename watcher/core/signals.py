"""Signals of fraud: every rule that fits is kept, never only the first."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from watcher.core.conditions import CompiledRule
from watcher.core.model import DEMANDING, Kind, Quote, Signal, Strength
from watcher.core.recognise import ORDER, Recognised, quote_of
from watcher.core.rules import Rule
from watcher.core.said import Found
from watcher.core.view import View
from watcher.core.weights import Question
from watcher.core.wording import speaks_against

ASKED = frozenset({Kind.COLLECTION, Kind.OVERDUE})
"""What the signals of asks imitate; a pretext imitates something else."""

PRETEXTS: Mapping[str, Kind] = MappingProxyType(
    {
        "imitates.lure": Kind.OTHER,
        "imitates.service": Kind.CREDIT_REPAIR_OFFER,
        "imitates.advance": Kind.MARKETING,
    },
)
"""Word lists of what a fraud pretends instead of a demand, and the kind that it then imitates."""

CASE_WORDS = "imitates.case"
"""The word list of which a fraud has one where it pretends to a case in court."""

PRESSED_WORDS = "pose.pressed"
"""The word list of which a fraud has one where somebody presses for what is owed."""

OWED_WORDS = (
    "collect.owe",
    "due.weak",
    "due.state",
    "due.act",
    "residual",
    "imitates.owed",
    PRESSED_WORDS,
)
"""Word lists of which a fraud has one where it pretends that something is owed."""


PAYING_WORDS = "imitates.paying"
"""The word list of which a fraud has one where it pretends that a payment is late."""


def imitated(
    view: View, recognised: Recognised, signals: Collection[Signal], rules: Mapping[str, Rule]
) -> Kind:
    """Return the kind a fraud imitates.

    What calls itself late and speaks of no payment is no overdue notice: it is after data.
    """
    hard = [rules[signal.rule] for signal in signals if signal.strength is Strength.HARD]
    weak = [rules[signal.rule] for signal in signals if signal.strength is Strength.WEAK]
    kind = _pretended(view, recognised, hard, [one.imitates for one in weak if one.imitates])
    late = kind is Kind.OVERDUE and hard
    return Kind.OTHER if late and not view.lists.get(PAYING_WORDS) else kind


def _pretended(
    view: View, recognised: Recognised, hard: Collection[Rule], poses: Collection[Kind]
) -> Kind:
    """Return a fraud's pretext, else its own demand, else what it asks.

    `hard` are its signs, `poses` the kinds that weak signals say it poses as.
    """
    kinds = [rule.imitates for rule in hard if rule.imitates is not None]
    pretext = next((one for one in kinds if one not in ASKED), None)
    if hard and poses:
        pretext = min((*poses, pretext or Kind.OTHER), key=ORDER.__getitem__)
    elif pretext is None and hard:
        pretext = next((PRETEXTS[name] for name in PRETEXTS if view.lists.get(name)), None)
    if pretext is not None:
        return pretext
    if recognised.kind in DEMANDING or not hard:
        return recognised.kind
    if "court_wording" in recognised.marks or view.lists.get(CASE_WORDS):
        return Kind.LEGAL_THREAT
    if Kind.CREDIT_REPAIR_OFFER in recognised.kinds:
        return Kind.CREDIT_REPAIR_OFFER
    owed = any(view.lists.get(name) for name in OWED_WORDS) or (view.lenders and view.amounts)
    if not kinds and recognised.kind is Kind.OTHER and view.lists.get(PRESSED_WORDS):
        return Kind.COLLECTION
    asked = kinds[0] if kinds else recognised.kind
    return asked if owed or not kinds else Kind.OTHER


LONG = 100
"""Characters of folded text; a text that is longer has most words somewhere."""

REACH = 60
"""What a rule asks for must stand together: so many characters around what it shows."""

MOST_TRIES = 8


def find_signals(view: View, candidates: Iterable[CompiledRule]) -> tuple[Signal, ...]:
    """Try the signal rules on a view whose kind and lenders are settled.

    Weak ones that say what a fraud poses as come last, and only where a hard one made it a fraud.
    Where all hard ones rest on words, in a long text that is worded as honest ones are, they
    count as strong.
    """
    found: list[Signal] = []
    hard: list[Rule] = []
    for one in sorted(candidates, key=lambda one: one.rule.poses):
        rule = one.rule
        if rule.draft or rule.strength is None:
            continue
        if rule.poses and not hard:
            break
        shown = _together(view, one, one.test(view))
        if shown is not None:
            found.append(
                Signal(rule=rule.id, strength=rule.strength, quote=quote_of(view, shown)),
            )
            if rule.strength is Strength.HARD:
                hard.append(rule)
    if hard and all(rule.worded for rule in hard) and _is_honest(view):
        return tuple(map(_softened, found))
    return tuple(found)


def doubted(signals: Iterable[Signal], rules: Mapping[str, Rule]) -> Quote | None:
    """Return the words of the first sign that decides by its rule, and only the wording did not."""
    for one in signals:
        if rules[one.rule].strength is Strength.HARD and one.strength is not Strength.HARD:
            return one.quote
    return None


def _is_honest(view: View) -> bool:
    return len(view.reading.dense) >= LONG and speaks_against(view, Question.FRAUD)


def _softened(signal: Signal) -> Signal:
    hard = signal.strength is Strength.HARD
    return replace(signal, strength=Strength.STRONG) if hard else signal


def _together(view: View, one: CompiledRule, shown: Found | None) -> Found | None:
    """Return what a rule shows where all that it asks for stands together.

    A long mail has every word somewhere. After several tries in vain the rule holds all the
    same: innocent words put before a fraud must not hide it.
    """
    length = len(view.reading.dense)
    left = view
    for _ in range(MOST_TRIES):
        if not isinstance(shown, tuple):
            return shown
        low, high = shown[0] - REACH, shown[1] + REACH
        if low <= 0 and high >= length:
            return shown
        here = one.test(view.without(((0, max(low, 0)), (min(high, length), length))))
        if here is not None:
            return here
        left = left.without(((0, shown[1]),))
        shown = one.test(left)
    return shown
