"""The words of a pop-up: fixed per verdict, so that nothing a sender wrote can be among them.

Rules for this file: pure. A title or a body is built from phrases and numbers only. The one
exception is the lender's name, which comes from the user's ledger or our directory and is
shown only where the user asked for details on the lock screen.
"""

import html
from dataclasses import dataclass
from enum import StrEnum

from watcher.core.model import Urgency, Verdict
from watcher.desktop.showing import Showing
from watcher.phrases import Phrases
from watcher.phrases.display import printable

MOST_CHARACTERS = 200
MOST_LINES = 4
MOST_OF_A_NAME = 40
MOST_OF_A_COURT = 60


class Button(StrEnum):
    """What the user can answer to a pop-up; `OPEN` is a click on the pop-up itself."""

    OPEN = "default"
    DONE = "done"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class PopUp:
    """A notification as the desktop gets it: `actions` are key and label by turns."""

    title: str
    body: str
    actions: tuple[str, ...]
    urgency: int


def pop_up(
    showing: Showing,
    phrases: Phrases,
    *,
    capabilities: frozenset[str] = frozenset(),
    details: bool = False,
) -> PopUp:
    """Word one alert, or the digest of several, for a desktop with these capabilities.

    The body is plain text of at most 200 characters and 4 lines, and a digest's one short line
    more for each court message that it tells of; where the desktop reads markup, what would be
    markup is escaped, so that the same characters are seen.
    """
    lines = [_what(showing, phrases)]
    if details and showing.lender and showing.count == 1:
        lender = printable(showing.lender)[:MOST_OF_A_NAME]
        lines.append(phrases.say("desktop.lender", {"lender": lender}))
    lines.append(_where_to_look(showing, phrases, by_click="actions" in capabilities))
    told = [phrases.say("desktop.court", {"case": case}) for case in showing.courts]
    body = "\n".join([*lines[:MOST_LINES], *(line[:MOST_OF_A_COURT] for line in told)])
    body = body[: MOST_CHARACTERS + (MOST_OF_A_COURT + 1) * len(told)]
    return PopUp(
        title=_title(showing, phrases),
        body=html.escape(body) if "body-markup" in capabilities else body,
        actions=_actions(showing, phrases) if "actions" in capabilities else (),
        urgency=_urgency(showing),
    )


def read_key(key: str) -> tuple[Button, int | None] | None:
    """Read an action key back: the button and the alert it carries; None for a foreign key."""
    if key == Button.OPEN:
        return Button.OPEN, None
    name, colon, number = key.partition(":")
    if not colon or name not in (Button.DONE, Button.LATER):
        return None
    if not (number.isascii() and number.isdigit() and len(number) <= len(str(2**63))):
        return None
    return Button(name), int(number)


def _title(showing: Showing, phrases: Phrases) -> str:
    if showing.count > 1:
        return phrases.say("desktop.title_digest", {"count": showing.count})
    return phrases.say(f"desktop.title_{_kind(showing)}")


def _what(showing: Showing, phrases: Phrases) -> str:
    told = showing.summary
    ours = told is not None and all(type(value) is int for value in told.values.values())
    if showing.case_id is None and ours and told is not None:
        return phrases.render(told)  # a summary by the program itself, with numbers only
    if showing.count == 1:
        court = showing.court and showing.verdict is not Verdict.FRAUDULENT
        return phrases.say("desktop.body_court" if court else f"desktop.body_{_kind(showing)}")
    fraud = showing.verdict is Verdict.FRAUDULENT
    return phrases.say("desktop.body_digest_fraudulent" if fraud else "desktop.body_digest")


def _kind(showing: Showing) -> str:
    return showing.verdict.value if showing.verdict else "summary"


def _where_to_look(showing: Showing, phrases: Phrases, *, by_click: bool) -> str:
    if showing.unsaved:
        return phrases.say("desktop.look_when_saved")
    # A click beside the buttons opens nothing on Xfce: it takes the pop-up away.
    way = "click" if by_click else "look"
    button = phrases.say("desktop.button_open")
    if showing.case_id is None or showing.count > 1:
        return phrases.say(f"desktop.{way}_at_all", {"button": button})
    return phrases.say(f"desktop.{way}_at_one", {"button": button, "case": showing.case_id})


def _actions(showing: Showing, phrases: Phrases) -> tuple[str, ...]:
    # The alert's number stands in the key: a click is understood after we were restarted.
    done = (f"{Button.DONE}:{showing.alert_id}", phrases.say("desktop.button_done"))
    later = (f"{Button.LATER}:{showing.alert_id}", phrases.say("desktop.button_later"))
    seen = (Button.OPEN.value, phrases.say("desktop.button_open"))
    # Only a case can be put aside; a summary is read or not.
    return (*seen, *done, *later) if showing.case_id is not None else (*seen, *done)


def _urgency(showing: Showing) -> int:
    """Translate into the desktop's byte; only fraud may break through "do not disturb"."""
    if showing.verdict is Verdict.FRAUDULENT and showing.urgency is Urgency.CRITICAL:
        return 2
    return 0 if showing.urgency is Urgency.LOW else 1
