"""What stands where in a mail, by its bytes alone: sections, and BODYSTRUCTURE.

Its own reader, because a scripted server must serve the mails that kill other readers.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

MOST_DEPTH: Final = 60
"""Below it a part is served as one piece, as real servers do."""

MOST_PARTS: Final = 10_000
"""Of a multipart; what follows belongs to the last of them."""

_END_OF_HEADER: Final = re.compile(rb"\A\r?\n|\r?\n\r?\n")
_PARAMETER: Final = re.compile(
    rb';\s*([^=;\s"]{1,80})\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s]*)', re.DOTALL
)
_TYPE: Final = re.compile(rb"\s*([^\s/;]+)\s*/\s*([^\s/;]+)")
_READ_OF_A_FIELD: Final = 65_536
_ATOMS: Final = re.compile(rb"[^\x00\r\n\x80-\xff]*")

Parameters = tuple[tuple[bytes, bytes], ...]


@dataclass(slots=True)
class Part:
    """One entity: a mail, or a part of one."""

    header: bytes = field(repr=False)
    """With the empty line that ends it."""
    body: bytes = field(repr=False)
    kind: bytes = b"TEXT"
    subkind: bytes = b"PLAIN"
    parameters: Parameters = ()
    children: tuple["Part", ...] = ()
    message: "Part | None" = None

    def value(self, name: bytes) -> bytes | None:
        """Return a header field's first value, unfolded."""
        found = re.search(
            rb"^" + re.escape(name) + rb"[ \t]*:((?:[^\r\n]|\r?\n[ \t])*)",
            self.header,
            re.IGNORECASE | re.MULTILINE,
        )
        return re.sub(rb"\r?\n(?=[ \t])", b"", found[1]).strip() if found else None

    def parts(self) -> Sequence["Part"]:
        """Return what the numbers of a section count below this entity."""
        if self.message is not None:
            return self.message.children or (self.message,)
        return self.children


def read(raw: bytes, depth: int = 0, *, fallback: bytes = b"text/plain") -> Part:
    """Read a mail, or a part of one."""
    found = _END_OF_HEADER.search(raw)
    cut = found.end() if found else len(raw)
    part = Part(header=raw[:cut], body=raw[cut:])
    said = (part.value(b"content-type") or fallback)[:_READ_OF_A_FIELD]
    kind = _TYPE.match(said)
    if kind is None:
        return part
    part.kind, part.subkind = kind[1].upper(), kind[2].upper()
    part.parameters = parameters(said)
    if depth >= MOST_DEPTH:
        part.kind, part.subkind = b"APPLICATION", b"OCTET-STREAM"
    elif part.kind == b"MULTIPART":
        boundary = dict(part.parameters).get(b"BOUNDARY", b"")
        below = b"message/rfc822" if part.subkind == b"DIGEST" else b"text/plain"
        part.children = tuple(
            read(piece, depth + 1, fallback=below) for piece in _pieces(part.body, boundary)
        )
        if not part.children:
            # As Dovecot does: whatever text there is then belongs to no part.
            part.children = (Part(header=b"", body=b""),)
    elif (part.kind, part.subkind) == (b"MESSAGE", b"RFC822"):
        part.message = read(part.body, depth + 1)
    return part


def parameters(said: bytes) -> Parameters:
    """Return the parameters of a field's value, names in capitals."""
    return tuple((found[1].upper(), _unquoted(found[2])) for found in _PARAMETER.finditer(said))


def _unquoted(value: bytes) -> bytes:
    return re.sub(rb"\\(.)", rb"\1", value[1:-1]) if value.startswith(b'"') else value


def _pieces(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """Yield what stands between the lines of a boundary."""
    if not boundary:
        return
    line = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    start: int | None = None
    count = 0
    for found in line.finditer(body):
        if start is not None:
            if count == MOST_PARTS and not found[1]:
                continue
            count += 1
            yield _after_line(body, start, found.start())
        if found[1]:
            return
        start = found.end()
    if start is not None:
        yield _after_line(body, start, len(body))


def _after_line(body: bytes, start: int, end: int) -> bytes:
    at = body.find(b"\n", start)
    return body[at + 1 : end] if -1 < at < end else b""


def section(mail: Part, name: str) -> bytes | None:
    """Return the bytes of a section such as `HEADER`, `1.2` or `1.MIME`; None where none is."""
    if not name:
        return mail.header + mail.body
    numbers = re.match(r"\d+(?:\.\d+)*", name)
    rest = name[numbers.end() :].removeprefix(".") if numbers else name
    part = mail
    if numbers:
        found = _numbered(mail, [int(one) for one in numbers[0].split(".")])
        if found is None:
            return None
        part = found
        if not rest:
            return part.body
        if rest == "MIME":
            return part.header
        if part.message is None:
            return None
        part = part.message
    return _of_message(part, rest)


def _numbered(mail: Part, numbers: Sequence[int]) -> Part | None:
    part = mail
    below: Sequence[Part] = mail.children or (mail,)  # a mail without parts is its own first
    for number in numbers:
        if not 1 <= number <= len(below):
            return None
        part = below[number - 1]
        below = part.parts()
    return part


def _of_message(part: Part, name: str) -> bytes | None:
    if name == "HEADER":
        return part.header
    if name == "TEXT":
        return part.body
    fields = re.fullmatch(r"HEADER\.FIELDS(\.NOT)? \((.*)\)", name)
    if fields is None:
        return None
    wanted = {one.strip('"').upper().encode() for one in fields[2].split()}
    lines = re.findall(rb"^([^\s:]+)[ \t]*:((?:[^\n]|\n[ \t])*\n)", part.header, re.MULTILINE)
    kept = [
        name + b":" + rest
        for name, rest in lines
        if (name.upper() in wanted) is (fields[1] is None)
    ]
    return b"".join(kept) + b"\r\n"


def quoted(value: bytes | None) -> bytes:
    """Write a string as IMAP does: NIL, between quotes, or as a literal."""
    if value is None:
        return b"NIL"
    if _ATOMS.fullmatch(value) and len(value) < 1000:  # noqa: PLR2004  as real servers do
        return b'"' + re.sub(rb'([\\"])', rb"\\\1", value) + b'"'
    return b"{%d}\r\n%b" % (len(value), value)


def bodystructure(part: Part) -> bytes:
    """Write BODYSTRUCTURE of an entity."""
    tail = b" %b NIL NIL" % _disposition(part)
    if part.children:
        inner = b"".join(map(bodystructure, part.children))
        return b"(%b %b %b%b)" % (inner, quoted(part.subkind), _pairs(part.parameters), tail)
    encoding = (part.value(b"content-transfer-encoding") or b"7BIT").upper()[:200]
    given = part.parameters or (((b"CHARSET", b"us-ascii"),) if part.kind == b"TEXT" else ())
    fields = [
        quoted(part.kind),
        quoted(part.subkind),
        _pairs(given),
        quoted(part.value(b"content-id")),
        quoted(part.value(b"content-description")),
        quoted(encoding),
        b"%d" % len(part.body),
    ]
    if part.message is not None:
        subject = quoted(part.message.value(b"subject"))
        fields.append(b"(NIL %b NIL NIL NIL NIL NIL NIL NIL NIL)" % subject)
        fields.append(bodystructure(part.message))
    if part.kind == b"TEXT" or part.message is not None:
        fields.append(b"%d" % part.body.count(b"\n"))
    return b"(%b NIL%b)" % (b" ".join(fields), tail)


def _disposition(part: Part) -> bytes:
    said = part.value(b"content-disposition")
    found = re.match(rb"\s*([^\s;]+)", said[:_READ_OF_A_FIELD]) if said else None
    if said is None or found is None:
        return b"NIL"
    return b"(%b %b)" % (quoted(found[1].upper()), _pairs(parameters(said[:_READ_OF_A_FIELD])))


def _pairs(given: Parameters) -> bytes:
    if not given:
        return b"NIL"
    return b"(%b)" % b" ".join(b"%b %b" % (quoted(name), quoted(value)) for name, value in given)
