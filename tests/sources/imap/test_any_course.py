"""A folder through any course of events: each mail that lies there is judged, and once."""

import os
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bench.imap_server import Ending, ImapServer, Script, cut, stop
from tests.conftest import LONG
from tests.mailboxes import NOW, Line, Notebook, Time, mail, reader
from watcher.errors import SourceUnavailable
from watcher.sources.sandbox import Sandbox

endings = st.sampled_from([Ending.CLOSE, Ending.RESET, Ending.BYE])


class Course(RuleBasedStateMachine):
    """What may happen to a folder, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.server = ImapServer()
        self.sandbox = Sandbox()
        self.desk = Notebook()
        self.time = Time()
        self.inbox = self.server.account().folder()
        self.line = Line(self.server)
        self.delivered = 0
        self.late: list[int] = []

    @initialize(past=st.integers(0, 4), uidnext=st.sampled_from([1, 2**31 - 2, 4_000_000_000]))
    def begin(self, past: int, uidnext: int) -> None:
        self.inbox.uidnext = uidnext
        self.deliver(past)
        self.folder = reader(self.desk, self.sandbox, time=self.time)

    @rule(count=st.integers(1, 4))
    def deliver(self, count: int) -> None:
        for _ in range(count):
            self.delivered += 1
            # None looks like another from outside: that is how numbers given twice are seen.
            at = NOW - timedelta(days=3) + timedelta(seconds=self.delivered)
            self.inbox.deliver(mail(self.delivered, at=at), received_at=at)

    @rule(data=st.data())
    def expunge(self, data: st.DataObject) -> None:
        if mails := self.inbox.mails():
            gone = data.draw(st.sets(st.sampled_from([one.uid for one in mails])))
            self.inbox.expunge(*gone)

    @rule(first=st.integers(1, 50))
    def renumber(self, first: int) -> None:
        self.inbox.renumber(first=first)
        self.late.clear()

    @rule(skipped=st.integers(1, 3))
    def leave_numbers_out(self, skipped: int) -> None:
        self.late += range(self.inbox.uidnext, self.inbox.uidnext + skipped)
        self.inbox.uidnext += skipped

    @precondition(lambda self: self.late)
    @rule(data=st.data())
    def show_one_late(self, data: st.DataObject) -> None:
        uid = data.draw(st.sampled_from(self.late))
        self.late.remove(uid)
        self.delivered += 1
        at = NOW - timedelta(days=3) + timedelta(seconds=self.delivered)
        self.inbox.deliver_late(uid, mail(self.delivered, at=at), received_at=at)
        self.time.passes(3_600)

    @rule()
    def give_numbers_again(self) -> None:
        self.time.passes(2 * 86_400)
        self.inbox.renumber(self.inbox.uidvalidity)
        self.late.clear()

    @rule(after=st.integers(0, 4_000), ending=endings)
    def cut_the_next(self, after: int, ending: Ending) -> None:
        self.server.fault_next(cut(after, ending))

    @rule(occurrence=st.integers(1, 8), ending=endings)
    def end_the_next(self, occurrence: int, ending: Ending) -> None:
        self.server.fault_next(stop("FETCH", ending, occurrence))

    @rule(says_uidnext=st.booleans())
    def change_the_server(self, *, says_uidnext: bool) -> None:
        self.server.script = Script(says_uidnext=says_uidnext)

    @rule()
    def restart(self) -> None:
        self.hang_up()
        self.folder = reader(self.desk, self.sandbox, time=self.time)

    @rule()
    def hang_up(self) -> None:
        self.line.hang_up()

    @rule(opens=st.booleans())
    def look(self, *, opens: bool) -> None:
        """Look until it works, and see that nothing is missing and nothing twice."""
        if not self.server.script.says_uidnext:
            # What only the numbers tell, where they began anew, is seen within the hour.
            self.time.passes(3_600)
        for _ in range(12):
            try:
                if opens or self.line.is_new:
                    self.folder.look(self.line.session())
                else:
                    self.line.session().wait(0)
                    self.folder.compare(self.line.session())
            except SourceUnavailable:
                self.hang_up()
            else:
                break
        else:
            raise AssertionError("it never worked")
        there = {self._number(one.content.raw) for one in self.inbox.mails()}
        assert not there - set(self.desk.numbers)

    def _number(self, raw: bytes) -> int:
        found = raw.partition(b"Message-ID: <")[2].partition(b"@")[0]
        return int(found)

    @invariant()
    def nothing_is_judged_twice_or_unread(self) -> None:
        assert len(self.desk.numbers) == len(set(self.desk.numbers))
        assert -1 not in self.desk.numbers

    def teardown(self) -> None:
        self.hang_up()
        self.sandbox.__exit__(None, None, None)
        assert self.server.violations == ()
        self.server.close()


TestCourse = Course.TestCase
TestCourse.settings = settings(
    max_examples=100 if os.environ.get(LONG) else 12,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
