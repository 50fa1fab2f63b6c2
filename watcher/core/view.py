"""One readable part of a message with all that rules may ask about it.

A mail has up to two parts, its text and its HTML, each with the subject in front; an SMS
has one. Findings are spans of the folded text; a `View` turns them into quotes of the
characters that the user received. What is dear to compute is computed when first asked for.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from zoneinfo import ZoneInfo

from watcher.core import extract
from watcher.core.codes import CodeLines
from watcher.core.hosts import Hosts
from watcher.core.lenders import Directory
from watcher.core.markup import Html
from watcher.core.model import Channel, Field, Kind, Message, Quote
from watcher.core.spans import Outside, Span, sentence_ends, united
from watcher.core.text import Folding, Reading
from watcher.core.turned import Segment, as_seen, as_stored
from watcher.core.weights import Features, Scales

Hits = Mapping[int, list[Span]]

BEIJING = ZoneInfo("Asia/Shanghai")


class View:
    """A part of a message, folded and searched.

    `hits` are the spans in the dense text at which each literal stands; `lists` the same by
    word list; `names` the lender names found, as (span, ids of directory rows). `lacking` is
    what rules need and nothing in the text meets, before anything was passed over
    (`needs.Candidates`). `known` is what conditions that several rules have came to, `matched`
    where patterns match that rules look for beside several things.
    """

    __slots__ = (
        "_amounts",
        "_anchors",
        "_days",
        "_links",
        "_overdue_days",
        "_people",
        "_phones",
        "_sentence_ends",
        "_signatures",
        "_tails",
        "body_at",
        "card_words",
        "codes",
        "directory",
        "features",
        "field",
        "folding",
        "gone",
        "hits",
        "hosts",
        "html",
        "instalment",
        "joined",
        "kept",
        "kinds",
        "known",
        "lacking",
        "lenders",
        "lists",
        "matched",
        "message",
        "names",
        "reading",
        "received_on",
        "reports",
        "roles",
        "said",
        "scales",
        "signed_by",
        "speaks",
        "turned",
        "whole",
        "zone",
    )

    def __init__(  # noqa: PLR0913  a view is made at one place, from all that is known there
        self,
        *,
        message: Message,
        field: Field,
        reading: Reading,
        body_at: int,
        folding: Folding,
        card_words: tuple[str, ...],
        hosts: Hosts,
        directory: Directory,
        hits: Hits,
        lacking: int,
        lists: Mapping[str, list[Span]],
        names: tuple[tuple[Span, tuple[str, ...]], ...],
        scales: Scales,
        html: Html | None = None,
        turned: tuple[Segment, ...] = (),
        joined: bool = False,
        kept: tuple[int, ...] | None = None,
        whole: str = "",
        codes: CodeLines | None = None,
        zone: ZoneInfo = BEIJING,
    ) -> None:
        self.message = message
        self.field = field
        self.reading = reading
        self.body_at = body_at
        self.folding = folding
        self.card_words = card_words
        self.hosts = hosts
        self.directory = directory
        self.hits = hits
        self.lacking = lacking
        self.lists = lists
        self.names = names
        self.scales = scales
        self.html = html
        self.turned = turned
        self.joined = joined
        self.kept = kept
        self.whole = whole
        self.codes = codes
        self.zone = zone
        self.received_on = message.received_at.astimezone(zone).date()
        self.kinds: frozenset[Kind] = frozenset()
        self.known: dict[tuple[bool, int], Span | Quote | None] = {}
        self.matched: dict[int, tuple[Span, ...]] = {}
        self.lenders: tuple[str, ...] = ()
        self.signed_by: tuple[str, ...] = ()
        self.features: Features | None = None
        self.said: Features | None = None
        self.reports = False
        self.speaks = False
        self.instalment: Span | None = None
        self.gone: Span | None = None
        self.roles: tuple[tuple[extract.Amount, str | None], ...] | None = None
        self._amounts: tuple[extract.Amount, ...] | None = None
        self._anchors: tuple[tuple[extract.Link | None, extract.Link], ...] | None = None
        self._days: tuple[extract.Day, ...] | None = None
        self._links: tuple[extract.Link, ...] | None = None
        self._overdue_days: tuple[extract.OverdueDays, ...] | None = None
        self._people: tuple[extract.Person, ...] | None = None
        self._phones: tuple[extract.Phone, ...] | None = None
        self._sentence_ends: list[int] | None = None
        self._signatures: tuple[extract.Signature, ...] | None = None
        self._tails: tuple[extract.Tail, ...] | None = None

    @property
    def is_sms(self) -> bool:
        """Whether the message came as an SMS."""
        return self.message.channel is Channel.SMS

    @property
    def sender_is_claimed(self) -> bool:
        """Whether a text message came inside a mail, whose author may have made up the number."""
        return self.is_sms and bool(self.message.headers)

    @property
    def amounts(self) -> tuple[extract.Amount, ...]:
        """Sums of money, in the order of the text."""
        if self._amounts is None:
            self._amounts = extract.find_amounts(self.reading.dense)
        return self._amounts

    @property
    def days(self) -> tuple[extract.Day, ...]:
        """Calendar days, relative ones reckoned from the day of receipt."""
        if self._days is None:
            self._days = extract.find_days(self.reading.dense, self.received_on)
        return self._days

    @property
    def links(self) -> tuple[extract.Link, ...]:
        """Addresses of the web, obfuscated ones and the targets of a mail's links included."""
        if self._links is None:
            targets = (target for _, target in self.anchors)
            self._links = (*self.code_links, *extract.find_links(self.reading), *targets)
        return self._links

    @property
    def anchors(self) -> tuple[tuple[extract.Link | None, extract.Link], ...]:
        """Links of an HTML mail: the address that its text shows (if any), and its target.

        Both stand where the text of the link stands.
        """
        if self._anchors is None:
            self._anchors = tuple(self._find_anchors()) if self.html else ()
        return self._anchors

    @property
    def code_links(self) -> tuple[extract.Link, ...]:
        """Addresses that stand in the QR codes of the message."""
        if self.codes is None:
            return ()
        begin = self.codes.start
        if self.kept is not None:
            begin = bisect_left(self.kept, begin)
        # Read alone: however many links stand before them, those of codes are found.
        lines = self.folding.read(self.reading.original[begin:])
        before = len(self.reading.plain) - len(lines.plain)
        return tuple(
            replace(link, start=link.start + before, end=link.end + before)
            for link in extract.find_links(lines)
        )

    def _find_anchors(self) -> Iterator[tuple[extract.Link | None, extract.Link]]:
        seen = 0
        for anchor in self.html.links if self.html else ():
            label = self.folding.read(anchor.text)
            at = max(self.reading.plain.find(label.plain, seen), 0)
            seen = at
            end = at + len(label.plain)
            shown = next(iter(extract.find_links(label)), None)
            for target in extract.find_links(self.folding.read(anchor.href)):
                yield shown, replace(target, start=at, end=end)

    @property
    def overdue_days(self) -> tuple[extract.OverdueDays, ...]:
        """For how many days the message says that something is late."""
        if self._overdue_days is None:
            self._overdue_days = extract.find_overdue_days(self.reading.dense)
        return self._overdue_days

    @property
    def people(self) -> tuple[extract.Person, ...]:
        """Persons addressed or named as the one to be told; a lender's name is none of them."""
        if self._people is None:
            self._people = tuple(
                person
                for person in extract.find_people(self.reading.plain)
                if person.name not in self.directory.by_name
            )
        return self._people

    @property
    def phones(self) -> tuple[extract.Phone, ...]:
        """Telephone numbers."""
        if self._phones is None:
            self._phones = extract.find_phones(self.reading.dense)
        return self._phones

    @property
    def sentence_ends(self) -> list[int]:
        """Where each sentence ends."""
        if self._sentence_ends is None:
            self._sentence_ends = sentence_ends(self.reading.dense)
        return self._sentence_ends

    @property
    def signatures(self) -> tuple[extract.Signature, ...]:
        """【Signatures】 at either end."""
        if self._signatures is None:
            self._signatures = extract.find_signatures(self.reading.dense)
        return self._signatures

    @property
    def tails(self) -> tuple[extract.Tail, ...]:
        """Last digits of cards and contracts."""
        if self._tails is None:
            self._tails = extract.find_tails(self.reading.dense)
        return self._tails

    def without(self, passed_over: Sequence[Span]) -> "View":
        """Return the view with stretches of the dense text blank; no offset changes."""
        left = copy(self)
        left.reports = True
        stretches = united(passed_over)
        left.reading = self.reading.without(stretches)
        left.hits = Outside(self.hits, stretches)
        left.lists = Outside(self.lists, stretches)
        if self.instalment is not None and not Outside({0: [self.instalment]}, stretches):
            left.instalment = None
        left.forget(self.signatures)
        return left

    def forget(self, signatures: tuple[extract.Signature, ...]) -> None:
        """Drop what was read off the text, but for the signatures."""
        self.features = self.said = None
        self.roles = None
        self._amounts = self._anchors = self._days = self._links = None
        self._overdue_days = self._people = self._phones = self._tails = None
        self._sentence_ends = None
        self.known = {}
        self.matched = {}
        self._signatures = signatures

    def quote(self, span: Span) -> Quote:
        """Quote the characters that the user received for a span of the dense text."""
        return self._quote(*self.reading.dense_span(*span))

    def quote_plain(self, start: int, end: int) -> Quote:
        """Quote the characters that the user received for a span of the plain text."""
        return self._quote(*self.reading.plain_span(start, end))

    def quote_sender(self) -> Quote:
        """Quote the whole sender."""
        sender = self.message.sender or ""
        return Quote(field=Field.SENDER, text=sender, start=0, end=len(sender))

    def _quote(self, start: int, end: int) -> Quote:
        if self.joined:
            text = self.message.text or ""
            return Quote(field=self.field, text=text, start=0, end=len(text))
        original = self.reading.original
        if self.kept is not None and start < end:
            original = self.whole
        if self.turned:
            original = as_seen(original)[0]
        start, end = self._stored(start, end)
        codes = self.codes
        if codes is not None and end > codes.start and codes.field is not self.field:
            if start >= codes.start:
                at = codes.at - codes.start
                quoted = original[start:end]
                return Quote(field=codes.field, text=quoted, start=start + at, end=end + at)
            end = max(start, codes.start - 1)
        while start < end and original[start].isspace():
            start += 1  # what was dropped before the first character, or parts subject and body
        if self.body_at and start < self.body_at:
            end = min(end, self.body_at - 1)
            return Quote(field=Field.SUBJECT, text=original[start:end], start=start, end=end)
        return Quote(
            field=self.field,
            text=original[start:end],
            start=start - self.body_at,
            end=end - self.body_at,
        )

    def _stored(self, start: int, end: int) -> Span:
        """Return where a span of the text that was read stands in the text as it came."""
        if self.kept is not None and start < end:
            start, end = self.kept[start], self.kept[end - 1] + 1
        return as_stored(start, end, self.turned) if self.turned else (start, end)
