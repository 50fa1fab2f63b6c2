"""What a message only reports is not held against it, and hides nothing that it asks itself."""

from datetime import UTC, datetime

import pytest

from watcher.core.expressions import compiled
from watcher.core.hints import Hints
from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Channel, Field, Holder, Message, Verdict
from watcher.core.pieces import Part
from watcher.core.pipeline import heard, open_view, process

RECEIVED_AT = datetime(2026, 7, 20, 2, tzinfo=UTC)

WARNINGS = (
    "近来有诈骗团伙假扮网贷客服，谎称校园贷不注销会上征信，一步步诱导下载会议软件并共享屏幕。",
    "接到电话说您的利率超标要清退，让您把钱转进安全账户，这都是诈骗，直接挂断。",
    "我行从不以个人微信收款，也不会让您把验证码告诉工作人员。",
    "谨防以“征信洗白”为名的收费服务。",
    "一名女子误信“退还利息”的短信，进群后交了八千元保证金才发现上当。",
    "请勿扫描陌生二维码，切勿向他人转账。",
    "征信修复先交钱？债务重组先收费？都是骗局。",
    "“白条没用过要关闭，不关影响征信”的说法系谣言。",
    "刚接到个电话，张口就说“您的花呗不注销要上征信”，一听就是骗子。",
    "收到条短信写着“您的网贷要起诉了，加微信处理”，查了是诈骗，删了。",
    "那种说“清空贷款额度转到安全账户”的，傻子才信。",
    "接到自称白条客服、要你开会议共享屏幕的，直接挂。",
    "群里转的低息贷款是假的。",
    "我会不办理任何网贷注销、清退、退息业务。",
    "您刚刚尝试转账，备注“贷款解冻”，疑似被骗，交易已暂缓。",
    "反诈提示：向“安全账户”转账、共享屏幕、出借银行卡均可能涉诈。",
    "“不看征信秒下款”的小广告又贴到楼道里了。",
    "贷款要先交钱吗？不要。额度要花钱激活吗？不能。",
)
FRAUDS = (
    "您大学时注册的校园贷账户尚未注销，今日不处理将影响征信，请添加QQ 2718281828办理。",
    "您的利率高于国家标准，请下载会议软件并共享屏幕，由专员指导您下调。",
    "【招联金融】您已逾期，请将欠款转至对公账户6222020200112233445。",
    "您好，您的好期贷利率不合规，请点开会议软件共享屏幕，我教您关闭。",
)


def judged(rules: Rules, text: str) -> Verdict | None:
    nobody = Ledger.of(Holder(name="陶然"), (), rules.directory)
    message = Message(id="1", channel=Channel.SMS, received_at=RECEIVED_AT, text=text)
    return process(message, rules, nobody, History()).judgement.verdict


def asserted_in(rules: Rules, text: str) -> str:
    """Return what is left of a text, in its folded form, without the blanks."""
    nobody = Ledger.of(Holder(), (), rules.directory)
    message = Message(id="1", channel=Channel.SMS, received_at=RECEIVED_AT, text=text)
    opened = open_view(message, Part(field=Field.TEXT, text=text), rules)
    assert opened is not None
    return heard(opened[0], rules, nobody).reading.dense.replace("。", "")


ARTICLE = (
    "晨报讯 王女士三年前结清了网贷，上周却接到自称律所的电话，要她把一万二千元欠款转到个人账户，"
    "否则当天起诉。她转账之后，对方再也没有接过电话。记者从警方了解到，同样的剧本今年已出现四十多次，"
    "作案人手里有真实的借款资料，只把收款人换成自己。办案人员说，停息挂账、征信修复、注销账户，都是同一伙人的生意。"
)
TURNED = (
    "您如需办理，请把身份证号发来。",
    "需要的加薇 hk88213。",
    "登录 http://www.tuikuan-8.top 登记。",
    "请各位出借人尽快登记，逾期作废。",
    "详询 13900001234。",
    "扫描下方二维码即可登记退款。",
    "受害人进群登记，统一退款。",
    "出借人可凭身份证到指定营业部找专员办理兑付，先交保证金者优先。",
    "本金损失者即可登记退款，先交手续费三百元。",
)


def test_a_reporters_article_is_no_fraud(rules: Rules) -> None:
    assert judged(rules, ARTICLE) is None
    assert asserted_in(rules, ARTICLE) == ""


def test_what_victims_were_made_to_do_is_asked_of_no_reader(rules: Rules) -> None:
    assert judged(rules, ARTICLE + "受害人被要求扫码付“通道费”，或者共享屏幕。") is None


@pytest.mark.parametrize("turned", TURNED)
def test_an_article_that_turns_to_its_reader_is_judged_like_any_text(
    rules: Rules, turned: str
) -> None:
    assert judged(rules, ARTICLE + turned) is Verdict.FRAUDULENT
    assert judged(rules, turned + ARTICLE) is Verdict.FRAUDULENT


CASES = (
    "案例：周某点开一则“黑户也能贷”的广告，客服称其卡号有误，要缴纳20%的解冻费。周某付款后再也联系不上对方。",
    "战果通报：本周反诈专班止付9笔，其中一名老人正准备向“贷款客服”缴纳保证金时被民警拦下。",
    "骗子新套路：先给你发一条“会员将扣2400元”的短信，再打电话说帮你取消，最后引导你开启屏幕共享。",
    "抓到了！昨日凌晨，我局抓获为诈骗团伙“跑分”的祁某等三人，出租银行卡可能触犯帮信罪。",
    "关于对某信息咨询公司行政处罚的公示：当事人发布“包下款”广告，收取咨询费、包装费，罚款十万元。",
)
UNDER_A_BYLINE = (
    "凡逾期客户一律免罚息，把本金的两成先交给本区贷后主任老周，当天结清。",
    "征信修复工作全面启动，逾期记录三天消除，每条收费八百元，做好再付。",
    "领取贷款贴息要把手机交给网点外的代办员操作，报上短信里的六位数字。",
)


@pytest.mark.parametrize("fraud", UNDER_A_BYLINE)
def test_what_nobody_tells_of_counts_below_an_article_and_a_circular(
    rules: Rules, fraud: str
) -> None:
    for told in (ARTICLE, CIRCULAR, CASES[0]):
        assert judged(rules, told + fraud) is Verdict.FRAUDULENT


CIRCULAR = (
    "各位同事：近期抽听发现个别话术又出现了威胁上门的说法，在此重申：一、每天对同一联系人拨打不得超过三次；"
    "二、不得向债务人以外的人透露欠款金额；三、不得自称公检法、律师，不得虚构立案；"
    "四、任何人不得用个人微信收款，客户问往哪里还，只能答委托方的官方客户端。违反者解除劳动合同。"
)


def test_a_circular_to_those_who_collect_is_no_demand(rules: Rules) -> None:
    assert judged(rules, CIRCULAR) is None
    baited = CIRCULAR + "财政补贴请于今日扫描二维码领取，逾期作废。"
    assert "二维码" in asserted_in(rules, baited)


@pytest.mark.parametrize("fraud", FRAUDS)
def test_a_reporters_name_hides_no_fraud(rules: Rules, fraud: str) -> None:
    assert judged(rules, f"晨报讯（记者 江禾）{fraud}") is Verdict.FRAUDULENT


INVITING = (
    "您也可以先缴纳保证金。",
    "请把身份证号发来。",
    "名额有限，加微信ddk7781先付八百。",
    "先把解冻费打到6217001234567890123。",
    "入口 http://hbxf7.top/k 先付八百。",
    "受害人须把余额转入“国家核查账户”。",
    "退款由“退赔专员小陈”微信办理，先交个税20%。",
    "其余客户照此办理。",
)


@pytest.mark.parametrize("text", CASES)
def test_a_told_case_is_no_fraud(rules: Rules, text: str) -> None:
    assert judged(rules, text) is not Verdict.FRAUDULENT


@pytest.mark.parametrize("ask", INVITING)
def test_the_head_of_a_case_hides_nothing_that_is_asked_of_its_reader(
    rules: Rules, ask: str
) -> None:
    said = ask.removesuffix("。").replace("，", ",")
    assert said in asserted_in(rules, CASES[1] + ask)


def test_a_few_words_are_no_told_case(rules: Rules) -> None:
    assert "先交八百再放款" in asserted_in(rules, "案例:贷款先交八百再放款")


@pytest.mark.parametrize("text", WARNINGS)
def test_a_warning_is_no_fraud(rules: Rules, text: str) -> None:
    assert judged(rules, text) is None


@pytest.mark.parametrize("warning", WARNINGS)
@pytest.mark.parametrize("fraud", FRAUDS)
def test_a_warning_beside_a_fraud_takes_nothing_back(
    rules: Rules, fraud: str, warning: str
) -> None:
    for text in (
        fraud + warning,
        warning + fraud,
        f"{warning[:-1]}，{fraud}",
        f"{fraud[:-1]}，{warning}",
        f"{warning}\n{fraud}",
    ):
        assert judged(rules, text) is Verdict.FRAUDULENT, text


@pytest.mark.parametrize(
    "warning",
    [
        "如遇诈骗请拨打110报警",
        "发现可疑情况请致电96110核实",
        "反诈中心提醒您不要轻信骗子",
        "谨防电信诈骗有疑问打96110",
        "请勿轻信陌生来电",
    ],
)
@pytest.mark.parametrize("fraud", FRAUDS)
def test_a_warning_that_no_mark_parts_from_a_fraud_takes_nothing_back(
    rules: Rules, fraud: str, warning: str
) -> None:
    for text in (fraud[:-1] + warning, warning + fraud, f"{fraud[:-1]}，{warning}"):
        assert judged(rules, text) is Verdict.FRAUDULENT, text


def test_a_warning_that_names_the_pretext_behind_it_still_covers_it(rules: Rules) -> None:
    assert judged(rules, "谨防骗子让您把网贷的钱转到我支付宝。") is None
    assert judged(rules, "警惕诈骗电话说校园贷要注销。") is None


def test_who_keeps_the_reader_from_the_police_warns_of_nothing(rules: Rules) -> None:
    text = "您的贷款审核期间不要接听96110的电话，那是同行捣乱。"
    assert judged(rules, text) is Verdict.FRAUDULENT
    assert judged(rules, "接到可疑电话打96110，别理他们。") is None


@pytest.mark.parametrize(
    "text",
    [
        "周律，被告说先还三万，剩下的分期，当事人同意撤诉吗",
        "知乎有人问花户还能不能贷款，高赞说半年别申请网贷",
        "本群禁止发布网贷、代办征信、先付定金的广告，违者移出",
        "组长，这批案子委外到期了，退案名单我放共享盘",
    ],
)
def test_those_who_tell_of_the_cases_of_others_claim_nothing(rules: Rules, text: str) -> None:
    assert judged(rules, text) is None


def test_what_the_reader_told_of_is_called_a_swindle(rules: Rules) -> None:
    assert judged(rules, "婶，你问的那家收八百修复征信的别交啊。") is None
    assert judged(rules, "你的征信修复先付八百，别交给别人。") is Verdict.FRAUDULENT


@pytest.mark.parametrize(
    "text",
    [
        "您好，我不是骗子，您的校园贷账户未注销，请配合我打开屏幕共享处理。",
        "没有骗您，验证码报给我就能消除逾期记录，绝不会影响征信。",
        "现在不会影响征信，先把三千元转到我的支付宝，晚了就来不及了。",
        "凡是收费的都是骗子，我们免费修复征信，加微信 zhixin8866 办理。",
        "有人冒充您贷款三万元，将影响征信，请立即下载会议软件共享屏幕处理。",
        "请勿通过App还款，把钱转到催收专员的个人账户6217000011112222333。",
        "公安机关不会追究，您先把钱转到安全账户核查资金。",
    ],
)
def test_a_denial_of_the_fraudsters_own_hides_nothing(rules: Rules, text: str) -> None:
    assert judged(rules, text) is Verdict.FRAUDULENT


def test_a_warning_with_a_private_contact_is_judged_like_any_text(rules: Rules) -> None:
    warning = "不法分子冒充我司客服，以注销校园贷为由诈骗，影响征信的"
    assert judged(rules, f"{warning}，一律挂断。") is None
    assert judged(rules, f"{warning}，加微信 anxin9527 核实。") is Verdict.FRAUDULENT


def test_a_report_ends_where_the_text_turns_to_its_reader(rules: Rules) -> None:
    text = "骗子假冒我行，以解冻为由骗走存款，您的账户已被锁定。"
    assert asserted_in(rules, text) == ",,您的账户已被锁定"


def test_a_denial_covers_its_own_clause_alone(rules: Rules) -> None:
    text = "我司不会以个人微信收款，本期账单请在客户端还款。"
    assert asserted_in(rules, text) == ",本期账单请在客户端还款"


def test_what_is_quoted_does_not_turn_to_the_reader(rules: Rules) -> None:
    text = "对方谎称“您的贷款逾期，请您转账”，随后失联。"
    assert asserted_in(rules, text) == ","


@pytest.mark.parametrize("head", ["消费提醒：", "【新浪新闻】", "反诈讲座，", "听说邻居被骗了，"])
def test_the_head_of_a_report_hides_no_fraud_below_it(rules: Rules, head: str) -> None:
    fraud = "征信花了没关系，找个有公积金的亲戚签字，当天放款，先收三百定金"
    assert judged(rules, fraud) is Verdict.FRAUDULENT
    assert judged(rules, head + fraud) is Verdict.FRAUDULENT


def test_what_stands_below_a_head_is_reported_where_the_text_counts_or_denies(
    rules: Rules,
) -> None:
    head, told = "今日要点", "背债人包装流水贷款"
    assert told not in asserted_in(rules, f"{head}：1. 某行升级系统；2. {told}")
    assert told in asserted_in(rules, f"{head}：{told}")


def test_a_quote_that_is_not_closed_hides_nothing(rules: Rules) -> None:
    text = "示例文案“您的贷款要清退，请把“验证码”报给我"
    assert judged(rules, text) is Verdict.FRAUDULENT


def test_a_quote_beside_a_warning_is_what_the_user_received(rules: Rules) -> None:
    text = "不 法 分 子冒充客服骗取密码。您 的贷 款逾 期，请把 验 证 码报给我。"
    nobody = Ledger.of(Holder(), (), rules.directory)
    message = Message(id="1", channel=Channel.SMS, received_at=RECEIVED_AT, text=text)
    signals = process(message, rules, nobody, History()).judgement.signals
    assert signals
    assert any("验 证 码" in signal.quote.text for signal in signals)


def test_no_match_is_missed_for_want_of_a_hint(rules: Rules) -> None:
    names = ("opens", "heads", "closes", "denies", "alone")
    patterns = [rules.data.patterns[f"reported.{name}"] for name in names]
    hints = Hints(patterns)
    texts = [
        rules.folding.read(test.text or "").dense
        for rule in (*rules.notices, *rules.signals)
        for test in rule.tests
    ]
    matched = 0
    for text in texts:
        (may,) = hints.of_parts(hints.at(text), [(0, len(text))])
        for at, pattern in enumerate(patterns):
            if compiled(pattern)(text) is not None:
                matched += 1
                assert may >> at & 1, (names[at], text)
    assert matched > 300
