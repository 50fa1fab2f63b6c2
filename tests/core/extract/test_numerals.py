from decimal import Decimal

import pytest

from watcher.core.extract.numerals import read_numeral


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("一千二百", 1200),
        ("壹仟贰佰", 1200),
        ("1万2千", 12000),
        ("1.2万", 12000),
        ("1万2", 12000),
        ("二〇二六", 2026),
        ("十五", 15),
        ("廿五", 25),
        ("一百零五", 105),
        ("一百五", 150),
        ("十二万三千", 123000),
        ("一亿二千万", 120000000),
        ("二万亿", 2 * 10**12),
        ("五万零三", 50003),
        ("一万零五百", 10500),
        ("壹万贰仟叁佰肆拾伍", 12345),
        ("零", 0),
        ("两百", 200),
        ("42", 42),
    ],
)
def test_a_numeral_has_its_value(written: str, value: int) -> None:
    assert read_numeral(written) == Decimal(value)


@pytest.mark.parametrize("written", ["", "万", "1..2万", "abc", ".", "一" * 40])
def test_what_is_no_numeral_has_none(written: str) -> None:
    assert read_numeral(written) is None
