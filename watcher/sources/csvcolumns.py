"""Which column of a table is which: by the words of its header, and by what stands below.

What is guessed is shown to the user, so that a wrong guess is seen; what cannot be told is
refused, since a sender taken for a text would be judged as one.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from watcher.core.model import PhraseValue
from watcher.sources.dates import Order, is_time_of_day, open_order, read_date

_TEXT = (
    *("短信内容", "信息内容", "消息内容", "短信正文", "正文", "内容", "短信", "信息", "消息"),
    *("文本", "message text", "message body", "sms body", "body", "text", "message", "content"),
    *("message content", "sms", "msg"),
)
_NUMBER = (
    *("对方号码", "发件人号码", "发送方号码", "发信人号码", "来源号码", "电话号码", "手机号码"),
    *("号码", "手机号", "电话", "手机", "对方", "发件人", "发送人", "发信人", "发送方", "来源"),
    *("phone number", "mobile number", "sender number", "from number", "sender id", "address"),
    *("number", "phone", "mobile", "telephone", "tel", "sender", "from", "handle"),
)
_TIME = (
    *("接收时间", "收到时间", "接收日期", "收信时间", "短信时间", "消息时间", "收发时间"),
    *("日期时间", "时间", "日期", "发送时间", "发送日期", "date received", "received date"),
    *("received time", "received at", "received", "message date", "date time", "datetime"),
    *("timestamp", "date", "time", "sent date", "date sent", "sent at", "sent", "readable date"),
)
_DIRECTION = (
    *("收发类型", "收发", "方向", "短信类型", "消息类型", "类型", "文件夹", "信箱", "状态"),
    *("direction", "message type", "type", "folder", "box", "mailbox", "status"),
)
_IN = frozenset(
    {
        *("接收", "收到", "已接收", "已收", "收件箱", "收件", "收", "1"),
        *("received", "receive", "inbox", "incoming", "in", "deliver"),
    }
)
_OUT = frozenset(
    {
        *("发送", "已发送", "已发", "发出", "发件箱", "发件", "发", "草稿", "草稿箱"),
        *("sent", "send", "sentbox", "outbox", "outgoing", "out", "submit", "draft"),
        *("2", "3", "4", "5", "6"),
    }
)
_STATES = frozenset({"状态", "status"})
"""Names under which numbers are no directions: they mean read, or delivered."""
_LOST_DIGITS = re.compile(r"\d(?:\.\d+)?E\+\d{1,2}", re.IGNORECASE)
_NUMBER_LIKE = re.compile(r"\+?\d[\d -]{1,22}\d")
_ASIDE = re.compile(r"[(\[].*?[)\]]")
_MOSTLY = 0.9
_HALF = 0.5
_SHORT = 8
_SHOWN = 190
"""Characters of a header that are shown; a phrase takes no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which columns are which, by their places; `clock` is a time apart from its date.

    `order_open` where some date does not tell its day from its month.
    """

    text: int
    number: int | None
    time: int | None
    clock: int | None
    direction: int | None
    header: tuple[str, ...]
    width: int
    order_open: bool

    @property
    def places(self) -> tuple[int | None, ...]:
        """All places that a message is made of."""
        return self.text, self.number, self.time, self.clock, self.direction

    def name(self, place: int | None) -> str | None:
        """Return what a column is called, or its number where there is no header."""
        if place is None:
            return None
        return self.header[place][:40] if self.header else f"#{place + 1}"


@dataclass(frozen=True, slots=True)
class Unclear:
    """A table whose columns cannot be told: a phrase that says so."""

    reason: str
    values: dict[str, PhraseValue]


@lru_cache(maxsize=256)
def is_received(cell: str) -> bool | None:
    """Tell whether a cell says that a message was received; None where it says nothing."""
    word = _folded(cell)
    return True if word in _IN else False if word in _OUT else None


def sender_in(cell: str) -> tuple[str | None, bool]:
    """Return the sender in a cell, and whether a spreadsheet has rounded its digits away."""
    sender = cell.strip().lstrip("'").strip()
    if sender.startswith('="') and sender.endswith('"'):
        sender = sender[2:-1].strip()
    if _LOST_DIGITS.fullmatch(sender):
        return None, True
    whole = sender.removesuffix(".0")
    sender = whole if whole.isdigit() else sender
    return (sender[:200] if sender not in {"", "null"} else None), False


def guess_columns(rows: Sequence[Sequence[str]]) -> Columns | Unclear | None:
    """Guess from the first rows; None where they look like no table of messages at all."""
    first = [cell.strip() for cell in rows[0]]
    header = not any(_is_date(cell) or _NUMBER_LIKE.fullmatch(cell) for cell in first)
    if header:
        return _by_header(first, [row for row in rows[1:] if len(row) == len(first)])
    return _by_content([row for row in rows if len(row) == len(first)])


def _by_header(first: list[str], rows: list[Sequence[str]]) -> Columns | Unclear | None:
    names = [_folded(_ASIDE.sub("", name)) for name in first]
    shown: dict[str, PhraseValue] = {"header": ", ".join(first)[:_SHOWN]}
    taken: set[int] = set()

    def find(words: Iterable[str], fits: Callable[[list[str]], bool]) -> int | None:
        found = [
            place
            for place in _candidates(names, words)
            if place not in taken and fits([row[place] for row in rows if row[place].strip()])
        ]
        if not found:
            return None
        taken.add(found[0])
        return found[0]

    time = find(_TIME, _all_dates)
    clock = find(_TIME, _all_clocks) if time is not None and _no_clock(rows, time) else None
    direction = find(_DIRECTION, _all_directions)
    if direction is not None and names[direction] in _STATES and not _worded(rows, direction):
        direction = None
    number = find(_NUMBER, lambda _: True)
    text = find(_TEXT, lambda cells: not cells or not _all_dates(cells))
    if text is None or (number is None and time is None):
        known = [place for place in (text, number, time) if place is not None]
        return Unclear("source.csv_no_columns", shown) if known else None
    twice = {names[place] for place in (text, number, time) if place is not None}
    if any(names.count(name) > 1 for name in twice):
        return Unclear("source.csv_unclear_columns", shown)
    return Columns(
        text=text,
        number=number,
        time=time,
        clock=clock,
        direction=direction,
        header=tuple(first),
        width=len(first),
        order_open=time is not None and _order_open(row[time] for row in rows),
    )


def _by_content(rows: list[Sequence[str]]) -> Columns | Unclear | None:
    columns = [
        [cell.strip() for cell in column if cell.strip()] for column in zip(*rows, strict=True)
    ]
    dates = [place for place, cells in enumerate(columns) if cells and _all_dates(cells)]
    rest = [place for place in range(len(columns)) if columns[place] and place not in dates]
    directions = [place for place in rest if _all_directions(columns[place])]
    worded = [place for place in directions if not all(map(str.isdigit, columns[place]))]
    numbers = [place for place in rest if place not in directions and _all_numbers(columns[place])]
    texts = [place for place in rest if place not in directions and place not in numbers]
    longest = max(texts, key=lambda place: _length(columns[place]), default=None)
    if longest is None or not dates or not numbers or _length(columns[longest]) < _SHORT:
        return None
    places = (dates, numbers, worded or directions)
    if len(rows) > 1 and any(len(place) > 1 for place in places):
        return Unclear("source.csv_unclear_columns", {"header": _ordinals(len(columns))})
    return Columns(
        text=longest,
        number=numbers[0],
        time=dates[0],
        clock=None,
        direction=next(iter(worded or directions), None),
        header=(),
        width=len(columns),
        order_open=_order_open(columns[dates[0]]),
    )


def settle_order(cells: Iterable[str], known: Order | None = None) -> Order | None:
    """Return what the dates of a whole column say of day and month.

    Raises:
        ValueError: they contradict each other.
    """
    for cell in cells:
        both = open_order(cell)
        if both is None or max(both) <= 12:  # noqa: PLR2004  months
            continue
        said = Order.DAY_FIRST if both[0] > 12 else Order.MONTH_FIRST  # noqa: PLR2004  months
        if known not in {None, said}:
            raise ValueError
        known = said
    return known


def _order_open(cells: Iterable[str]) -> bool:
    return any(open_order(cell) is not None for cell in cells)


def _candidates(names: list[str], words: Iterable[str]) -> list[int]:
    words = list(words)
    equal = [place for word in words for place, name in enumerate(names) if name == word]
    # English words stand inside others, as "text" in "context"; Chinese ones hardly do.
    within = [
        place
        for word in words
        if not word.isascii()
        for place, name in enumerate(names)
        if word in name and name.find("收件人") < 0
    ]
    return list(dict.fromkeys([*equal, *within]))


def _folded(text: str) -> str:
    text = unicodedata.normalize("NFKC", text[:100]).strip(" \t\r\n\"'\ufeff").lower()
    return " ".join(re.split(r"[\s_-]+", text))


def _is_date(cell: str) -> bool:
    return open_order(cell) is not None or read_date(cell) is not None


def _share(cells: list[str], fits: Callable[[str], object]) -> float:
    return sum(bool(fits(cell)) for cell in cells) / len(cells) if cells else 1.0


def _all_dates(cells: list[str]) -> bool:
    return _share(cells, _is_date) >= _HALF


def _all_clocks(cells: list[str]) -> bool:
    return bool(cells) and _share(cells, is_time_of_day) >= _MOSTLY


def _no_clock(rows: list[Sequence[str]], place: int) -> bool:
    return all(":" not in row[place] and not row[place].strip().isdigit() for row in rows)


def _worded(rows: list[Sequence[str]], place: int) -> bool:
    return not all(row[place].strip().isdigit() for row in rows if row[place].strip())


def _all_directions(cells: list[str]) -> bool:
    return _share(cells, lambda cell: is_received(cell) is not None) >= _MOSTLY


def _all_numbers(cells: list[str]) -> bool:
    def fits(cell: str) -> bool:
        sender, lost = sender_in(cell)
        return lost or _NUMBER_LIKE.fullmatch(sender or "") is not None

    counted = [int(cell) for cell in cells if cell.isdecimal()]
    # Numbers that only count up are those of the rows.
    rising = len(counted) == len(cells) > 1 and all(
        after - before == 1 for before, after in pairwise(counted)
    )
    return not rising and _share(cells, fits) >= _MOSTLY


def _length(cells: list[str]) -> float:
    return sum(map(len, cells)) / len(cells)


def _ordinals(count: int) -> str:
    return ", ".join(f"#{number + 1}" for number in range(min(count, 20)))
