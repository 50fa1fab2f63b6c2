"""Writers of vMessages in their three dialects, for messages that are invented here."""

from quopri import encodestring

HEAD_B = (
    "BEGIN:VMSG\r\nVERSION:1.1\r\nX-IRMS-TYPE:MSG\r\nX-MESSAGE-TYPE:{kind}\r\n"
    "X-MESSAGE-STATUS:READ\r\nX-MESSAGE-SLOT:0\r\nX-MESSAGE-LOCKED:UNLOCKED\r\n"
    "BEGIN:VCARD\r\nVERSION:2.1\r\nTEL:{address}\r\nEND:VCARD\r\n"
)


def quoted(body: str, charset: str = "utf-8") -> str:
    """Return a body as quoted-printable with soft breaks, as the phones write it."""
    lines = encodestring(body.encode(charset).replace(b"\n", b"\r")).replace(b"\r", b"=0D=0A")
    return lines.decode("ascii").replace("\n", "\r\n")


def android(  # noqa: PLR0913  the fields of a message
    body: str,
    *,
    minute: int = 15,
    kind: str = "DELIVER",
    address: str = "+8610690000123456",
    date: str = "Date:2026/03/05 10:{minute:02}:30",
    charset: str = "UTF-8",
) -> str:
    """Write one message as ColorOS and PC assistants do."""
    return (
        HEAD_B.format(kind=kind, address=address)
        + f"BEGIN:VBODY\r\n{date.format(minute=minute)}\r\n"
        f"Subject;ENCODING=QUOTED-PRINTABLE;CHARSET={charset}:{quoted(body, charset)}\r\n"
        "END:VBODY\r\nEND:VMSG\r\n"
    )


def meizu(body: str, *, box: str = "INBOX") -> str:
    """Write one message that says where it lay only inside its body."""
    return (
        "BEGIN:VMSG\r\nVERSION:1.1\r\nBEGIN:VCARD\r\nTEL:95555\r\nEND:VCARD\r\nBEGIN:VBODY\r\n"
        f"X-BOX:{box}\r\nX-READ:READ\r\nX-SIMID:0\r\nX-LOCKED:UNLOCKED\r\nX-TYPE:SMS\r\n"
        f"DateOrigin:1772676930000\r\nDate:2026/03/05 02:15:30 GMT\r\nSubject:{body}\r\n"
        "END:VBODY\r\nEND:VMSG\r\n"
    )


def nokia(  # noqa: PLR0913  the fields of a message
    body: str,
    *,
    box: str = "INBOX",
    kind: str = "DELIVER",
    sender: str = "10690000123456",
    to: str = "",
    stamp: str = "X-NOK-DT:20260305T021530Z\r\n",
) -> str:
    """Write one message as Nokia phones do: two cards, and a body of raw lines."""
    return (
        f"BEGIN:VMSG\r\nVERSION:1.1\r\nX-IRMC-STATUS:\r\nREAD\r\nX-IRMC-BOX:{box}\r\n{stamp}"
        f"X-MESSAGE-TYPE:{kind}\r\nBEGIN:VCARD\r\nVERSION:3.0\r\nN:\r\nTEL:{sender}\r\nEND:VCARD\r\n"
        f"BEGIN:VENV\r\nBEGIN:VCARD\r\nVERSION:3.0\r\nN:\r\nTEL:{to}\r\nEND:VCARD\r\n"
        f"BEGIN:VENV\r\nBEGIN:VBODY\r\nDate:05.03.2026 10:15:30\r\n{body}\r\nEND:VBODY\r\n"
        "END:VENV\r\nEND:VENV\r\nEND:VMSG\r\n"
    )


def minimal(body: str, *, date: str = "Date:1772676930000", kind: str = "DELIVER") -> str:
    """Write one message as converters do, with as little as possible."""
    return (
        f"BEGIN:VMSG\nX-MESSAGE-TYPE:{kind}\nBEGIN:VCARD\nTEL: 95555\nEND:VCARD\n"
        f"BEGIN:VBODY\n{date}\n{body}\nEND:VBODY\nEND:VMSG\n"
    )
