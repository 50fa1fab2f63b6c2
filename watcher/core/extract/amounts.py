"""Sums of money in folded text, with the currency they are in.

A number is a sum where a currency mark or unit stands at it, or where it has two decimals
and a word such as 应还 right before it. Dates, counts, tails and percentages are none.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from string import ascii_lowercase, ascii_uppercase

from watcher.core.extract.numerals import NUMERALS, read_numeral

MOST = 50
LONGEST_WHOLE = 12
"""Digits before the decimal point; what is longer is an account or a joke."""

LOOK_BACK = 12
CONTEXT_WITHIN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A sum of money; `currency` is an ISO 4217 code. Offsets are of the text searched."""

    value: Decimal = field(repr=False)
    currency: str
    start: int
    end: int


_AHEAD: Mapping[str, str] = {
    "HK$": "HKD",
    "US$": "USD",
    "NT$": "TWD",
    "A$": "AUD",
    "¥": "CNY",
    "￥": "CNY",
    "RMB": "CNY",
    "CNY": "CNY",
    "人民币": "CNY",
    "$": "USD",
    "USD": "USD",
    "美元": "USD",
    "HKD": "HKD",
    "港币": "HKD",
    "€": "EUR",
    "EUR": "EUR",
    "£": "GBP",
    "GBP": "GBP",
    "JPY": "JPY",
}
_BEHIND: Mapping[str, str] = {
    "美元": "USD",
    "美金": "USD",
    "USD": "USD",
    "港币": "HKD",
    "港元": "HKD",
    "HKD": "HKD",
    "日元": "JPY",
    "日圆": "JPY",
    "JPY": "JPY",
    "欧元": "EUR",
    "EUR": "EUR",
    "英镑": "GBP",
    "GBP": "GBP",
    "台币": "TWD",
    "新台币": "TWD",
    "澳元": "AUD",
    "韩元": "KRW",
    "泰铢": "THB",
}
_AHEAD_MARKS = tuple(_AHEAD)
_CAPITALS = str.maketrans(ascii_lowercase, ascii_uppercase)
"""Unlike `str.upper`, which makes two letters of ß, this moves no character."""
_MARK_GUARD = re.compile("[元块圆万¥$€£￥]|[A-Z]{3}|[a-z]{3}|千|币|镑|铢|美金")
_NUMBER = re.compile(
    r"[0-9](?<![0-9.][0-9])(?:"
    r"[0-9]{0,2}(?:,[0-9]{3})+(?![0-9])"
    r"|[0-9]{0,2}(?: [0-9]{3})+(?![0-9])"
    r"|(?: [0-9]){2,11}(?![0-9])"
    r"|[0-9]*)"
    r"(?: ?\. ?[0-9]{1,4}(?![0-9]))?"
)
_UNIT = re.compile(
    r" {0,2}(?:\((?=[A-Za-z元人]))?"
    r"(?P<scale>百万(?!保障|医疗|医保)|千万|[万千百亿kKwW](?![a-zA-Z]|(?<=万)(?:用金|事达|里通)))?"
    r"(?P<rest>[0-9](?:[千百](?:[0-9]百?)?)?)? ?"
    r"(?:"
    r"(?P<yuan>元(?![旦宵素老首气月])|块钱|块(?![屏地板蛋田砖石牌表手])|圆)"
    r"(?:(?P<jiao>[0-9])(?:角|毛)(?:(?P<fen>[0-9])(?:分|(?![0-9.,万千百元块个天月年日号点期/%:-])))?|零(?P<cents>[0-9])分|(?P<loose>[0-9])(?![0-9.月日号天期点/年%:-]|,[0-9]))?"
    r"|(?P<code>(?:新)?台币|美元|美金|港币|港元|日元|日圆|欧元|英镑|澳元|韩元|泰铢"
    r"|人民币|RMB|CNY|USD|HKD|JPY|EUR|GBP)(?![A-Za-z0-9]| ?[¥￥]?[0-9])"
    r")?",
    re.IGNORECASE,
)
_NO_SUM = re.compile(
    r" ?(?:[人户名次笔个家条件台步里字粉点倍股份票]|公里|多人|余人|积分|用户|[%‰])"
)
_CONTEXT = re.compile(
    r"金额|应[还缴付]|欠|账单|还款额|余额|本金|本息|利息|罚息|费用|合计|共计"
    r"|还差|待[还缴付]|挂着|补缴|[这那本当一]期|月供|[这那]笔|扣款|还款|扣收|[要该需]扣|[要该需]还"
)
_BARE = re.compile(
    r"(?<![0-9.,:/-])(?!(?:19|20)[0-9]{2}\.(?:0[1-9]|1[0-2]))"
    r"(?:[1-9][0-9]{2,5}|[1-9][0-9]{0,2},[0-9]{3})\.[0-9]{2}(?![0-9.%‰:/-])(?![a-zA-Z年月日号米点分秒度级])"
)
"""A number written as only sums are: three digits or more, and two decimals."""
_LEFT = re.compile(r"(?:还有|还差|[还拖]欠|欠[着了]|剩下?) ?\Z")
_UNPAID = re.compile(
    r"(?<=[0-9.][0-9]) ?(?:[还都]?[没未](?:有?[还扣划]|结清?|走账|[清付交给])|还?[欠挂拖]着"
    r"|早该还|到底还|扣了?[一二两三四五几][回次])(?![0-9])"
)
"""What stands on both sides of a number that somebody says without a unit: 还有829.6没还."""
_NO_TAIL = re.compile(
    r"(?<![0-9月.,:/*-])[1-9](?:[0-9]{2}|[0-9]{4,5}|[0-9]{1,4}\.[0-9]{1,2})(?![0-9.,:/-])"
)
"""A number that is not as long as last digits are, and so needs nothing before it: 289还欠着."""
_TAIL_WORDS = ("尾号", "尾数", "末四位", "后四位", "末位", "卡号")
_DECIMALS = re.compile(r"\.[0-9]{2}\Z")
_NUMERAL_SUM = re.compile(
    f"[{NUMERALS}](?<![{NUMERALS}0-9][{NUMERALS}])[{NUMERALS}]{{0,31}}"
    f"(?:(?P<yuan>元(?![旦宵素老首气月里桥复始化])|块钱|块(?![屏地板蛋田砖石牌表手])|圆)整?"
    f"(?:(?P<tenths>(?<=块)[{NUMERALS}](?=[没未还到的要该今请麻,。;!?) ]|\\Z))"
    f"|(?P<jiao>[{NUMERALS}])[角毛](?:(?P<loose>[{NUMERALS}])(?![{NUMERALS}天月年日个号分]))?)?"
    f"(?:零?(?P<fen>[{NUMERALS}])分)?整?"
    f"|(?P<code>美元|美金|港币|港元|日元|日圆|欧元|英镑)|(?<=万)(?<!千万)(?<!百万)(?![一分千万人户名次笔个家条件台步里字]))"
)
_NUMERAL_GUARD = re.compile(f"[{NUMERALS}](?:[元块圆万]|美|港|日[元圆]|欧|英镑)")
_SUM_GUARD = re.compile(f"[0-9]|{_NUMERAL_GUARD.pattern}")
_MARK_ENDS = frozenset(" :-¥￥$€£BYDRPMbydrpm币元")
_UNIT_STARTS = frozenset(" (0123456789百千万亿kKwW元块圆台新美港日欧英澳韩泰人RCrUHJEGcuhjeg")
_DAY_OR_YEN = ("元", "圆")
"""What makes 日 behind a number a currency and no day."""
_LARGE = frozenset(("万", "百万", "千万", "亿"))
_SCALES: Mapping[str, int] = {
    "百": 100,
    "千": 1000,
    "k": 1000,
    "K": 1000,
    "万": 10_000,
    "w": 10_000,
    "W": 10_000,
    "百万": 1_000_000,
    "千万": 10_000_000,
    "亿": 100_000_000,
}


def may_hold_sum(plain: str) -> bool:
    """Whether a text has what every sum has: a digit, or a numeral in front of its unit."""
    return _SUM_GUARD.search(plain) is not None


def find_amounts(plain: str) -> tuple[Amount, ...]:
    """Find at most 50 sums of money, in the order of the text."""
    found: list[Amount] = []
    if any(guard.search(plain) is not None for guard in (_MARK_GUARD, _CONTEXT, _BARE, _UNPAID)):
        found += _limited(_in_digits(plain))
        if _NUMERAL_GUARD.search(plain) is not None:
            found += _limited(_in_numerals(plain))
            found = _apart(found)
    return tuple(found[:MOST])


def _limited(amounts: Iterator[Amount]) -> Iterator[Amount]:
    for _, amount in zip(range(MOST), amounts, strict=False):
        yield amount


def _apart(amounts: list[Amount]) -> list[Amount]:
    """Sort, and of two that overlap keep the one that starts first."""
    apart: list[Amount] = []
    for amount in sorted(amounts, key=lambda one: (one.start, -one.end)):
        if not apart or amount.start >= apart[-1].end:
            apart.append(amount)
    return apart


def _in_digits(plain: str) -> Iterator[Amount]:
    done = 0
    for number in _NUMBER.finditer(plain):
        start, end = number.span()
        if start < done:
            continue
        amount = _read(plain, start, end)
        if amount is not None:
            done = amount.end
            yield amount


def _read(plain: str, start: int, end: int) -> Amount | None:
    written = plain[start:end]
    mark, begin = None, start
    if plain[max(0, start - 1) : start] in _MARK_ENDS:
        looked = max(0, start - LOOK_BACK)
        before = plain[looked:start].rstrip(" :-").translate(_CAPITALS)
        if before.endswith(_AHEAD_MARKS):
            mark = next(mark for mark in _AHEAD_MARKS if before.endswith(mark))
        begin = looked + len(before) - len(mark) if mark else start
    after = plain[end : end + 2]
    starts_unit = after[:1] in _UNIT_STARTS and (after[:1] != "日" or after[1:] in _DAY_OR_YEN)
    unit = _UNIT.match(plain, end) if starts_unit else None
    unpaid = _UNPAID.match(plain, end) is not None and (
        _NO_TAIL.match(plain, start) is not None
        or _LEFT.search(plain, max(0, start - LOOK_BACK), start) is not None
    )
    if unit is None and mark is None and "." not in written and not unpaid:
        return None
    if plain[max(0, begin - LOOK_BACK) : begin].endswith(_TAIL_WORDS):
        return None
    digits = written.replace(",", "").replace(" ", "")
    if len(digits.partition(".")[0]) > LONGEST_WHOLE:
        return None
    read = _with_unit(plain, Decimal(digits), unit, mark) if unit is not None else None
    if read is None and _NO_SUM.match(plain, unit.end("scale") if unit and unit["scale"] else end):
        return None
    if read is None and mark is not None:
        read = Decimal(digits), _AHEAD[mark], end
    if read is None:
        near = _CONTEXT.search(plain, max(0, start - CONTEXT_WITHIN), start)
        sure = near is not None and _DECIMALS.search(digits) is not None
        if not (sure or unpaid) and _BARE.match(plain, start) is None:
            return None
        read = Decimal(digits), "CNY", end
    value, currency, stop = read
    return Amount(value=value, currency=currency, start=begin, end=stop)


def _with_unit(
    plain: str, value: Decimal, unit: re.Match[str], mark: str | None
) -> tuple[Decimal, str, int] | None:
    """Read the unit after a number: the sum, its currency and where it ends."""
    scale, code = unit["scale"], unit["code"]
    currency = _AHEAD[mark] if mark else "CNY"
    if code or unit["yuan"]:
        value = _scaled(value, scale, unit["rest"]) + _small_change(unit)
        return value, _BEHIND.get(code.upper(), "CNY") if code else currency, unit.end()
    if scale in _LARGE:
        stop = unit.end("rest") if unit["rest"] else unit.end("scale")
        if _NO_SUM.match(plain, stop) is None:
            return _scaled(value, scale, unit["rest"]), currency, stop
    return None


def _scaled(value: Decimal, scale: str | None, rest: str | None) -> Decimal:
    if scale is None:
        return value
    if rest:
        return read_numeral(f"{value}{scale}{rest}") or value * _SCALES[scale]
    return value * _SCALES[scale]


def _small_change(unit: re.Match[str]) -> Decimal:
    tenths = unit["jiao"] or unit["loose"] or "0"
    cents = unit["fen"] or unit["cents"] or ""
    return Decimal(f"0.{tenths}{cents}") if tenths != "0" or cents else Decimal(0)


def _in_numerals(plain: str) -> Iterator[Amount]:
    for found in _NUMERAL_SUM.finditer(plain):
        stop = found.start("yuan") if found["yuan"] else found.end()
        if found["code"]:
            stop = found.start("code")
        value = read_numeral(plain[found.start() : stop])
        if value is None or value <= 0:
            continue
        tenth, cents = Decimal("0.1"), Decimal("0.01")
        for name, place in (("jiao", tenth), ("tenths", tenth), ("loose", cents), ("fen", cents)):
            small = read_numeral(found[name]) if found[name] else None
            value += small * place if small is not None else 0
        currency = _BEHIND.get(found["code"] or "", "CNY")
        yield Amount(value=value, currency=currency, start=found.start(), end=found.end())
