"""How the servers of real providers differ, as far as a client meets it.

What 163, QQ, Outlook and Gmail say here was seen in public logs. Where nothing was seen (what
139, sina and aliyun answer to a wrong password, how long a set QQ takes), it is a stand-in.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

Folders = tuple[tuple[str, tuple[str, ...]], ...]


class Id(StrEnum):
    """What a server does about the ID command."""

    ANSWERED = "answered"
    REQUIRED = "required"
    """EXAMINE is refused until it was sent after signing in."""
    BAD = "bad"
    """Advertised and refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Personality:
    """One kind of server."""

    name: str
    greeting: str
    capabilities: tuple[str, ...]
    """Before signing in."""
    signed_in: tuple[str, ...]
    """After it."""
    says_capabilities: bool = False
    """In the greeting and in the answer to LOGIN."""
    id: Id = Id.ANSWERED
    id_reply: str = "NIL"
    refused: str = "NO LOGIN failed"
    """The answer to a wrong password or token."""
    no_passwords: str | None = None
    """The answer to every password, right or wrong."""
    unsafe: str = ""
    """The answer to EXAMINE before ID; `{command}` is a blank."""
    done: str = "OK {command} completed"
    drops_unknown: bool = False
    """An unknown command ends the connection."""
    longest_set: int | None = None
    """A FETCH with a longer set of numbers (in characters) is BAD."""
    folders: Folders = ()


_USUAL: Final = ("IMAP4rev1", "ID", "UIDPLUS", "NAMESPACE", "CHILDREN")
_CHINESE: Final[Folders] = (
    ("草稿箱", ("\\Drafts",)),
    ("已发送", ("\\Sent",)),
    ("已删除", ("\\Trash",)),
    ("垃圾邮件", ("\\Junk",)),
)
_TENCENT: Final[Folders] = (
    ("Sent Messages", ("\\HasNoChildren",)),
    ("Drafts", ("\\HasNoChildren",)),
    ("Deleted Messages", ("\\HasNoChildren",)),
    ("Junk", ("\\HasNoChildren",)),
    ("其他文件夹", ("\\Noselect", "\\HasChildren")),
    ("其他文件夹/账单", ("\\HasNoChildren",)),
)
_TENCENT_REFUSES: Final = (
    "NO Login fail. Account is abnormal, service is not open, password is incorrect, "
    "login frequency limited, or system is busy. More information at "
    "https://help.mail.qq.com/detail/108/1023"
)

PLAIN_SERVER: Final = Personality(
    name="plain",
    greeting="IMAP4rev1 ready",
    capabilities=(
        "IMAP4rev1",
        "SASL-IR",
        "ID",
        "IDLE",
        "AUTH=PLAIN",
        "AUTH=XOAUTH2",
        "AUTH=OAUTHBEARER",
    ),
    signed_in=(*_USUAL, "IDLE", "SPECIAL-USE"),
    says_capabilities=True,
    folders=_CHINESE,
)

NETEASE: Final = Personality(
    name="163",
    greeting="Coremail System IMap Server Ready(163com[0123456789abcdef])",
    capabilities=(
        "IMAP4rev1",
        "XLIST",
        "SPECIAL-USE",
        "ID",
        "LITERAL+",
        "STARTTLS",
        "XAPPLEPUSHSERVICE",
        "UIDPLUS",
        "X-CM-EXT-1",
    ),
    signed_in=(
        "IMAP4rev1",
        "XLIST",
        "SPECIAL-USE",
        "ID",
        "LITERAL+",
        "STARTTLS",
        "XAPPLEPUSHSERVICE",
        "UIDPLUS",
        "X-CM-EXT-1",
    ),
    id=Id.REQUIRED,
    id_reply='("name" "Coremail Imap" "vendor" "Mailtech" "TransID" "0123456789abcdef")',
    refused="NO LOGIN Login error or password error",
    unsafe="NO {command} Unsafe Login. Please contact kefu@188.com for help",
    folders=(*_CHINESE, ("病毒文件夹", ()), ("广告邮件", ()), ("订阅邮件", ())),
)

QQ: Final = Personality(
    name="qq",
    greeting="[CAPABILITY IMAP4 IMAP4rev1 ID AUTH=PLAIN AUTH=LOGIN AUTH=XOAUTH2 NAMESPACE] "
    "QQMail XMIMAP4Server ready",
    capabilities=(
        "IMAP4",
        "IMAP4rev1",
        "ID",
        "AUTH=PLAIN",
        "AUTH=LOGIN",
        "AUTH=XOAUTH2",
        "NAMESPACE",
    ),
    signed_in=(
        "IMAP4",
        "IMAP4rev1",
        "XLIST",
        "MOVE",
        "IDLE",
        "XAPPLEPUSHSERVICE",
        "NAMESPACE",
        "CHILDREN",
        "ID",
        "UIDPLUS",
    ),
    id_reply='("name" "QQMail" "vendor" "Tencent")',
    refused=_TENCENT_REFUSES,
    done="OK {command} Completed",
    drops_unknown=True,
    longest_set=300,
    folders=_TENCENT,
)

EXMAIL: Final = Personality(
    name="exmail",
    greeting="[CAPABILITY IMAP4 IMAP4rev1 ID AUTH=PLAIN AUTH=LOGIN NAMESPACE] "
    "QQMail XMIMAP4Server ready",
    capabilities=("IMAP4", "IMAP4rev1", "ID", "AUTH=PLAIN", "AUTH=LOGIN", "NAMESPACE"),
    signed_in=QQ.signed_in,
    id_reply=QQ.id_reply,
    refused=_TENCENT_REFUSES,
    done=QQ.done,
    drops_unknown=True,
    longest_set=300,
    folders=_TENCENT,
)

CHINA_MOBILE: Final = Personality(
    name="139",
    greeting="IMAP4 Server ready",
    capabilities=("IMAP4rev1", "ID", "AUTH=PLAIN", "LITERAL+"),
    signed_in=("IMAP4rev1", "ID", "LITERAL+", "UIDPLUS"),
    refused="NO LOGIN failed, user name or password error",
    folders=(*_CHINESE, ("账单中心", ()), ("订阅中心", ())),
)

SINA: Final = Personality(
    name="sina",
    greeting="IMAP4 ready",
    capabilities=("IMAP4rev1", "ID", "UIDPLUS", "IDLE"),
    signed_in=("IMAP4rev1", "ID", "UIDPLUS", "IDLE"),
    refused="NO LOGIN failure, please check your client authorization code",
    folders=(("草稿夹", ()), ("已发送", ()), ("已删除", ()), ("垃圾邮件", ()), ("订阅邮件", ())),
)

ALIYUN: Final = Personality(
    name="aliyun",
    greeting="AliYun IMAP Server Ready",
    capabilities=("IMAP4rev1", "IDLE", "XLIST", "UIDPLUS", "ID", "SASL-IR", "AUTH=PLAIN"),
    signed_in=("IMAP4rev1", "IDLE", "XLIST", "UIDPLUS", "ID", "SASL-IR"),
    refused="NO [AUTHENTICATIONFAILED] LOGIN failed, user or password error",
    folders=_CHINESE,
)

OUTLOOK: Final = Personality(
    name="outlook",
    greeting="The Microsoft Exchange IMAP4 service is ready. [MAAxADIAMwA0ADUANgA3AA==]",
    capabilities=(
        "IMAP4",
        "IMAP4rev1",
        "AUTH=PLAIN",
        "AUTH=XOAUTH2",
        "SASL-IR",
        "UIDPLUS",
        "ID",
        "UNSELECT",
        "CHILDREN",
        "IDLE",
        "NAMESPACE",
        "LITERAL+",
    ),
    signed_in=(
        "IMAP4",
        "IMAP4rev1",
        "AUTH=PLAIN",
        "AUTH=XOAUTH2",
        "SASL-IR",
        "UIDPLUS",
        "MOVE",
        "ID",
        "UNSELECT",
        "CLIENTACCESSRULES",
        "CHILDREN",
        "IDLE",
        "NAMESPACE",
        "LITERAL+",
    ),
    id_reply='("name" "Microsoft.Exchange.Imap4.Imap4Server" "version" "15.20")',
    refused="NO AUTHENTICATE failed.",
    no_passwords="NO Basic authentication is disabled.",
    done="OK {command} completed.",
    folders=(
        ("Drafts", ("\\HasNoChildren", "\\Drafts")),
        ("Sent", ("\\HasNoChildren", "\\Sent")),
        ("Deleted", ("\\HasNoChildren", "\\Trash")),
        ("Junk", ("\\HasNoChildren", "\\Junk")),
    ),
)

GMAIL: Final = Personality(
    name="gmail",
    greeting="Gimap ready for requests from 127.0.0.1 a1mb1234567",
    capabilities=(
        "IMAP4rev1",
        "UNSELECT",
        "IDLE",
        "NAMESPACE",
        "QUOTA",
        "ID",
        "XLIST",
        "CHILDREN",
        "X-GM-EXT-1",
        "XYZZY",
        "SASL-IR",
        "AUTH=XOAUTH2",
        "AUTH=PLAIN",
        "AUTH=PLAIN-CLIENTTOKEN",
        "AUTH=OAUTHBEARER",
    ),
    signed_in=(
        "IMAP4rev1",
        "UNSELECT",
        "IDLE",
        "NAMESPACE",
        "QUOTA",
        "ID",
        "XLIST",
        "CHILDREN",
        "X-GM-EXT-1",
        "UIDPLUS",
        "COMPRESS=DEFLATE",
        "ENABLE",
        "MOVE",
        "CONDSTORE",
        "ESEARCH",
        "UTF8=ACCEPT",
        "LIST-EXTENDED",
        "LIST-STATUS",
        "LITERAL-",
        "SPECIAL-USE",
        "APPENDLIMIT=35651584",
    ),
    id_reply='("name" "GImap" "vendor" "Google, Inc.")',
    refused="NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
    done="OK Success",
    folders=(
        ("[Gmail]", ("\\HasChildren", "\\Noselect")),
        ("[Gmail]/All Mail", ("\\All", "\\HasNoChildren")),
        ("[Gmail]/Drafts", ("\\Drafts", "\\HasNoChildren")),
        ("[Gmail]/Sent Mail", ("\\HasNoChildren", "\\Sent")),
        ("[Gmail]/Spam", ("\\HasNoChildren", "\\Junk")),
        ("[Gmail]/Trash", ("\\HasNoChildren", "\\Trash")),
    ),
)

ID_HATING: Final = Personality(
    name="id-hating",
    greeting="ready",
    capabilities=("IMAP4rev1", "ID", "IDLE"),
    signed_in=("IMAP4rev1", "ID", "IDLE"),
    id=Id.BAD,
    folders=(("Spam", ()),),
)

PROVIDERS: Final = (NETEASE, QQ, EXMAIL, CHINA_MOBILE, SINA, ALIYUN, OUTLOOK, GMAIL)
PERSONALITIES: Final = (PLAIN_SERVER, *PROVIDERS, ID_HATING)
