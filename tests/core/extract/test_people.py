import pytest

from watcher.core.extract import find_people


@pytest.mark.parametrize(
    ("text", "name", "masked"),
    [
        ("尊敬的李晓先生,您的借款", "李晓", False),
        ("尊敬的李*先生:", "李*", True),
        ("尊敬的*晓,您好", "*晓", True),
        ("李晓:您的借款", "李晓", False),
        ("李晓,您好,您的账单", "李晓", False),
        ("【某某金融】李晓,您好", "李晓", False),
        ("(1/2)【某某金融】李晓:您的", "李晓", False),
        ("李女士,您的账单", "李女士", True),
        ("李生您好,您的账单", "李生", False),
        ("李先生您好,您的账单", "李先生", True),
        ("【某某金融】茅晓,您本期应还", "茅晓", False),
        ("[姓名]李晓,逾期", "李晓", False),
        ("客户姓名:李晓 借款", "李晓", False),
        ("欧阳小小:您好", "欧阳小小", False),
        ("尊敬的客户李晓:", "李晓", False),
        ("*晓先生您好", "*晓", True),
        ("李**:您的", "李**", True),
        ("尊敬的阿依古丽·买买提:", "阿依古丽·买买提", False),
        ("您好,李晓:", "李晓", False),
        ("李晓你涉嫌", "李晓", False),
        ("李晓你再不还", "李晓", False),
        ("某某银行客户李晓您好", "李晓", False),
        ("某某银行提醒李晓女士:应还", "李晓", False),
        ("请问是李晓吗", "李晓", False),
        ("【某某金融】李晓,某某贷今天应还275.33元", "李晓", False),
    ],
)
def test_whom_a_message_addresses_is_found(text: str, name: str, masked: bool) -> None:  # noqa: FBT001  a table's column
    (person,) = find_people(text)

    assert (person.name, person.masked, person.role) == (name, masked, "addressed")
    assert text[person.start : person.end] == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("您好,李晓在我平台的借款已逾期,请您转告", "李晓"),
        ("请转告李晓尽快还款", "李晓"),
        ("请转告您的朋友李晓明还款", "李晓明"),
        ("麻烦转告你同事李晓明,他借的钱该还了", "李晓明"),
        ("请通知李晓本人联系我司", "李晓"),
        ("您是李晓的紧急联系人", "李晓"),
        ("借款人李晓逾期", "李晓"),
        ("被告李晓与原告一案", "李晓"),
        ("烦请转达李女士", "李女士"),
        ("您认识李晓东吗", "李晓东"),
        ("你认得葛春梅吧 她那笔该还了", "葛春梅"),
        ("麻烦捎句话给李晓东:其在", "李晓东"),
        ("劳驾给李晓东捎个信,他在", "李晓东"),
        ("烦您跟李晓东讲一声:那边", "李晓东"),
        ("请告诉一声李晓东,他在", "李晓东"),
        ("请问是李晓东的爱人吗", "李晓东"),
        ("请问是李晓东家属吗", "李晓东"),
        ("你好,我找李晓东,他在那边有一笔没还", "李晓东"),
    ],
)
def test_about_whom_a_message_speaks_is_found(text: str, name: str) -> None:
    assert [(one.name, one.role) for one in find_people(text)] == [(name, "relayed")]


@pytest.mark.parametrize(
    "text",
    ["尊敬的客户,您好", "尊敬的用户:", "尊敬的持卡人,", "尊敬的金卡客户", "金额:12元", "余额:3元",
     "【某某金融】温馨提示:", "请联系客服处理", "请联系张先生13800138000", "收款人姓名:王芳",
     "今天李晓来了", "周末,你来吗", "高兴,您好", "尊敬的车主:", "通知:系统升级",
     "谢谢您的关心", "**女士,您好", "时间:7月",
     "【某某金融】金秋,本期应还", "【某某金融】温馨提示,本期应还", "和老师说一声",
     "您好,您在我司的借款已逾期", "您好,近日在我行的贷款产品有调整"],
)  # fmt: skip
def test_nobody_is_made_up(text: str) -> None:
    assert find_people(text) == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("您的妹妹李晓雨名下借款已逾期多日", "李晓雨"),
        ("你表哥李晓欠我们的钱,叫他回电", "李晓"),
        ("您爱人李晓目前有一笔网贷没还", "李晓"),
    ],
)
def test_a_relative_who_owes_is_the_debtor(text: str, name: str) -> None:
    (person,) = find_people(text)

    assert (person.name, person.role) == (name, "relayed")


@pytest.mark.parametrize(
    "text",
    ["您的同学李晓邀请您一起报名", "您的弟弟在我行的借款已逾期", "您的家人已为您还款"],
)
def test_a_relative_of_whom_no_debt_is_told_or_no_name_is_no_debtor(text: str) -> None:
    assert find_people(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "依委托人陈述，贵方应于每月6日归还873.55元",
        "借款人应当按照约定的期限返还借款",
        "借款人和担保人应于七日内清偿",
        "被告应向原告归还借款",
    ],
)
def test_what_a_party_does_is_not_taken_for_a_name(text: str) -> None:
    assert find_people(text) == ()
