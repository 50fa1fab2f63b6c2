"""What letters say of a case: what is known is filled in, and nothing of the sender's gets out."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.casework.noticed import (
    HOLDER,
    OPEN,
    PRIVATE,
    SETTLED,
    case_of,
    judged,
    ledger_of,
    sms,
    with_verdict,
)
from watcher.casework.letter_page import letter_page
from watcher.casework.letters import Draft, Known, offered, possible, write
from watcher.core.correspondence import Letter, Recipient
from watcher.core.knowledge import Rules
from watcher.core.model import Case, Channel, Holder, Loan, Message, Verdict
from watcher.phrases import Phrases
from watcher.userfiles.letters import read_letters

CHINESE, ENGLISH = Phrases("zh"), Phrases("en")
Letters = Mapping[str, Letter]
OFFERED = {
    Verdict.STALE: ["T1", "T2", "complaint"],
    Verdict.LAGGING: [],
    Verdict.EXPECTED: [],
    Verdict.POSSIBLY_OWED: ["T5"],
    Verdict.NOT_MINE: ["T4", "complaint"],
    Verdict.FRAUDULENT: ["complaint"],
    Verdict.UNSURE: ["T1", "T2", "complaint"],
}
DENIED = re.compile(r"不[^，。；\n]{0,4}$|\b(?:not|nothing|Nothing)\b[^.;\n]{0,40}$")
ADMITS = re.compile(
    r"(?:我|本人)(?:还|仍|尚|确实|确)?欠|欠款|承认|确认(?:任何)?(?:债务|逾期)|(?:同意|愿意|承诺|保证)(?:还|偿|付)"
    r"|尽快(?:还|偿)|分期|宽限|还款计划|协商还"
    r"|\bI (?:still )?owe|\bowed\b|admit|will (?:re)?pay|agree to"
)


@pytest.fixture(scope="module")
def letters(checkout: Path, rules: Rules) -> Letters:
    read, problems = read_letters(checkout / "rules", checklists=rules.checklists)
    assert problems == ()
    assert read is not None
    return read


def known_of(rules: Rules, case: Case, *loans: Loan, chosen: tuple[str, ...] = ()) -> Known:
    return Known.of(case, [case], ledger_of(rules, *loans), rules.directory, chosen)


def drafts(letters: Letters, known: Known) -> dict[str, Draft]:
    return {one.id: write(one, known) for one in possible(letters, known)}


def whole(draft: Draft) -> str:
    """Return all that a draft ever shows: both texts and both pages."""
    plain = draft.plain(CHINESE) + draft.plain(ENGLISH)
    return plain + letter_page(draft, CHINESE) + letter_page(draft, ENGLISH)


@pytest.mark.parametrize("verdict", Verdict)
def test_a_case_of_each_verdict_is_offered_the_letters_of_its_checklists(
    rules: Rules, letters: Letters, verdict: Verdict
) -> None:
    known = known_of(rules, case_of(rules, ledger_of(rules), verdict))
    assert [one.id for one in offered(letters, known)] == OFFERED[verdict]
    for one in possible(letters, known):
        draft = write(one, known)
        assert draft.paragraphs
        assert draft.sending.zh
        assert "{" not in draft.plain(CHINESE) + draft.plain(ENGLISH)


def test_checklists_that_the_user_chose_bring_their_letters(rules: Rules, letters: Letters) -> None:
    case = case_of(rules, ledger_of(rules), Verdict.STALE)
    known = known_of(rules, case, chosen=("C", "F+"))
    assert [one.id for one in offered(letters, known)] == ["T1", "T2", "T3", "complaint"]
    assert "110" in write(letters["complaint"], known).plain(CHINESE)
    assert "110" not in write(letters["complaint"], known_of(rules, case)).plain(CHINESE)


def test_what_the_ledger_knows_stands_in_the_letter_to_the_lender(
    rules: Rules, letters: Letters
) -> None:
    known = known_of(rules, case_of(rules, ledger_of(rules), Verdict.STALE))
    draft = write(letters["T1"], known)
    text = draft.plain(CHINESE)
    for said in (
        "致：招联金融",
        "宋雨桐",
        "好期贷",
        "5512",
        "2026年3月2日全部结清",
        "2026年5月10日",
        "短信",
    ):
        assert said in text
    assert draft.blanks == (
        *("证件号码后四位", "借据或合同编号", "您愿意留下的联系方式", "提交的日期"),
    )
    assert "【待填：借据或合同编号】" in text
    assert "2 Mar 2026" in draft.plain(ENGLISH)


def test_what_nobody_said_is_a_marked_blank_and_no_guess(rules: Rules, letters: Letters) -> None:
    bare = replace(SETTLED, product=None, account_tails=(), principal=None)
    case = case_of(rules, ledger_of(rules), Verdict.STALE)
    ledger = ledger_of(rules, bare, holder=Holder())
    draft = write(letters["T1"], Known.of(case, [case], ledger, rules.directory))
    assert {"姓名", "产品名称", "尾号"} <= set(draft.blanks)
    gone = Known.of(case, [case], ledger_of(rules, OPEN), rules.directory)
    assert "结清日期" in write(letters["T1"], gone).blanks
    assert "致：招联金融" in write(letters["T1"], gone).plain(CHINESE)


def test_a_lender_that_the_message_does_not_name_is_guessed_in_no_letter(
    rules: Rules, letters: Letters
) -> None:
    nameless = sms("你的借款已逾期，请尽快还款，否则上门。")
    case = judged(rules, ledger_of(rules), nameless)
    assert case.match.loan == OPEN  # the only open one: good enough to look at, not to write to
    for verdict in (Verdict.UNSURE, Verdict.POSSIBLY_OWED, Verdict.FRAUDULENT):
        known = known_of(rules, with_verdict(case, verdict, ("S", "R", "F")), chosen=("F+", "C"))
        assert {"T5", "complaint"} & {one.id for one in possible(letters, known)}
        for draft in drafts(letters, known).values():
            text = whole(draft)
            assert "平安银行" not in text, draft.id
            assert "8810" not in text, draft.id
            assert "15日" not in text, draft.id
    by_tail = judged(rules, ledger_of(rules), sms("尾号5512的借款已逾期，应还640.00元，请还款。"))
    assert (by_tail.match.loan, by_tail.notice.lenders) == (SETTLED, ())
    office = write(letters["complaint"], known_of(rules, by_tail)).plain(CHINESE)
    assert "被投诉机构：招联金融" in office  # the ledger knows whose loan it is
    assert "声称的机构：【待填" in office  # the message never said


def test_several_messages_are_counted_with_their_first_and_last_day(
    rules: Rules, letters: Letters
) -> None:
    case = case_of(rules, ledger_of(rules), Verdict.STALE)
    at = datetime(2026, 4, 30, 17, tzinfo=UTC)  # the first of May where the holder is
    mail = replace(case, message=replace(case.message, received_at=at, channel=Channel.EMAIL))
    known = Known.of(case, [mail, case], ledger_of(rules), rules.directory)
    text = write(letters["T1"], known).plain(CHINESE)
    assert "2026年5月1日至2026年5月10日，本人仍收到2条要求还款的信息（电子邮件、短信）" in text


@pytest.mark.parametrize(
    ("lender", "within_15_days", "local"),
    [
        ("招联金融", True, False),
        ("平安银行", True, False),
        ("阿里小贷", False, True),
        ("度小满", False, False),
        ("某某信息咨询", False, False),
    ],
)
def test_the_15_days_are_those_of_banks_and_consumer_finance_companies_alone(
    rules: Rules, letters: Letters, lender: str, *, within_15_days: bool, local: bool
) -> None:
    case = case_of(rules, ledger_of(rules), Verdict.STALE)
    loan = replace(SETTLED, lender=lender)
    known = known_of(rules, case, loan)
    for id_, draft in drafts(letters, known).items():
        text = draft.plain(CHINESE)
        assert ("15日" in text) == (within_15_days and id_ in {"T1", "T5", "complaint"}), id_
        if id_ in {"T1", "T5"}:
            assert ("地方金融管理局" in text) == local
            assert ("12345" in text) == local
    complaint = write(letters["complaint"], known).plain(CHINESE)
    assert ("12378" in complaint) == (not local)
    assert ("12345" in complaint) == (not within_15_days)


@pytest.mark.parametrize("verdict", Verdict)
def test_collectors_and_strangers_learn_nothing_that_only_the_ledger_knows(
    rules: Rules, letters: Letters, verdict: Verdict
) -> None:
    case = with_verdict(case_of(rules, ledger_of(rules), Verdict.STALE), verdict, ("S", "M"))
    known = known_of(rules, case, chosen=("F+", "C"))
    for one in letters.values():
        if one.to in {Recipient.COLLECTOR, Recipient.STRANGER}:
            text = whole(write(one, known))
            assert not [word for word in PRIVATE if word in text]
            assert not re.search("证件号码|借据|卡号|账号", "".join(write(one, known).blanks))
    assert [one.id for one in letters.values() if one.to is Recipient.COLLECTOR] == ["T2"]
    assert [one.id for one in letters.values() if one.to is Recipient.STRANGER] == ["T4"]


def test_a_message_for_somebody_else_takes_no_loan_of_the_users_into_any_letter(
    rules: Rules, letters: Letters
) -> None:
    case = with_verdict(case_of(rules, ledger_of(rules), Verdict.STALE), Verdict.NOT_MINE, "M")
    assert case.match.loan is not None
    for draft in drafts(letters, known_of(rules, case)).values():
        assert not [word for word in PRIVATE[1:] if word in draft.plain(CHINESE)], draft.id


def test_nobody_writes_to_a_fraudster_and_no_open_loan_is_called_settled(
    rules: Rules, letters: Letters
) -> None:
    fraud = known_of(rules, case_of(rules, ledger_of(rules), Verdict.FRAUDULENT))
    assert {one.to for one in possible(letters, fraud)} == {Recipient.OFFICE, Recipient.RECORD}
    assert "12378" not in write(letters["complaint"], fraud).plain(CHINESE)
    for verdict in (Verdict.EXPECTED, Verdict.POSSIBLY_OWED):
        known = known_of(rules, case_of(rules, ledger_of(rules), verdict))
        for draft in drafts(letters, known).values():
            text = draft.plain(CHINESE)
            assert "全部结清" not in text
            assert "已经结清" not in text


@pytest.mark.parametrize("verdict", Verdict)
def test_no_letter_says_that_anything_is_owed(
    rules: Rules, letters: Letters, verdict: Verdict
) -> None:
    case = with_verdict(case_of(rules, ledger_of(rules), Verdict.STALE), verdict, ())
    for loans in ((SETTLED, OPEN), (replace(SETTLED, lender="阿里小贷"),), (OPEN,)):
        for draft in drafts(letters, known_of(rules, case, *loans, chosen=("F+",))).values():
            for text in (draft.plain(CHINESE), draft.plain(ENGLISH)):
                admitted = [
                    hit.group()
                    for hit in ADMITS.finditer(text)
                    if not DENIED.search(text[: hit.start()])
                ]
                assert not admitted, draft.id


PHONES = st.from_regex(r"\A(?:1[3-9]\d{9}|0\d{2,3}-?\d{8}|400-\d{3}-\d{4}|\+852\d{8})\Z")
ACCOUNTS = st.from_regex(r"\A(?:62\d{14,17}|wx[a-z]{6}\d{2}|qq\d{8})\Z")
HOSTS = st.from_regex(r"\A[a-z]{6,12}-[a-z]{4}\.(?:top|xyz|vip)/[a-z0-9]{5}\Z")
IDS = st.from_regex(r"\A[1-6]\d{5}19\d{2}(?:0[1-9])(?:1\d)\d{3}[\dX]\Z")
TEXTS = (
    "【招联金融】宋雨桐，您尾号5512的借款逾期，请点 https://{host} ，致电{phone}，账户{account}",
    "【某某资产】受招联金融委托，身份证{id}欠款640.00元，加微信{account}或回电{phone}，{host}",
    "【{account}】{{name}}[{phone}]您已还清的好期贷仍需还款{phone}元，https://{host}",
    "【中邮消费金融】王女士（{id}）您已逾期，致电{phone}，{host}，转账{account}",
)


@given(
    data=st.fixed_dictionaries({"phone": PHONES, "account": ACCOUNTS, "host": HOSTS, "id": IDS}),
    text=st.sampled_from(TEXTS),
    verdict=st.sampled_from([None, *Verdict]),
)
def test_no_letter_ever_holds_a_link_number_or_account_of_its_sender(
    rules: Rules,
    letters: Letters,
    data: dict[str, str],
    text: str,
    verdict: Verdict | None,
) -> None:
    said = text.format(**data)
    address = f"{data['account']}@{data['host']}"
    short = sms(said, sender=data["phone"])
    mail = replace(
        short,
        channel=Channel.EMAIL,
        sender=address,
        subject=said,
        headers=(("From", f"{data['phone']} <{address}>"),),
    )
    hidden = (*data.values(), data["host"].partition("/")[0], "https://", "某某资产", "王女士")
    for message in (short, mail):
        for shown in all_written(rules, letters, message, verdict):
            assert not [value for value in hidden if value in shown]


def all_written(
    rules: Rules, letters: Letters, message: Message, verdict: Verdict | None
) -> Iterator[str]:
    """Yield every letter that could be written for a message, all of it that ever shows."""
    case = judged(rules, ledger_of(rules), message)
    if verdict or case.judgement.verdict is None:
        case = with_verdict(case, verdict or Verdict.UNSURE, ("S", "M", "R", "F", "C"))
    known = known_of(rules, case, chosen=("F+", "C"))
    for draft in drafts(letters, known).values():
        yield whole(draft)


def test_text_that_looks_like_a_blank_is_not_filled_again(rules: Rules, letters: Letters) -> None:
    case = case_of(rules, ledger_of(rules), Verdict.STALE)
    odd = replace(SETTLED, product="{name}[证件号码]")
    draft = write(letters["T1"], known_of(rules, case, odd))
    assert "{name}[证件号码]" in draft.plain(CHINESE)
    assert "证件号码" not in draft.blanks
    assert str(HOLDER.name) in draft.plain(CHINESE)
