"""SMS in SyncTech XML that stand there as the app itself writes them, many at a time.

Nearly all of a file is such runs. What is not, in whatever way, is left to the reader that
looks at each attribute.
"""

import re
from dataclasses import dataclass

from watcher.sources.items import EARLIEST, LATEST, TEXT_LIMIT
from watcher.sources.references import attribute_text
from watcher.sources.sms import INCOMING, comparable_number, identity_of, number_code, present
from watcher.sources.usual import UsualRun
from watcher.sources.window import ATTRIBUTE_LIMIT

# The order in which the app itself writes an SMS; any other order takes the general way. The
# usual end is tried before any end: it is found in half the time.
_USUAL_SMS = re.compile(
    rb'\s*+<sms protocol="[^"]*+" address="([^"]*+)" date="(\d{13})" type="(\d)"'
    rb' subject="(?:null)?" body="([^"]*+)" toa="[^"]*+" sc_toa="[^"]*+"'
    rb' service_center="[^"]*+" read="[^"]*+" status="[^"]*+" locked="[^"]*+"'
    rb'(?: date_sent="[^"]*+"(?: sub_id="[^"]*+")?+ readable_date="[^"]*+"'
    rb' contact_name="[^"]*+" />'
    rb'|(?: date_sent="[^"]*+")?+(?: [a-z_]++="[^"]*+")*+\s*+/>)',
)
_RECEIVED = INCOMING.encode()
_LONGEST = min(ATTRIBUTE_LIMIT, TEXT_LIMIT)
_RUN_BYTES = 256 * 1024
"""How much of a file is passed on as one run."""
_SENDERS = 4096
_SENDER_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Taken:
    """The received ones of some records, where these end, and whether more may follow."""

    run: UsualRun
    records: int
    end: int
    goes_on: bool


class Runs:
    """Takes runs out of a window; `declared` is the encoding that the file names."""

    def __init__(self, declared: str | None) -> None:
        self._declared = declared
        self._senders: dict[bytes, tuple[str | None, int]] = {}

    def take(self, buffer: bytes, at: int, edge: int) -> Taken:
        """Take the usual records from `at` on that begin before `edge`, up to the size of a run."""
        stop = min(edge, at + _RUN_BYTES)
        senders, declared, match = self._senders, self._declared, _USUAL_SMS.match
        run = UsualRun([], [], [], [])
        identities, times, numbers, texts = run.columns
        records = 0
        while at < stop:
            usual = match(buffer, at)
            if usual is None:
                break
            address, date, kind, body = usual.groups()
            when = int(date)
            if len(body) > _LONGEST or len(address) > _SENDER_LIMIT:
                break
            if not EARLIEST <= when < LATEST:
                break
            at = usual.end()
            records += 1
            if kind != _RECEIVED:
                continue
            sender, code = senders.get(address) or self._sender(address)
            try:
                said = body.decode()
            except UnicodeDecodeError:
                said = attribute_text(body, declared)
            else:
                if "&" in said or not said.isprintable():
                    said = attribute_text(body, declared)
            identities.append(identity_of(code, when, said))
            times.append(when)
            numbers.append(sender)
            texts.append(said)
        return Taken(run, records, at, at >= stop)

    def _sender(self, address: bytes) -> tuple[str | None, int]:
        """Read a sender; from some hundreds of them come all the messages of a phone."""
        known = present(attribute_text(address, self._declared))
        if len(self._senders) >= _SENDERS:
            self._senders.clear()
        sender = known, number_code(comparable_number(known) if known else "")
        self._senders[address] = sender
        return sender
