"""Ways to change a message that must not make its verdict milder."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape

from bench.additions import BARE, FILLER, HEADERS, HEADS, LADEN
from watcher.core.model import Channel, Message

PADDED_BYTES = 10_000
_ENDS = "。！!；;"
_NO_LINE_START = "，。！？；：、）】》”’,.!?;:)]>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A message after one change; `bare` where the change carried nothing that could decide."""

    message: Message
    how: str
    bare: bool


Change = Callable[[Message, random.Random], Changed]


def add_bare(message: Message, choice: random.Random) -> Changed:
    """Add one or two calming texts that carry nothing."""
    return _add(message, choice, BARE, bare=True)


def add_laden(message: Message, choice: random.Random) -> Changed:
    """Add a signature, a quoted receipt or a text with names and sums."""
    return _add(message, choice, LADEN, bare=False)


def add_head(message: Message, choice: random.Random) -> Changed:
    """Put the head of news, a warning or a talk in front, in the same line or above."""
    said = choice.choice(HEADS)
    glue = choice.choice(("", "", "\n"))
    changed = _around(message, said.strip() if glue else said, "", glue)
    return Changed(message=changed, how=f"head: {said}", bare=False)


def add_hidden(message: Message, choice: random.Random) -> Changed:
    """Hide a calming text in a mail, where only a program reads it."""
    said = choice.choice(BARE)
    style = choice.choice(("display:none", "font-size:0", "color:#fff;background:#fff"))
    hidden = f'<div style="{style}">{escape(said)}</div>'
    html = message.html or _as_html(message.text or "")
    changed = replace(message, channel=Channel.EMAIL, html=_into_body(html, hidden, after=True))
    return Changed(message=changed, how=f"hidden: {said}", bare=True)


def add_headers(message: Message, choice: random.Random) -> Changed:
    """Send it as a mail with headers that vouch for it."""
    chosen = tuple(choice.sample(HEADERS, choice.randint(1, 3)))
    changed = replace(message, channel=Channel.EMAIL, headers=(*message.headers, *chosen))
    return Changed(message=changed, how=f"headers: {[name for name, _ in chosen]}", bare=True)


def as_mail(message: Message, choice: random.Random) -> Changed:
    """Send it as a mail: plain, with a subject, or as HTML."""
    form = choice.choice(("plain", "subject", "html", "both"))
    subject = message.subject or (
        choice.choice(("通知", "提醒", "您好")) if form != "plain" else None
    )
    html = message.html
    if form in ("html", "both") and message.text is not None and html is None:
        html = _as_html(message.text)
    text = None if form == "html" and html is not None else message.text
    changed = replace(message, channel=Channel.EMAIL, subject=subject, text=text, html=html)
    return Changed(message=changed, how=f"mail: {form}", bare=True)


def rewrap(message: Message, choice: random.Random) -> Changed:
    """Break its lines after so many characters, as mail programs do."""
    width = choice.choice((8, 12, 20, 35, 38, 70))
    break_ = choice.choice(("\n", "\r\n"))
    wrapped = None if message.text is None else _wrap(message.text, width, break_)
    return Changed(message=replace(message, text=wrapped), how=f"wrapped at {width}", bare=True)


def pad(message: Message, choice: random.Random) -> Changed:
    """Surround it with so much plain prose that it has 10 kB."""
    before = choice.choice((0.0, 0.5, 1.0))
    front = _filler(int(PADDED_BYTES * before), choice)
    back = _filler(int(PADDED_BYTES * (1 - before)), choice)
    changed = _around(message, front, back, "\n")
    return Changed(message=changed, how=f"padded, {before:.0%} before it", bare=True)


def add_and_wrap(message: Message, choice: random.Random) -> Changed:
    """Add a calming text and then break the lines."""
    added = add_bare(message, choice)
    return Changed(
        message=rewrap(added.message, choice).message, how=f"{added.how}; wrapped", bare=True
    )


def _add(message: Message, choice: random.Random, texts: tuple[str, ...], *, bare: bool) -> Changed:
    said = choice.choice(texts)
    if choice.random() < 0.25:  # noqa: PLR2004  now and then two of them
        said += choice.choice(texts)
    place = choice.choice(("before", "after", "line before", "line after", "between"))
    match place:
        case "before":
            changed = _around(message, said, "", "")
        case "line before":
            changed = _around(message, said, "", "\n")
        case "after":
            changed = _around(message, "", said, "")
        case "line after":
            changed = _around(message, "", said, "\n")
        case _:
            changed = _between(message, said, choice)
    return Changed(message=changed, how=f"{place}: {said}", bare=bare)


def _around(message: Message, front: str, back: str, glue: str) -> Message:
    text, html = message.text, message.html
    if text is not None:
        text = f"{front}{glue if front else ''}{text}{glue if back else ''}{back}"
    if html is not None:
        if front:
            html = _into_body(html, f"<p>{escape(front)}</p>", after=False)
        if back:
            html = _into_body(html, f"<p>{escape(back)}</p>", after=True)
    return replace(message, text=text, html=html)


def _between(message: Message, said: str, choice: random.Random) -> Message:
    """Put a text between two sentences; after all of it where there is only one."""
    text = message.text
    if text is None:
        return _around(message, "", said, "")
    places = [at + 1 for at, char in enumerate(text) if char in _ENDS] or [len(text)]
    at = choice.choice(places)
    changed = replace(message, text=f"{text[:at]}{said}{text[at:]}")
    html = message.html
    return changed if html is None else replace(changed, html=_around(message, "", said, "").html)


def _wrap(text: str, width: int, break_: str) -> str:
    """Break between two Han characters, or at a space; never inside a number or an address."""
    lines: list[str] = []
    start = 0
    for at in range(1, len(text)):
        full = at - start >= width
        if full and text[at] not in _NO_LINE_START and _breakable(text[at - 1], text[at]):
            lines.append(text[start:at])
            start = at
    lines.append(text[start:])
    return break_.join(lines)


def _breakable(left: str, right: str) -> bool:
    return left == " " or (_is_han(left) and _is_han(right))


def _is_han(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff"


def _filler(size: int, choice: random.Random) -> str:
    said: list[str] = []
    length = 0
    while length < size:
        said.append(choice.choice(FILLER))
        length += len(said[-1].encode())
    return "".join(said)


def _as_html(text: str) -> str:
    lines = "<br>".join(escape(line) for line in text.split("\n"))
    return f"<html><body><p>{lines}</p></body></html>"


def _into_body(html: str, added: str, *, after: bool) -> str:
    lower = html.lower()
    if after:
        at = lower.rfind("</body")
        at = len(html) if at < 0 else at
    else:
        at = lower.find("<body")
        at = 0 if at < 0 else lower.find(">", at) + 1
    return html[:at] + added + html[at:]
