"""A scripted IMAP server on loopback, for what a healthy one will not do.

`with ImapServer(personality=QQ) as server:` serves TLS at `server.host`, `server.port`; a
client trusts `server.ca_file`. `server.account().deliver("INBOX", raw)` puts mail in;
`server.fault_next(cut(100), stall("LOGIN.done"))` has the next connections go wrong; afterwards
`server.violations` is empty if the client only read.
"""

from bench.imap_server.certificates import Certificates, certificates
from bench.imap_server.faults import HEALTHY, Ending, Greeting, Script, cut, reply, stall, stop
from bench.imap_server.mailbox import Account, Content, Folder, Mail
from bench.imap_server.personalities import (
    ALIYUN,
    CHINA_MOBILE,
    EXMAIL,
    GMAIL,
    ID_HATING,
    NETEASE,
    OUTLOOK,
    PERSONALITIES,
    PLAIN_SERVER,
    PROVIDERS,
    QQ,
    SINA,
    Personality,
)
from bench.imap_server.server import Command, Connection, ImapServer

__all__ = [
    "ALIYUN",
    "CHINA_MOBILE",
    "EXMAIL",
    "GMAIL",
    "HEALTHY",
    "ID_HATING",
    "NETEASE",
    "OUTLOOK",
    "PERSONALITIES",
    "PLAIN_SERVER",
    "PROVIDERS",
    "QQ",
    "SINA",
    "Account",
    "Certificates",
    "Command",
    "Connection",
    "Content",
    "Ending",
    "Folder",
    "Greeting",
    "ImapServer",
    "Mail",
    "Personality",
    "Script",
    "certificates",
    "cut",
    "reply",
    "stall",
    "stop",
]
