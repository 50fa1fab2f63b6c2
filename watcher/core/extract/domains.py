"""How hosts are named: which endings are real, and which part of a host somebody registered.

A full public suffix list is 15,000 rows and costs the resident process tens of milliseconds
and megabytes. Here it only has to tell the registered name in hosts that Chinese messages
carry: the registries of cn, hk, tw and mo, and a few countries whose second level is fixed.
Everywhere else the last two labels are it. An ending that is missed makes a host longer, not
known: the mistake is on the safe side.
"""

_TOP_LEVEL_WORDS = (
    "cn com net org edu gov mil int top xyz vip club cc site online icu shop app link ltd"
    " work fun me io info biz tv pub store live wang co asia mobi name pro tel ink ren red"
    " group tech website space press host art beer cloud design fit law luxe plus video zone"
    " cool center chat team social market world email city company life run show today gold"
    " loan loans bank money cash credit finance fund pay bid win men date trade download"
    " stream party science cyou buzz rest bar sbs cfd lol mom monster quest hair makeup skin"
    " beauty bond dev page digital network services support help click one gay love vin wiki"
    " games kim pink blue black tk ml ga cf gq pw ws la cm im is to ly gd gs sh ac la li eu us"
    " uk hk tw mo jp kr sg my th vn ph id in au nz ca de fr nl ru su ua by kz es it pl ch se"
    " no fi dk be at cz pt gr tr il ae za br mx ar cl pe ng ke so st sx vc ag ai 中国 公司"
    " 网络 网址 在线 中文网 集团 商城 商店 手机 我爱你 移动 世界 政务 公益 信息 网店 佛山 广东"
    " cx ad af al ao as aw ax ba bb bd bf bg bh bi bj bm bn bo bs bt bw cd cg ci ck cr cu cv cw"
    " cy dj dm do dz ec ee eg er et fj fk fm fo ge gg gh gi gl gm gn gp gt gu gy hm hn hr ht hu"
    " ie iq ir je jm jo kg kh ki km kn kw ky lb lc lk lr ls lt lu lv ma mc mg mh mn mp mq mr ms"
    " mt mu mv mw mz na nc ne nf ni np nr om pa pf pk pn pr qa re ro rw sa sb sd si sk sl sm sn"
    " sr sv sy sz tc td tg tj tl tm tn tt tz ug uy uz va ve vi vu wf ye yt zm zw"
    " xn--fiqs8s xn--55qx5d xn--io0a7i xn--fiqz9s"
)
TOP_LEVEL = frozenset(_TOP_LEVEL_WORDS.split())

_SPLIT_ENDINGS_WORDS = (
    "cn com net org top xyz vip club cc site online icu shop app link ltd work fun io info"
    " biz store live wang pub cyou co 中国 公司"
)
SPLIT_ENDINGS = frozenset(_SPLIT_ENDINGS_WORDS.split())
"""Endings that are believed even where the dot before them is spaced, spelt or Chinese."""

_CN_SECOND_WORDS = (
    "com net org gov edu ac mil bj sh tj cq he sx nm ln jl hl js zj ah fj jx sd ha hb hn gd"
    " gx hi sc gz yn xz sn gs qh nx xj tw hk mo"
)
_CN_SECOND = frozenset(_CN_SECOND_WORDS.split())
_COMMON_SECOND = frozenset(("com", "net", "org", "gov", "edu", "idv", "co", "ac", "or", "ne", "go"))
_FIXED_SECOND_WORDS = (
    "hk tw mo jp kr sg my th vn ph id in au nz uk br mx ar za tr il ng ke pe ua ae"
)
_FIXED_SECOND = frozenset(_FIXED_SECOND_WORDS.split())
_MAIL_HOSTS_WORDS = (
    "qq.com vip.qq.com foxmail.com 163.com 126.com yeah.net 188.com sina.com sina.cn sohu.com"
    " 139.com 189.cn wo.cn 21cn.com aliyun.com tom.com gmail.com outlook.com hotmail.com"
    " live.com live.cn msn.com yahoo.com yahoo.com.cn icloud.com me.com mac.com"
)
MAIL_HOSTS = frozenset(_MAIL_HOSTS_WORDS.split())
"""Where user@host is an address of a mailbox, whatever stands before the @."""


def registrable(host: str) -> str:
    """Return the part of a host that somebody registered: `evil.cn` of `www.cmb.com.evil.cn`.

    A host of one label, or one that is only an ending, is returned as it is.
    """
    labels = host.rsplit(".", 3)
    if len(labels) <= 2:  # noqa: PLR2004  name and ending
        return host
    last, second = labels[-1], labels[-2]
    double = (last == "cn" and second in _CN_SECOND) or (
        last in _FIXED_SECOND and second in _COMMON_SECOND
    )
    return ".".join(labels[-3:] if double else labels[-2:])
