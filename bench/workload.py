"""Made-up input to measure speed on: notices, chat, rules, loans and messages of a megabyte.

Everything is drawn by chance from a fixed start, so that every run measures the same; no
two texts are equal.
"""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Holder, Loan, LoanStatus

START: Final = datetime.fromisoformat("2026-03-02T08:00:00+08:00")
MEGABYTE: Final = 1 << 20

_SURNAMES: Final = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_GIVEN: Final = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰鹏辉宇欣怡梓涵"
_NOTICES: Final = (
    "【{lender}】尊敬的{name}{title}，您尾号{tail}的借款本期应还{amount}元，还款日{day}，请确保账户余额充足，如已还款请忽略。",
    "【{lender}】{name}您好，您的借款已逾期{late}天，逾期金额{amount}元，请尽快登录官方App还款。",
    "您尾号{tail}的{lender}信用卡本月账单{amount}元，最低还款{small}元，到期还款日{day}。",
    "【{lender}】扣款失败提醒：您{day}应还{amount}元因余额不足未能成功扣收，请及时存入足额款项。",
    "【{lender}】还款成功：您已于{day}还款{amount}元，感谢您的使用。",
    "【{lender}】您的借款（合同尾号{tail}）已于{day}全部结清，可在App内申请结清证明。",
    "{name}{title}：受{lender}委托，就您拖欠的{amount}元欠款与您联系，请于{day}前通过官方渠道处理，详询{phone}。",
    "【{lender}】{name}，您的额度最高可提至{big}元，点 {host} 查看，拒收请回复R",
    "【{lender}】{name}，您涉及的借款合同纠纷拟提起诉讼，欠款{amount}元，请于{day}前联系{phone}。",
    "您好，您的{lender}账户异常，征信将受影响，请点击 {host} 登录并缴纳{small}元保证金办理注销。",
    "【{lender}】您申请的{big}元借款已发放至尾号{tail}的银行卡，首期还款日{day}。",
    "【{lender}】债权转让通知：您的债权（本金{amount}元）已于{day}转让，请知悉。",
    "专业征信修复，逾期记录可消除，{name}{title}加微信{word}办理，先付定金{small}元。",
    "【{lender}】温馨提示：{day}是您的还款日，应还{amount}元，系统将自动从尾号{tail}的卡扣款。",
)
_CHAT: Final = (
    "{name}明天{hour}点{place}见，别忘了带{thing}",
    "今天{place}的{thing}打折，{hour}块一份，要不要帮你带",
    "刚到{place}，堵了{hour}分钟，你们先吃",
    "{thing}我放{place}了，你{hour}点来拿吧",
    "昨晚梦见{name}在{place}卖{thing}哈哈哈",
    "妈，{thing}收到了，{place}这边降温，周末{hour}点回去",
)
_PLACES: Final = ("图书馆", "地铁口", "小区门口", "公司楼下", "火车站", "菜市场", "操场", "奶茶店")
_THINGS: Final = ("雨伞", "橘子", "充电器", "课本", "蛋糕", "钥匙", "羽毛球拍", "保温杯")
_FINANCE: Final = (
    "逾期", "还款", "账单", "额度", "客服", "借款", "合同", "办理", "通知", "系统", "专员",
    "征信", "扣款", "结清", "账户", "提醒", "核实", "银行", "平台", "资金", "本期", "利息",
    "中心", "服务", "优惠", "联系", "处理", "申请", "尽快", "官方",
)  # fmt: skip


def notices(count: int, rules: Rules) -> Iterator[tuple[datetime, str]]:
    """Yield so many notices, all different, minutes apart."""
    choice = random.Random(1)  # noqa: S311  chance decides nothing secret
    lenders = [lender.name for lender in rules.directory.lenders]
    seen: set[str] = set()
    while len(seen) < count:
        day = START.date() + timedelta(days=choice.randint(-20, 40))
        text = choice.choice(_NOTICES).format(
            lender=choice.choice(lenders),
            name=_name(choice),
            title=choice.choice(("先生", "女士", "")),
            tail=f"{choice.randint(0, 9999):04}",
            amount=_amount(choice, 20_000),
            small=_amount(choice, 600),
            big=f"{choice.randint(1, 30)}0000",
            day=choice.choice((f"{day.month}月{day.day}日", f"{day:%Y-%m-%d}", f"{day:%m月%d日}")),
            late=choice.randint(1, 90),
            phone=f"400-{choice.randint(100, 999)}-{choice.randint(1000, 9999)}",
            host=_address(choice),
            word=_word(choice),
        )
        if text not in seen:
            seen.add(text)
            yield START + timedelta(minutes=len(seen)), text


def chat(count: int) -> Iterator[str]:
    """Yield so many texts of everyday chat, all different."""
    choice = random.Random(2)  # noqa: S311  chance decides nothing secret
    seen: set[str] = set()
    while len(seen) < count:
        text = choice.choice(_CHAT).format(
            name=_name(choice),
            place=choice.choice(_PLACES),
            thing=choice.choice(_THINGS),
            hour=choice.randint(1, 9999),
        )
        if text not in seen:
            seen.add(text)
            yield text


def ledger(count: int, rules: Rules) -> Ledger:
    """Return a ledger of so many loans, spread over all lenders, half of them settled."""
    choice = random.Random(3)  # noqa: S311  chance decides nothing secret
    lenders = rules.directory.lenders
    loans = []
    for at in range(count):
        settled = at % 2 == 0
        loans.append(
            Loan(
                id=f"loan-{at}",
                lender=lenders[at * 7 % len(lenders)].name,
                status=LoanStatus.SETTLED if settled else LoanStatus.ACTIVE,
                account_tails=(f"{choice.randint(0, 9999):04}",),
                settled_on=date(2026, 1, choice.randint(1, 28)) if settled else None,
                due_day=choice.randint(1, 28),
            )
        )
    return Ledger.of(Holder(name="李晓"), loans, rules.directory)


def rule_file(first: int, count: int) -> str:
    """Return a user's rule file: so many rules, numbered from `first`, with their tests.

    Their phrases are three or four words of the trade in a row, or one and a made-up word:
    some stand in notices, most do not, as with rules that people really write.
    """
    choice = random.Random(first)  # noqa: S311  chance decides nothing secret
    return "\n".join(_rule(first + at, choice) for at in range(count))


def _rule(number: int, choice: random.Random) -> str:
    one, other = _phrase(choice), _phrase(choice)
    if number % 5 == 0:
        pattern = f'{{ pattern = "{one}[^。]{{0,8}}\\\\d+元?", literal = "{one}" }}'
        condition, hit = f"all = [{pattern}]", f"{one}100元"
    elif number % 5 == 1:
        condition, hit = f'any = ["{one}", "{other}"]', other
    else:
        condition, hit = f'all = ["{one}", "{other}"]', f"{one}，{other}"
    tests = "".join(
        f'[[rules.tests]]\ntext = "{text}"\nhit = {"true" if fits else "false"}\n'
        for text, fits in ((hit, True), (f"您好，{hit}", True), ("你好", False), ("再见", False))
    )
    return (
        f'[[rules]]\nid = "made.rule-{number}"\ntitle = {{ zh = "例", en = "example" }}\n'
        f'strength = "weak"\n{condition}\n{tests}'
    )


def _phrase(choice: random.Random) -> str:
    if choice.random() < 0.05:  # noqa: PLR2004  one phrase of twenty is common in notices
        return "".join(choice.sample(_FINANCE, 2))
    return choice.choice(_FINANCE) + "".join(chr(choice.randint(0x4E00, 0x9FA0)) for _ in range(2))


def megabyte_messages() -> Iterator[tuple[str, dict[str, str]]]:
    """Yield what a message of a megabyte can be made of, as (name, fields)."""
    notice = (
        "【招联金融】您尾号{}的借款逾期{}天，应还{}.50元，请于3月{}日前点 http://a{}.top/x 还款。"
    )
    rows = (notice.format(at % 9999, at % 90, at, at % 28 + 1, at) for at in range(40_000))
    yield "notices", {"text": _cut("".join(rows))}
    yield "chat", {"text": _cut("".join(chat(40_000)))}
    yield "digits", {"text": _cut("0123456789" * (MEGABYTE // 10 + 1))}
    yield "hosts", {"text": _cut("".join(f"www.a{at}.cn/b " for at in range(99_999)))}
    yield "brackets", {"text": _cut("【" * MEGABYTE)}
    yield "spaced words", {"text": _cut("逾.期 还*款 ，" * MEGABYTE)}
    yield "one phrase", {"text": _cut("逾期" * MEGABYTE)}
    yield "invisible", {"text": _cut("逾\u200b期\u00ad" * MEGABYTE)}
    cells = (f"<tr><td>应还金额</td><td>￥{at}.00</td></tr>" for at in range(40_000))
    yield "html table", {"html": _cut(f"<table>{''.join(cells)}")}
    links = (f'<a href="https://a{at}.cn"><table><td>' for at in range(120))
    yield "html links in links", {"html": _cut("".join(links) + "还款  ，" * MEGABYTE)}
    yield "html depth", {"html": _cut("<div>逾期" * MEGABYTE)}


def _cut(text: str) -> str:
    return text.encode()[:MEGABYTE].decode("utf-8", "ignore")


def _name(choice: random.Random) -> str:
    return choice.choice(_SURNAMES) + "".join(choice.choices(_GIVEN, k=choice.randint(1, 2)))


def _amount(choice: random.Random, most: int) -> str:
    value = choice.randint(1_000, most * 100) / 100
    return f"{value:,.2f}" if choice.random() < 0.5 else f"{value:.2f}"  # noqa: PLR2004  half of them


def _address(choice: random.Random) -> str:
    return f"https://{_word(choice)}.{choice.choice(('cn', 'com', 'top', 'cc'))}/{_word(choice)}"


def _word(choice: random.Random) -> str:
    return "".join(choice.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=choice.randint(3, 8)))
