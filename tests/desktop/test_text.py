import itertools
from dataclasses import replace
from decimal import Decimal

import pytest

from watcher.core.model import Phrase, Urgency, Verdict
from watcher.desktop.showing import Showing
from watcher.desktop.text import Button, pop_up, read_key
from watcher.phrases import LANGUAGES, Phrases

VERDICTS = (*Verdict, None)
HOSTILE = (
    '<a href="https://pay.example/x">点这里</a>',
    "--help",
    "-u critical",
    "您已结清，请忽略\n\n\n\n\n\n\n",
    "\x1b[31m红\x1b[0m",
    "\u202e反向\u2066",
    "'>, 'default-action': <'app.pay'>, 'x': <'",
    "甲" * 10_000,
    "&amp;&lt;b&gt;",
)


def showing(
    verdict: Verdict | None = Verdict.STALE,
    *,
    count: int = 1,
    lender: str | None = None,
    urgency: Urgency = Urgency.NORMAL,
) -> Showing:
    return Showing(
        alert_id=7,
        case_id=3,
        verdict=verdict,
        urgency=urgency,
        count=count,
        lender=lender,
        summary=Phrase(id="summary.x", values={"lender": lender, "amount": Decimal("1352.29")}),
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("count", [1, 2, 10_000])
def test_every_pop_up_fits_a_notification(
    language: str,
    verdict: Verdict | None,
    count: int,
) -> None:
    words = pop_up(
        showing(verdict, count=count, lender="招联金融"),
        Phrases(language),  # type: ignore[arg-type]
        details=True,
        capabilities=frozenset({"actions"}),
    )

    assert 0 < len(words.body) <= 200
    assert len(words.body.splitlines()) <= 4
    assert len(words.title.splitlines()) == 1
    assert len(words.title) <= 60


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("verdict", VERDICTS)
def test_nothing_about_the_notice_reaches_the_pop_up(
    hostile: str,
    verdict: Verdict | None,
) -> None:
    plain = pop_up(showing(verdict), Phrases("zh"))

    assert pop_up(showing(verdict, lender=hostile), Phrases("zh")) == plain


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("capabilities", [frozenset(), frozenset({"body-markup"})])
def test_a_strange_lender_name_stays_one_short_line_even_with_details(
    hostile: str,
    capabilities: frozenset[str],
) -> None:
    words = pop_up(
        showing(lender=hostile),
        Phrases("zh"),
        details=True,
        capabilities=capabilities,
    )

    assert len(words.body.splitlines()) == 3
    assert "\x1b" not in words.body
    assert "\u202e" not in words.body
    if "body-markup" in capabilities:
        assert not set(words.body) & set("<>\"'")


def test_the_lenders_name_stands_there_only_when_the_user_asked_for_it() -> None:
    named = showing(lender="招联金融")

    assert "招联金融" not in pop_up(named, Phrases("zh")).body
    assert "招联金融" in pop_up(named, Phrases("zh"), details=True).body


def test_only_a_fraud_is_shown_as_critical() -> None:
    urgencies = {
        verdict: pop_up(showing(verdict, urgency=Urgency.CRITICAL), Phrases("zh")).urgency
        for verdict in VERDICTS
    }

    assert [verdict for verdict, urgency in urgencies.items() if urgency == 2] == [
        Verdict.FRAUDULENT
    ]


def test_no_pop_up_says_that_a_notice_is_safe_or_may_be_left_alone() -> None:
    reassuring = ("安全", "放心", "忽略", "正常", "无需", "safe", "ignore", "genuine", "no need")
    for language, verdict, count in itertools.product(LANGUAGES, VERDICTS, (1, 5)):
        words = pop_up(showing(verdict, count=count), Phrases(language))
        said = f"{words.title}\n{words.body}".lower()
        assert [word for word in reassuring if word in said] == []


def test_a_desktop_without_buttons_gets_none() -> None:
    assert pop_up(showing(), Phrases("zh")).actions == ()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [1, 12])
def test_who_can_click_is_sent_to_no_terminal(language: str, count: int) -> None:
    one = showing(count=count)
    clicked, typed = (
        pop_up(one, Phrases(language), capabilities=able).body  # type: ignore[arg-type]
        for able in (frozenset({"actions"}), frozenset())
    )
    assert "loan-watcher" not in clicked
    assert Phrases(language).say("desktop.button_open") in clicked  # type: ignore[arg-type]
    assert "loan-watcher" in typed
    assert ("3" in clicked) == (count == 1)  # its number, to be told by among others


def test_the_keys_of_the_buttons_carry_the_alert() -> None:
    words = pop_up(showing(), Phrases("zh"), capabilities=frozenset({"actions"}))

    assert [read_key(key) for key in words.actions[::2]] == [
        (Button.OPEN, None),
        (Button.DONE, 7),
        (Button.LATER, 7),
    ]


@pytest.mark.parametrize(
    "key",
    [
        "",
        "done",
        "done:",
        "done:-1",
        "done:１",
        "done:1e9",
        "pay:7",
        "DONE:7",
        "default:7",
        "done:" + "9" * 30,
    ],
)
def test_a_key_that_is_not_ours_is_no_answer(key: str) -> None:
    assert read_key(key) is None


def test_a_summary_says_its_numbers_and_cannot_be_put_aside() -> None:
    summary = Showing(
        alert_id=7,
        case_id=None,
        verdict=None,
        urgency=Urgency.NORMAL,
        count=312,
        summary=Phrase(id="desktop.title_digest", values={"count": 312}),
    )
    words = pop_up(summary, Phrases("zh"), capabilities=frozenset({"actions"}))

    assert "312" in words.body
    assert words.actions[::2] == ("default", "done:7")


def test_a_summary_that_quotes_anything_is_replaced_by_a_fixed_line() -> None:
    summary = Showing(
        alert_id=7,
        case_id=None,
        verdict=None,
        urgency=Urgency.NORMAL,
        summary=Phrase(id="desktop.lender", values={"lender": "加微信办理"}),
    )

    assert "加微信" not in pop_up(summary, Phrases("zh")).body


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_digest_names_each_court_message_on_a_line_of_its_own(language: str) -> None:
    digest = Showing(
        alert_id=7,
        case_id=None,
        verdict=Verdict.FRAUDULENT,
        urgency=Urgency.CRITICAL,
        count=40,
        courts=(101, 102, 103, 104, 999_999),
    )
    words = pop_up(digest, Phrases(language))  # type: ignore[arg-type]

    lines = words.body.splitlines()
    for case in digest.courts:
        assert [line for line in lines if str(case) in line] == [
            Phrases(language).say("desktop.court", {"case": case})  # type: ignore[arg-type]
        ]


def test_a_court_message_is_called_one_unless_it_is_a_fraud() -> None:
    plain, court = (
        [pop_up(replace(showing(v), court=court), Phrases("zh")).body for court in (False, True)]
        for v in (Verdict.FRAUDULENT, Verdict.UNSURE)
    )
    assert plain[0] == plain[1]
    assert "法院" in court[1]
    assert "法院" not in court[0]
