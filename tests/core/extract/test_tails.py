import pytest

from watcher.core.extract import find_tails


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("尾号1234的卡", "1234"),
        ("尾号为5678", "5678"),
        ("尾号:9012", "9012"),
        ("卡号末四位3456", "3456"),
        ("后四位 7890", "7890"),
        ("尾数1111", "1111"),
        ("贷款(尾号640118)", "640118"),
        ("尾号*2222", "2222"),
        ("尾号【8043】", "8043"),
        ("card ending 3333", "3333"),
        ("某某银行4410卡余额", "4410"),
        ("您的4411卡", "4411"),
        ("6222****1234", "1234"),
        ("账户****4321", "4321"),
        ("某某银行(4410)", "4410"),
        ("储蓄卡(尾号8888)", "8888"),
        ("xxxx5555", "5555"),
        ("尾号7716某发信用卡", "7716"),
        ("合同号末位9908", "9908"),
        ("您4471账户有欠款", "4471"),
        ("账户4471本期未还", "4471"),
        ("某行卡4471:今日到期", "4471"),
        ("6630号借款", "6630"),
    ],
)
def test_the_last_digits_of_an_account_are_found(text: str, digits: str) -> None:
    (tail,) = find_tails(text)

    assert tail.digits == digits == text[tail.start : tail.end]


@pytest.mark.parametrize(
    "text",
    ["合同*220*17号", "138****5678", "手机尾号1234", "尾号1234的手机", "身份证3301**********1234",
     "尾号12", "尾号123456789", "1234卡片", "卡号未知", "余额1234元", "银行(总行)",
     "2026年贷款", "存到农行卡 6228 4800 1122", "账户1234元"],
)  # fmt: skip
def test_digits_of_something_else_are_no_tail(text: str) -> None:
    assert find_tails(text) == ()


def test_each_tail_is_found_once_and_in_order() -> None:
    text = "尾号1111的借款将从尾号2222储蓄卡扣款,也可用3333卡"

    assert [tail.digits for tail in find_tails(text)] == ["1111", "2222", "3333"]


def test_the_beginning_of_a_whole_account_is_no_tail() -> None:
    assert find_tails("请转到财务账户6217 0001 2233 4455 667") == ()
