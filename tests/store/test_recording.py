from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from os import fsdecode
from pathlib import Path

import pytest

from watcher.core.model import Case, Message, Phrase, Verdict
from watcher.errors import SourceUnavailable
from watcher.store import AlertState, CaseStatus, Cursor, Store, Topic
from watcher.store.identity import identity

MakeCase = Callable[..., Case]


def test_a_new_case_has_an_unsent_alert_and_moves_the_cursor(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    cursor = Cursor(source="sms:phone", position={"uid": 7})
    recorded = store.record([make_case()], cursor=cursor, now=now)
    [waiting] = store.pending_alerts(now)
    assert (recorded.opened, recorded.new_alerts) == (1, (waiting.id,))
    assert (waiting.verdict, waiting.lender, waiting.count) == (Verdict.STALE, "山海贷", 1)
    assert store.cursor("sms:phone") == cursor


def test_a_case_explains_itself_after_the_program_was_restarted(
    folder: Path, make_case: MakeCase, now: datetime
) -> None:
    case = make_case()
    with Store.open(folder, now) as store:
        store.record([case], now=now)
    with Store.open(folder, now) as store:
        [row] = store.cases()
        stored = store.case(row.id)
    assert stored is not None
    assert stored.leading == case
    assert stored.leading.message.text == case.message.text


def test_the_codes_of_a_mail_are_kept_and_tell_it_from_another(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    plain = make_case()
    first, second = (
        replace(plain, message=replace(plain.message, codes=codes))
        for codes in (("https://a.example", "wxp://b"), ("https://a.example",))
    )
    store.record([first], now=now)
    [row] = store.cases()
    stored = store.case(row.id)
    assert stored is not None
    assert stored.leading.message.codes == ("https://a.example", "wxp://b")
    assert identity(first.message) != identity(second.message) != identity(plain.message)


def test_what_says_nothing_is_known_while_it_waits_for_more_of_its_run(
    folder: Path, make_case: MakeCase, now: datetime
) -> None:
    quiet = [make_case(f"第{n}条", verdict=None, kept=False) for n in range(3)]
    loud = make_case()
    with Store.open(folder, now) as store, Store.open_to_read(folder) as beside:
        store.record([quiet[0], loud], now=now, more=True)
        assert beside.seen(identity(loud.message))
        assert not beside.seen(identity(quiet[0].message))
        assert store.seen(identity(quiet[0].message))
        fresh = store.sift([one.message for one in (*quiet, loud)], "phone").fresh
        assert fresh == (quiet[1].message, quiet[2].message)
        assert store.record([quiet[0]], now=now, more=True).known == 1

        store.record([quiet[1]], now=now)
        assert all(beside.seen(identity(one.message)) for one in quiet[:2])

        store.record([quiet[2]], now=now, more=True)
    with Store.open_to_read(folder) as again:
        assert again.seen(identity(quiet[2].message))


def test_the_same_message_is_never_recorded_twice(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    first = store.record([make_case(), make_case()], now=now)
    again = store.record([make_case()], now=now)
    assert (first.opened, first.known, again.opened, again.known) == (1, 1, 0, 1)
    assert [row.messages for row in store.cases()] == [1]


def test_a_second_notice_on_the_same_debt_joins_the_case_without_an_alert(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record([make_case()], now=now)
    recorded = store.record([make_case("【山海贷】再次提醒您还款。", minutes=60)], now=now)
    assert (recorded.merged, recorded.new_alerts) == (1, ())
    [row] = store.cases()
    assert row.messages == 2
    assert row.received_at == now + timedelta(minutes=60)


def test_notices_on_different_sums_are_never_merged(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    other = make_case("【山海贷】您的借款 200.00 元已逾期。", key="山海贷/200.00/")
    assert len(store.record([make_case(), other], now=now).new_alerts) == 2


def test_a_worse_verdict_on_the_same_debt_alerts_again(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record([make_case()], now=now)
    [alert] = store.pending_alerts(now)
    store.mark_shown(alert.id, "dbus", 4, now)
    worse = make_case("【山海贷】请加微信还款。", minutes=5, verdict=Verdict.FRAUDULENT)
    recorded = store.record([worse], now=now)
    [again] = store.pending_alerts(now)
    assert recorded.new_alerts == (again.id,)
    assert (again.id, again.verdict, again.server_id) == (alert.id, Verdict.FRAUDULENT, 4)


def test_a_milder_verdict_on_the_same_debt_changes_nothing_shown(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record([make_case(verdict=Verdict.FRAUDULENT)], now=now)
    store.record([make_case("later", minutes=9, verdict=Verdict.LAGGING)], now=now)
    [row] = store.cases()
    assert (row.verdict, row.received_at) == (Verdict.FRAUDULENT, now)


def test_an_expected_notice_is_kept_and_alerts_nobody(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record([make_case(verdict=Verdict.EXPECTED)], now=now)
    assert [(row.verdict, row.alert) for row in store.cases()] == [(Verdict.EXPECTED, None)]
    assert store.pending_alerts(now) == ()


def test_a_receipt_is_evidence_and_no_case(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    receipt = make_case(verdict=None)
    store.record([receipt], now=now)
    assert list(store.cases()) == []
    assert list(store.history()) == [receipt.evidence]


def test_evidence_comes_back_by_message_time(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    cases = [make_case(f"{minutes}", minutes=minutes) for minutes in (5, 1, 3)]
    store.record(cases, now=now)
    found = [one.received_at for one in store.history()]
    assert found == [now + timedelta(minutes=minutes) for minutes in (1, 3, 5)]


def test_messages_that_were_kept_come_back_by_their_time(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    later, earlier = make_case("【山海贷】已逾期，请还款", minutes=9), make_case(minutes=1)
    store.record([later, earlier], now=now)
    assert list(store.messages()) == [earlier.message, later.message]


def test_of_a_boring_message_no_word_is_kept(
    store: Store, folder: Path, make_case: MakeCase, now: datetime
) -> None:
    chat = make_case("今晚一起吃饭吗 canary", verdict=None, kept=False)
    store.record([chat], now=now)
    assert store.seen(identity(chat.message))
    kept = b"".join(path.read_bytes() for path in folder.iterdir())
    assert b"canary" not in kept


def test_a_case_closed_by_the_user_opens_anew_for_a_new_notice(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record([make_case()], now=now)
    [row] = store.cases()
    assert store.done(row.id, now)
    assert len(store.record([make_case(minutes=600)], now=now).new_alerts) == 1
    assert [one.status for one in store.cases()] == [CaseStatus.OPEN, CaseStatus.DONE]


@pytest.mark.parametrize("seconds", [-120, -1, 0, 1, 120])
def test_an_sms_in_an_export_and_in_a_forwarded_mail_is_one_message_with_two_sources(
    store: Store, make_case: MakeCase, now: datetime, seconds: int
) -> None:
    store.record([make_case()], source="sms:export", now=now)
    copy = make_case(minutes=seconds / 60)
    assert store.sift([copy.message], "imap:mailbox").fresh == ()
    assert store.record([copy], source="imap:mailbox", now=now).known == 1
    [row] = store.cases()
    stored = store.case(row.id)
    assert stored is not None
    assert (row.messages, stored.sources) == (1, ("imap:mailbox", "sms:export"))


def test_two_equal_texts_a_minute_apart_are_two_messages_in_every_source(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    for source, shift in (("sms:export", 0.0), ("imap:mailbox", 0.02)):
        store.record([make_case(minutes=m + shift) for m in (0, 1)], source=source, now=now)
    assert [row.messages for row in store.cases()] == [2]


def test_an_sms_beyond_two_minutes_is_another_message(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record([make_case()], source="sms:export", now=now)
    assert store.record([make_case(minutes=2.1)], source="imap:mailbox", now=now).merged == 1


def test_a_text_with_half_an_emoji_is_stored(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record([make_case("还款提醒\ud83d")], now=now)
    [row] = store.cases()
    stored = store.case(row.id)
    assert stored is not None
    assert stored.leading.message.text == "还款提醒\ufffd"


def test_messages_of_files_whose_names_are_no_utf8_are_kept_apart_by_their_files(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    first, second = (fsdecode(f"短信{one}".encode("gbk")) for one in "甲乙")
    case = make_case()
    for source in (first, second):
        message = replace(case.message, source=source)
        store.record([replace(case, message=message)], source=source, now=now)
        store.checked(source, now)
    store.record((), cursor=Cursor(source=second, position={"files": 1}), now=now)

    [row] = store.cases()
    papers = store.papers(row.id)
    assert papers is not None
    [paper] = papers.messages
    assert len({one.source for one in paper.sightings}) == 2
    assert store.last_good(first) == store.last_good(second) == now
    assert (store.cursor(first), store.cursor(second)) == (
        None, Cursor(source=second, position={"files": 1}),
    )  # fmt: skip


def test_many_old_notices_are_one_summary_and_each_remains_a_case(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    cases = [make_case(f"{n}", minutes=-n, key=f"{n}") for n in range(40)]
    cases.append(make_case("诈骗", key="fraud", verdict=Verdict.FRAUDULENT))
    recorded = store.record(cases, now=now, topic=lambda _: Topic.DIGEST)
    assert (recorded.new_alerts, recorded.digested) == ((), 41)
    store.summarise(now)
    [summary] = store.pending_alerts(now)
    assert (summary.count, summary.case_id, summary.verdict) == (41, None, Verdict.FRAUDULENT)
    assert summary.summary == Phrase(id="store.digest", values={"count": 41, "frauds": 1})
    assert {row.alert for row in store.cases()} == {AlertState.DIGEST}
    assert store.summarise(now) == ()


def test_the_summary_for_an_empty_ledger_is_one_that_grows(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    for n in range(3):
        store.record([make_case(f"{n}", key=f"{n}")], now=now, topic=lambda _: Topic.LEDGER)
        store.summarise(now)
    [summary] = store.pending_alerts(now)
    assert summary.count == 3


def test_nothing_is_written_where_a_batch_fails_half_way(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    def fail_at_the_second(case: Case) -> Topic:
        if case.key == "second":
            raise SourceUnavailable("store.cannot_save")
        return Topic.CASE

    cases = [make_case(), make_case("b", key="second")]
    with pytest.raises(SourceUnavailable):
        store.record(
            cases, now=now, cursor=Cursor(source="s", position={}), topic=fail_at_the_second
        )
    assert list(store.cases()) == []
    assert store.cursor("s") is None
    assert store.sift([case.message for case in cases], "s").fresh == tuple(
        case.message for case in cases
    )


def test_messages_new_and_known_are_told_apart_in_their_order(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    messages: list[Message] = [
        make_case(f"{n}", verdict=None, kept=False).message for n in range(6)
    ]
    known = [
        replace(make_case(f"{n}", verdict=None, kept=False), message=messages[n]) for n in (1, 4)
    ]
    store.record(known, now=now)
    assert [one.text for one in store.sift(messages, "s").fresh] == ["0", "2", "3", "5"]


def test_copies_in_two_files_of_one_batch_are_one_message_with_two_sources(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    def found(where: str, minutes: float) -> Case:
        case = make_case(minutes=minutes)
        return replace(case, message=replace(case.message, source=where))

    cases = [found("a.xml", 0), found("b.xml", 0), found("c.eml", 0.05)]
    cases += [found("a.xml", 1), found("c.eml", 1.05), found("b.xml", 1)]
    assert store.record(cases, now=now).known == 4
    [row] = store.cases()
    stored = store.case(row.id)
    assert stored is not None
    assert (row.messages, stored.sources) == (2, ("a.xml", "b.xml", "c.eml"))


@pytest.mark.parametrize(("days", "repeated"), [(1, 0), (7, 1)])
def test_a_fraud_that_goes_on_is_shown_again_after_some_days(
    store: Store, make_case: MakeCase, now: datetime, days: int, repeated: int
) -> None:
    store.record([make_case(verdict=Verdict.FRAUDULENT)], now=now)
    [alert] = store.pending_alerts(now)
    store.mark_shown(alert.id, "dbus", 1, now)
    again = make_case(minutes=60 * 24 * days, verdict=Verdict.FRAUDULENT)
    later = now + timedelta(days=days)
    recorded = store.record([again], now=later, fraud_repeats=timedelta(days=7))
    assert (recorded.merged, len(recorded.new_alerts)) == (1, repeated)
