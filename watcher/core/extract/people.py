"""Persons whom a message addresses, asks to be told, or names as the one who owes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from watcher.core.extract.surnames import COMPOUND, NOT_NAMES, SINGLE

MOST = 50
LONGEST = 1 << 19
"""Characters; what stands beyond is not searched for persons."""


class PersonRole(StrEnum):
    """How a message speaks of a person: to them, or to somebody else about them."""

    ADDRESSED = "addressed"
    RELAYED = "relayed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person named. Offsets are of the name.

    A surname with a title keeps the title (李女士); that and a name with * is `masked`.
    """

    name: str = field(repr=False)
    masked: bool
    role: PersonRole
    start: int
    end: int


TITLES = (
    "先生",
    "女士",
    "小姐",
    "同学",
    "老师",
    "师傅",
    "老板",
    "阿姨",
    "叔叔",
    "大哥",
    "大姐",
    "夫人",
    "太太",
)
"""What stands behind a name in its place of a first name (李女士).

In Cantonese a greeting has 生 for it as well (李生您好).
"""

_HAN = "\u4e00-\u9fff"
_FAMILY = f"(?:{'|'.join(COMPOUND)}|[{SINGLE}])"
_FULL = rf"{_FAMILY}[{_HAN}]{{1,2}}?"
_MASKED = rf"{_FAMILY}?\*{{1,3}}[{_HAN}]{{0,2}}?"
_FOREIGN = rf"(?!尊敬|亲爱|敬爱|致)[{_HAN}]{{2,8}}·[{_HAN}]{{2,8}}?"
_NAME = rf"(?P<name>{_FOREIGN}|{_MASKED}|{_FULL})"
_TITLE = f"(?:{'|'.join(TITLES)}|(?<!先)生(?=[您你]好))"
_TITLED = rf"(?P<titled>(?P<whole>{_FULL}|{_MASKED}|{_FOREIGN}){_TITLE}|{_FAMILY}{_TITLE})"
_AFTER_ADDRESS = rf"(?= ?(?:[:,!;\n(]|。|您|你|{_TITLE}|客户|用户|\Z))"
_AFTER_NAME = (
    rf"(?=[^{_HAN}*·]|\Z|{_TITLE}|本人|尽快|及时|立即|马上|速|抓紧|还|归|于|在|的|让|请|其|与|和|处理|联系"
    r"|回|主动|到|今|务必|他|她|已|逾|欠|拖|因|涉|名下|您|你|所|向|未|该|后|之|等|不|一案|自|至|从|本"
    r"|应|须|需|可|凭|有|是|按|如(?:需|果|有|要|已|未|对)|若|信用卡|借款|贷款|金融|合同|民间|纠纷)"
)
_CALLED = r"(?:您的?|你的?)?(?:朋友|好友|亲友|家人|亲属|家属|同事|同学|邻居|联系人|紧急联系人)?"

_RELATION = (
    "(?:亲[属戚友人]|家[属人]|朋友|好友|同[事学乡]|老乡|邻居|室友|舍友|爱人|丈夫|妻子|老公|老婆|先生|太太"
    "|父亲|母亲|爸爸?|妈妈?|儿子|女儿|哥哥?|姐姐?|弟弟?|妹妹?|[堂表][哥兄弟姐妹]|兄弟|姐妹|兄长|女婿|儿媳"
    "|侄[子女]|外甥|舅舅?|叔叔?|伯父|姑[姑父]|姨[妈父]|(?:紧急)?联系人)"
)
"""How somebody else stands to the reader."""

_SPOKEN_TO = (
    "(?:的(?:借|贷|欠|账|案|信|逾|网|花|额|还)|涉嫌|已|在|名下|于|因|所|拖|欠|逾|本期|尾号"
    "|出来|别(?:躲|装|以为|逼)|躲|给我|还钱|接(?:个)?电话|再不|还不|到底|别再|怎么还|啥时候还|什么时候还)"
)

_OWES = (
    r"(?=[^,。;!?您你我]{0,18}?(?:[应该要待须需][还扣付缴]|到期|逾|[未没][还缴付]"
    r"|拖欠|欠款?\d|本期|过期)|(?:尾号)?\d{4}的?(?:借款|贷款|欠款|合同|账户|账单|卡|分期))"
)

_DEAR = (
    rf"(?:尊敬的|亲爱的|敬爱的|致)(?:客户|用户|会员|借款人|持卡人|贵宾)?[ :]?"
    rf"(?:{_TITLED}|{_NAME}{_AFTER_ADDRESS})"
)
_OPENING = (
    rf"(?:\s|您好[,!:]?|你好[,!:]?){{0,8}}"
    rf"(?:{_TITLED} ?(?=[:,!;\s您你(。])|(?P<name>{_FOREIGN}|{_MASKED}|{_FULL})"
    rf" ?(?=[:;]|,(?:我[司行部]|本[司行])|(?:客户|用户)?[,:您你] ?(?:[您你]|好)"
    rf"|[您你]好|[,! ] ?[您你]|[您你]{_SPOKEN_TO}|,{_OWES}))"
)
_TELL = (
    rf"(?:转告|转达|转知|代为通知|代为告知|代告)(?:一下|给|到)?{_CALLED}:?"
    rf"(?:{_TITLED}|{_NAME}{_AFTER_NAME})"
)
_TELL_WORD = (
    rf"(?:(?:捎|带|传|递|转)(?:一?[个句声])?(?:话|口?信|口讯|消息)儿?(?:给|到|与)"
    rf"|(?:告诉|告知|通知|知会)一?[声下]){_CALLED}:?"
    rf"(?:{_TITLED}|{_NAME}{_AFTER_NAME})"
)
_TELL_ALOUD = (
    rf"(?:给|跟|同|和|向){_CALLED}(?:{_TITLED}|{_NAME})(?:本人)?"
    r"(?=(?:捎|带|传|递)(?:一?[个句声])?(?:话|口?信|消息)|(?:说|讲|提|知会|言语|念叨|吱|通)(?:一?声|一下|一嘴|个气))"
)
_TELL_HIMSELF = (
    rf"(?:通知|告知|提醒|联系|督促|劝说|敦促|协助)(?:一下|给|到)?{_CALLED}:?(?:{_TITLED}|{_NAME})"
    "(?=本人|尽快|及时|还款|归还|处理债务|履行)"
)
_KIN = (
    rf"(?<![{_HAN}])(?:[请问您你我好是为与系 ]|您的|你的|朋友|好友|亲友|家人"
    rf"|亲属|家属|同事){{0,6}}?"
    rf"{_NAME}"
    r"(?=(?:先生|女士)?(?:的?(?:家属|亲属|亲友|家人|爱人)(?=吗|吧|么|[?,])|的(?:亲属|家属|亲友|朋友|紧急联系人|家人|同事|联系人|亲戚|爱人|丈夫|妻子|先生|太太|父母|父亲|母亲|儿子|女儿|姐姐|哥哥|弟弟|妹妹|室友|邻居)|(?:预留|留存|填写|登记|留)了?(?:您|你)|(?:借款|贷款|申请)时?(?:预留|留|填|写|登记)))"
)
_RELATIVE = (
    rf"(?:您|你)的?{_RELATION}(?:{_TITLED}|{_NAME})"
    r"(?=欠|拖欠|逾期|借了|借款|贷款|失联|(?:在|于|因|名下|所|至今|已|目前|的|尚|向|从|跟)[^,。;!?您你]{0,14}?"
    r"(?:欠|逾|借款|借了|贷款|网贷|拖|未[还结清]|没[还结清]|失联|债))"
)
_LABEL = (
    rf"(?<!收款人)(?<!收款)(?<!开户)(?<!账户)(?:\[姓名\]|姓名)[:为是]? ?"
    rf"(?P<name>{_FOREIGN}|{_MASKED}|{_FAMILY}[{_HAN}]{{1,2}}(?![{_HAN}])|{_FULL}{_AFTER_NAME})"
)
_DEBTOR = (
    rf"(?:借款人|债务人|欠款人|被告人?|被申请人|被执行人|当事人|贷款人|委托人|机主|找一下|委托联系)"
    rf"[:为是(]?(?:{_TITLED}|{_NAME}{_AFTER_NAME})"
)
_CALLED_BY_TITLE = rf"(?<![理员服师人问任调])[:,。!;)\]】\s]{_TITLED} ?(?=[:,!;您你])"
_CUSTOMER = (
    rf"(?:客户|用户|会员|借款人|持卡人|贷款人|卡友)[:,]?(?:{_TITLED}|{_NAME})"
    r"(?=(?:您|你)好|[,:!]|您|你|(?:先生|女士))"
)
_TOLD = rf"(?:提醒|通知|告知|提示|敬告|兹告)(?:您)?[:,]?{_TITLED} ?(?=[:,!;。您你])"
_ASKED = (
    rf"(?<![{_HAN}])(?:请问|您好|你好|喂)?[,!]?(?:请问)?(?:您|你)?是(?:{_TITLED}|{_NAME})"
    r"(?:本人)?(?=吧|吗|么|不是|没错)"
)
_KNOWN = (
    rf"(?:认识|联系得?上|能联系|找得?到|知道)(?:一个叫|叫|您的朋友|你的朋友|{_CALLED})?(?:{_TITLED}|{_NAME})"
    rf"(?=吗|么|不|先生|女士|这个人|此人|本人|[,?。])"
)
_RECALLED = rf"认[识得](?:叫)?(?:{_TITLED}|{_NAME})(?=[吧吗么不][,。?! ]|吧?[他她])"
_SOUGHT = rf"(?<![查寻])找(?:一?下)?(?:{_TITLED}|{_NAME})(?=[,。;!?] ?(?:她|他|其(?!他|余|实)))"
_LENT_HERE = (
    rf"(?<=[,。;:!?])(?:{_TITLED}|{_NAME})"
    r"(?=[在于]我(?:平台|公司|[司行方社])[^,。;!?您你]{0,6}的?(?:借款|贷款|欠款|分期|账))"
)
_NAMED_UNDER = rf"(?<=[:,。;])(?:{_TITLED}|{_NAME})(?=名下(?!您|你))"
_GUARD = re.compile(
    "认[识得]|名下|[在于]我[平公司行方社]|联系|找|知道|捎|带|传|递|[说讲提吱通]一?[声下嘴个]|[诉知]一?[声下]|知会|言语|念叨|"
    "客户|用户|会员|卡友|吧|吗|么|不是|先生|女士|小姐|尊敬|亲爱|敬爱|致|转告|转达|转知|代为|代告|通知|告知|提醒|联系|督促|劝说|敦促|协助|姓名|务人|款人|被告|被申请|被执行|当事|亲属|家属"
    "|亲友|朋友|家人|同事|亲戚|留|爱人|丈夫|妻子|太太|父母|父亲|母亲|儿子|女儿|姐姐|哥哥|弟弟|妹妹|室友|邻居"
    "|爸|妈|兄|舅|叔|侄|外甥|老[公婆乡]|[您你的堂表][哥弟姐妹]"
)
_BRACKETS = re.compile(
    r"\s{0,8}(?:[(\[<]?\d{1,2}/\d{1,2}[)\]>])?(?:\s{0,4}[【\[][^】\]\n]{1,20}[】\]]){0,3}"
)
_NO_PERSON = re.compile("[卡员户贵级族服主]")
_NEEDS = {
    _KIN: re.compile(
        "的[亲家朋紧同联爱丈妻先太父母儿女姐哥弟妹室邻]|[家亲爱][属友人][吗吧么?,]|[留存写记]了?[您你]|[款请]时?[预留填写登]"
    ),
    _CALLED_BY_TITLE: re.compile(f"{_TITLE} ?[:,!;您你]"),
    _RELATIVE: re.compile(f"[您你]的?{_RELATION}"),
    _LENT_HERE: re.compile("[在于]我[平公司行方社]"),
    _ASKED: re.compile(rf"是[{_HAN}*·]{{1,22}}?(?:吧|吗|么|不是|没错)"),
}
"""What must stand in a text for those patterns that are slow to find that they have no match."""
_PATTERNS = tuple(
    (pattern, role, frozenset(needed))
    for pattern, role, needed in (
        (_DEAR, PersonRole.ADDRESSED, "尊亲敬致"),
        (_TELL, PersonRole.RELAYED, "转代"),
        (_TELL_WORD, PersonRole.RELAYED, "捎带传递转声下"),
        (_TELL_ALOUD, PersonRole.RELAYED, "捎带传递说讲提知言念吱通"),
        (_TELL_HIMSELF, PersonRole.RELAYED, "通告提联督劝敦协"),
        (_KIN, PersonRole.RELAYED, "亲属友人事戚留夫妻生太母女子姐哥弟妹室邻"),
        (_RELATIVE, PersonRole.RELAYED, "欠逾借贷拖未没失债"),
        (_CALLED_BY_TITLE, PersonRole.ADDRESSED, "先女小"),
        (_CUSTOMER, PersonRole.ADDRESSED, "户员人友"),
        (_TOLD, PersonRole.ADDRESSED, "先女小"),
        (_ASKED, PersonRole.ADDRESSED, "吧吗么没不"),
        (_KNOWN, PersonRole.RELAYED, "认联找知"),
        (_RECALLED, PersonRole.RELAYED, "认"),
        (_NAMED_UNDER, PersonRole.RELAYED, "名"),
        (_LENT_HERE, PersonRole.RELAYED, "在于"),
        (_LABEL, PersonRole.ADDRESSED, "姓"),
        (_DEBTOR, PersonRole.RELAYED, "人告主找委"),
        (_SOUGHT, PersonRole.RELAYED, "找"),
    )
)


_ready = cache(re.compile)
"""Compiles a pattern when it is first searched for: all of these take a tenth of a second."""


def find_people(plain: str) -> tuple[Person, ...]:
    """Find the persons addressed, to be told or named as debtors, in the order of the text."""
    plain = plain[:LONGEST]
    found = list(_opening(plain))
    if _GUARD.search(plain) is not None:
        said = frozenset(plain)
        for pattern, role, needed in _PATTERNS:
            if not needed.isdisjoint(said):
                needs = _NEEDS.get(pattern)
                if needs is not None and needs.search(plain) is None:
                    continue
                for match in _ready(pattern).finditer(plain):
                    found += _person(match, role)
                    if len(found) >= MOST:
                        break
    apart: list[Person] = []
    for person in sorted(found, key=lambda one: (one.start, one.role is PersonRole.ADDRESSED)):
        if not apart or person.start >= apart[-1].end:
            apart.append(person)
    return tuple(apart[:MOST])


def _opening(plain: str) -> Iterator[Person]:
    """Find who is called by name at the very beginning, after signatures."""
    brackets = _BRACKETS.match(plain)
    match = _ready(_OPENING).match(plain, brackets.end() if brackets is not None else 0)
    if match is not None:
        yield from _person(match, PersonRole.ADDRESSED)


def _person(match: re.Match[str], role: PersonRole) -> Iterator[Person]:
    groups = match.groupdict()
    group = next((name for name in ("whole", "titled", "name") if groups.get(name)), None)
    if group is None:
        return
    name = match[group]
    if not name.strip("*"):
        return
    masked = "*" in name or name.endswith(TITLES)
    if not masked and (name[:2] in NOT_NAMES or _NO_PERSON.search(name, 1) is not None):
        return
    start, end = match.span(group)
    yield Person(name=name, masked=masked, role=role, start=start, end=end)
