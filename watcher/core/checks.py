"""Named checks: what a rule can ask that is not a matter of words.

A check returns the span or quote that shows it, or None. Its name and parameters are a
closed list, so that a rule file with a misspelt one is refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from watcher.core.due import due_on
from watcher.core.extract import NumberForm, find_accounts, find_person_ids, number_form
from watcher.core.hosts import HostClass, Hosts, Purpose
from watcher.core.model import DEMANDING, Channel, Field, Kind, Quote
from watcher.core.roles import OWED, roles
from watcher.core.rules import Parameter
from watcher.core.spans import Span
from watcher.core.traits import (
    HAS_ACCOUNT,
    HAS_CODES,
    HAS_HEADERS,
    HAS_HTML,
    HAS_LINK,
    HAS_SUM,
    HAS_TAIL,
    LENDER_DEAD,
    LENDER_NAMED,
    trait_of_form,
    trait_of_kind,
)
from watcher.core.view import View
from watcher.core.weights import Question
from watcher.core.wording import weighty_run

SETTLED = frozenset({"amount.paid", "amount.other"})

Found = Span | Quote
Test = Callable[[View], Found | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCheck:
    """A check with the names of its parameters and the values each may take (None: any)."""

    run: Callable[[View, Mapping[str, tuple[str, ...]]], Found | None]
    parameters: Mapping[str, frozenset[str] | None]
    traits: Callable[[Mapping[str, tuple[str, ...]]], frozenset[str] | None] | None = None
    """Traits of a message (`core.traits`) without one of which the check finds nothing."""
    cost: int = 2
    """What it takes, beside other conditions: 0 where it only looks at what is known already."""

    def bind(self, given: Mapping[str, Parameter]) -> Test:
        """Fix the parameters; each is taken as a tuple of words."""
        fixed = _as_words(given)
        return lambda view: self.run(view, fixed)

    def traits_needed(self, given: Mapping[str, Parameter]) -> frozenset[str] | None:
        """Return traits of which the check needs one; None where it needs none."""
        return None if self.traits is None else self.traits(_as_words(given))


def _as_words(given: Mapping[str, Parameter]) -> Mapping[str, tuple[str, ...]]:
    return {
        name: value if isinstance(value, tuple) else (str(value),) for name, value in given.items()
    }


def _link(view: View, given: Mapping[str, tuple[str, ...]]) -> Found | None:
    wanted = given.get("host")
    hosts: Hosts = view.hosts
    for link in view.links:
        if wanted is None or hosts.classify(link) in wanted:
            return view.quote_plain(link.start, link.end)
    return None


def _anchor(view: View, _given: Mapping[str, tuple[str, ...]]) -> Found | None:
    """Find a link of an HTML mail whose visible text names another host than its target."""
    for shown, target in view.anchors:
        if shown is not None and shown.registrable != target.registrable:
            return view.quote_plain(target.start, target.end)
    return None


def _code(view: View, given: Mapping[str, tuple[str, ...]]) -> Found | None:
    """Find a QR code whose address serves one of some purposes."""
    for link in view.code_links:
        if view.hosts.purpose(link) in given.get("to", (*Purpose,)):
            return view.quote_plain(link.start, link.end)
    return None


def _phone(view: View, given: Mapping[str, tuple[str, ...]]) -> Found | None:
    wanted = given.get("form", ())
    for phone in view.phones:
        if phone.form in wanted:
            return (phone.start, phone.end)
    return None


def _sender(view: View, given: Mapping[str, tuple[str, ...]]) -> Found | None:
    sender = view.message.sender
    if not sender or not view.is_sms:
        return None
    return view.quote_sender() if number_form(sender) in given.get("form", ()) else None


def _signature(view: View, given: Mapping[str, tuple[str, ...]]) -> Found | None:
    state = given["is"][0]
    if state == "absent":
        return None if view.signatures else (0, 0)
    if not view.signatures:
        return None
    first = view.signatures[0]
    if state == "lender" and not view.signed_by:
        return None
    return (first.start, first.end)


def _lender(view: View, given: Mapping[str, tuple[str, ...]]) -> Found | None:
    state = given["is"][0]
    if not _LENDER_STATES[state](view):
        return None
    if state == "dead":
        return view.gone
    return view.names[0][0] if view.names else (0, 0)


def _speaks(view: View) -> bool:
    return view.speaks or (bool(view.lenders) and not DEMANDING.isdisjoint(view.kinds))


def _has_domains(view: View) -> bool:
    """Whether a lender speaks of which the hosts are known."""
    return _speaks(view) and not view.hosts.lenders_with_domains.isdisjoint(view.lenders)


def _lender_traits(given: Mapping[str, tuple[str, ...]]) -> frozenset[str] | None:
    state = given["is"][0]
    if state in ("none", "without_domains"):
        return None
    return frozenset((LENDER_DEAD if state == "dead" else LENDER_NAMED,))


_LENDER_STATES: Mapping[str, Callable[[View], bool]] = {
    "named": lambda view: bool(view.lenders),
    "none": lambda view: not view.lenders,
    "speaks": _speaks,
    "signed": lambda view: bool(view.signed_by),
    "with_domains": _has_domains,
    "without_domains": lambda view: not _has_domains(view),
    "dead": lambda view: view.gone is not None,
}


def _kind(view: View, given: Mapping[str, tuple[str, ...]]) -> Found | None:
    """Ask whether a kind was recognised; added text may add kinds, it takes none away."""
    return None if _wanted_kinds(given).isdisjoint(view.kinds) else (0, 0)


def _wanted_kinds(given: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    wanted = frozenset(given["is"])
    return wanted | DEMANDING if "demanding" in wanted else wanted


def _amount(view: View, given: Mapping[str, tuple[str, ...]]) -> Found | None:
    """Find a sum; one that is owed, an instalment, or one above zero, where that is asked."""
    wanted = given.get("is", ())
    if "instalment" in wanted:
        return view.instalment
    if "all_paid" in wanted:
        found = roles(view)
        named = [role for _, role in found]
        paid = named.count("amount.paid") > 0 and SETTLED.issuperset(named)
        return (found[0][0].start, found[0][0].end) if paid else None
    owed, positive = "owed" in wanted, "above_zero" in wanted
    for amount, role in roles(view):
        if (not owed or role in OWED) and (amount.value > 0 or not positive):
            return (amount.start, amount.end)
    return None


def _account(view: View, _given: Mapping[str, tuple[str, ...]]) -> Found | None:
    for span in find_accounts(view.reading.dense):
        return span
    return None


def _person_id(view: View, _given: Mapping[str, tuple[str, ...]]) -> Found | None:
    for start, end in find_person_ids(view.reading.plain):
        return view.quote_plain(start, end)
    return None


def _reply_to(view: View, _given: Mapping[str, tuple[str, ...]]) -> Found | None:
    """Find a Reply-To in another domain than From; both are claims of the sender's."""
    headers = view.message.headers
    reply = next((value for name, value in headers if name.lower() == "reply-to"), None)
    sender = view.message.sender or next(
        (value for name, value in headers if name.lower() == "from"),
        "",
    )
    if reply is None or "@" not in reply or "@" not in sender:
        return None
    if _mail_domain(reply) == _mail_domain(sender):
        return None
    return Quote(field=Field.HEADERS, text=reply, start=0, end=len(reply))


def _mail_domain(address: str) -> str:
    labels = address.rsplit("@", 1)[1].strip(" <>\"'").lower().split(".")
    keep = 3 if len(labels) > 2 and labels[-2] in ("com", "net", "org", "gov", "edu") else 2  # noqa: PLR2004  co.uk-like
    return ".".join(labels[-keep:])


def _hidden(view: View, _given: Mapping[str, tuple[str, ...]]) -> Found | None:
    """Find text that an HTML mail hides from its reader."""
    return (0, 0) if view.html is not None and view.html.hidden.strip() else None


def _reported(view: View, _given: Mapping[str, tuple[str, ...]]) -> Found | None:
    """Find whether something is only reported: a warning, news, a denial (`core.reported`)."""
    return (0, 0) if view.reports else None


def _channel(view: View, given: Mapping[str, tuple[str, ...]]) -> Found | None:
    return (0, 0) if view.message.channel in given["is"] else None


def _day(view: View, given: Mapping[str, tuple[str, ...]]) -> Found | None:
    if "is" in given:
        due = due_on(view)
        if due is None or (due >= view.received_on) is not ("ahead" in given["is"]):
            return None
        return (0, 0)
    for day in view.days:
        return (day.start, day.end)
    return None


def _tail(view: View, _given: Mapping[str, tuple[str, ...]]) -> Found | None:
    for tail in view.tails:
        return (tail.start, tail.end)
    return None


def _overdue_days(view: View, _given: Mapping[str, tuple[str, ...]]) -> Found | None:
    for late in view.overdue_days:
        return (late.start, late.end)
    return None


def _person(view: View, _given: Mapping[str, tuple[str, ...]]) -> Found | None:
    for person in view.people:
        return view.quote_plain(person.start, person.end)
    return None


def _wording(view: View, given: Mapping[str, tuple[str, ...]]) -> Found | None:
    """Find a run of sentences whose wording answers a question with yes."""
    question, *degree = given["is"][0].split(":")
    run = weighty_run(view, Question(question), sure=bool(degree))
    return None if run is None else run.span


_ANSWERS = frozenset(f"{question}{degree}" for question in Question for degree in ("", ":sure"))
_FORMS = frozenset(str(form) for form in NumberForm)


def _only(trait: str) -> Callable[[Mapping[str, tuple[str, ...]]], frozenset[str]]:
    return lambda _given: frozenset((trait,))


CHECKS: Mapping[str, NamedCheck] = {
    "link": NamedCheck(
        run=_link, parameters={"host": frozenset(HostClass)}, traits=_only(HAS_LINK)
    ),
    "code": NamedCheck(run=_code, parameters={"to": frozenset(Purpose)}, traits=_only(HAS_CODES)),
    "anchor": NamedCheck(run=_anchor, parameters={}, traits=_only(HAS_HTML)),
    "phone": NamedCheck(run=_phone, parameters={"form": _FORMS}),
    "sender": NamedCheck(
        run=_sender,
        parameters={"form": _FORMS},
        traits=lambda given: frozenset(map(trait_of_form, given.get("form", ()))),
    ),
    "signature": NamedCheck(
        run=_signature,
        parameters={"is": frozenset({"absent", "present", "lender"})},
    ),
    "lender": NamedCheck(
        run=_lender,
        parameters={
            "is": frozenset(_LENDER_STATES),
        },
        traits=_lender_traits,
        cost=0,
    ),
    "kind": NamedCheck(
        run=_kind,
        parameters={"is": frozenset({*Kind, "demanding"})},
        traits=lambda given: frozenset(map(trait_of_kind, _wanted_kinds(given))),
        cost=0,
    ),
    "amount": NamedCheck(
        run=_amount,
        parameters={"is": frozenset({"above_zero", "all_paid", "instalment", "owed"})},
        traits=_only(HAS_SUM),
    ),
    "day": NamedCheck(run=_day, parameters={"is": frozenset({"ahead", "behind"})}),
    "tail": NamedCheck(run=_tail, parameters={}, traits=_only(HAS_TAIL)),
    "overdue_days": NamedCheck(run=_overdue_days, parameters={}),
    "account": NamedCheck(run=_account, parameters={}, traits=_only(HAS_ACCOUNT)),
    "person": NamedCheck(run=_person, parameters={}),
    "person_id": NamedCheck(run=_person_id, parameters={}),
    "reply_to": NamedCheck(run=_reply_to, parameters={}, traits=_only(HAS_HEADERS), cost=0),
    "hidden": NamedCheck(run=_hidden, parameters={}, traits=_only(HAS_HTML), cost=0),
    "wording": NamedCheck(run=_wording, parameters={"is": _ANSWERS}, cost=4),
    "reported": NamedCheck(run=_reported, parameters={}, cost=0),
    "channel": NamedCheck(run=_channel, parameters={"is": frozenset(Channel)}, cost=0),
}
