from pathlib import Path

import pytest

from bench.case_files import CASES, read_people
from bench.report import Unmeasured
from watcher.core.lenders import Directory, Lender
from watcher.core.model import Kind, Verdict

DIRECTORY = Directory.of([Lender(id="mountain", name="青山消费", kind="consumer_finance")])
PERSON = """
author = "test"

[holder]
name = "苗小禾"

[[loans]]
id = "m"
lender = "青山消费"
status = "settled"
settled_on = 2026-02-01

[[messages]]
id = "later"
channel = "sms"
sender = "10690000"
received_at = "2026-02-09T08:00:00+08:00"
text = "青山消费提醒您还款。"
facts_row = 32
kinds = ["due_reminder"]
verdicts = ["stale", "null"]
harmful = ["fraudulent"]
loan = "m"
amount = "88.5"
why = "an example"

[[messages]]
id = "earlier"
channel = "email"
sender = "青山 <a@example.com>"
received_at = "2026-02-09T00:30:00+02:00"
subject = "账单"
html = "<p>账单</p>"
headers = { "Reply-To" = "b@example.com" }
kinds = ["statement", "other"]
verdicts = ["null"]
harmful = []
loan = "none"
why = "an example"
"""


def write(folder: Path, text: str) -> Path:
    (folder / "miao-xiaohe.toml").write_text(text, encoding="utf-8")
    return folder


def test_messages_come_in_the_order_in_which_they_were_received(tmp_path: Path) -> None:
    (person,) = read_people(DIRECTORY, write(tmp_path, PERSON))
    assert [one.message.id for one in person.messages] == ["earlier", "later"]


def test_a_person_comes_with_the_ledger_and_every_expectation(tmp_path: Path) -> None:
    (person,) = read_people(DIRECTORY, write(tmp_path, PERSON))
    mail, sms = person.messages
    assert person.name == "miao-xiaohe"
    assert person.ledger.holder.name == "苗小禾"
    assert [loan.id for loan in person.ledger.loans] == ["m"]
    assert mail.message.headers == (("Reply-To", "b@example.com"),)
    assert mail.expected.only_silence
    assert mail.expected.amount is None
    assert sms.facts_row == 32
    assert sms.expected.kinds == {Kind.DUE_REMINDER}
    assert sms.expected.verdicts == {Verdict.STALE, None}
    assert sms.expected.amount == "88.50"


@pytest.mark.parametrize(
    ("good", "bad", "says"),
    [
        ('verdicts = ["stale", "null"]', 'verdicts = ["stael"]', "stael"),
        ('kinds = ["due_reminder"]', 'kinds = ["dues"]', "dues"),
        ("facts_row = 32", "fact_row = 32", "fact_row"),
        ('received_at = "2026-02-09T08', 'received_at = "2026-02-39T08', "source.bad_date"),
        ("settled_on = 2026-02-01", "settled_an = 2026-02-01", "settled_an"),
        ('id = "later"', 'id = "earlier"', "same id"),
        ('why = "an example"', "why = an example", "value"),
    ],
)
def test_a_mistake_names_the_file_and_what_is_wrong(
    tmp_path: Path, good: str, bad: str, says: str
) -> None:
    assert good in PERSON
    folder = write(tmp_path, PERSON.replace(good, bad, 1))
    with pytest.raises(Unmeasured, match=says) as raised:
        list(read_people(DIRECTORY, folder))
    assert str(raised.value).startswith("miao-xiaohe.toml: ")


def test_the_whole_case_set_can_be_read() -> None:
    people = list(read_people(DIRECTORY))
    assert len(people) == len(list(CASES.glob("*.toml")))
    assert all(person.messages for person in people)
