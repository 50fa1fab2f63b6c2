"""Certificates for loopback, made when asked for: no key lies in the repository.

X.509 version 3 with keys on the curve P-256, made without any outside program. The arithmetic
is for tests only: it takes no care of its running time.
"""

import atexit
import base64
import hashlib
import secrets
import ssl
import tempfile
import warnings
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from watcher.clock import SystemClock

HOST: Final = "127.0.0.1"
NAMES: Final = (HOST, "localhost", "imap.test")

_P: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_BASE: Final = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
_EC_KEY: Final = bytes.fromhex("06072a8648ce3d0201")
_CURVE: Final = bytes.fromhex("06082a8648ce3d030107")
_SIGNATURE: Final = bytes.fromhex("300a06082a8648ce3d040302")  # ECDSA with SHA-256

_Point = tuple[int, int] | None


def _add(one: _Point, other: _Point) -> _Point:
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2:
        if (y1 + y2) % _P == 0:
            return None
        slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, _P) % _P
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, _P) % _P
    x3 = (slope * slope - x1 - x2) % _P
    return x3, (slope * (x1 - x3) - y1) % _P


def _times(factor: int) -> tuple[int, int]:
    """Multiply the curve's base point."""
    total: _Point = None
    doubled: _Point = _BASE
    while factor:
        if factor & 1:
            total = _add(total, doubled)
        doubled = _add(doubled, doubled)
        factor >>= 1
    if total is None:
        raise ValueError
    return total


def _der(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    length = len(content)
    if length < 0x80:  # noqa: PLR2004  shorter lengths stand in one octet
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def _integer(value: int) -> bytes:
    return _der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _sequence(*contents: bytes) -> bytes:
    return _der(0x30, *contents)


def _name(common: str) -> bytes:
    return _sequence(_der(0x31, _sequence(b"\x06\x03\x55\x04\x03", _der(0x0C, common.encode()))))


def _moment(at: datetime) -> bytes:
    return _der(0x18, at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode())


def _extension(number: int, value: bytes, *, critical: bool = False) -> bytes:
    flag = b"\x01\x01\xff" if critical else b""
    return _sequence(b"\x06\x03\x55\x1d" + bytes((number,)), flag, _der(0x04, value))


def _pem(kind: str, der: bytes) -> str:
    text = base64.encodebytes(der).decode().replace("\n", "")
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----\n"


@dataclass(frozen=True, slots=True)
class _Key:
    secret: int = field(repr=False)

    @classmethod
    def make(cls) -> "_Key":
        return cls(1 + secrets.randbelow(_ORDER - 1))

    @property
    def point(self) -> bytes:
        x, y = _times(self.secret)
        return b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")

    @property
    def mark(self) -> bytes:
        return hashlib.sha256(self.point).digest()[:20]

    @property
    def public(self) -> bytes:
        return _sequence(_sequence(_EC_KEY, _CURVE), _der(0x03, b"\x00", self.point))

    @property
    def pem(self) -> str:
        point = _der(0xA1, _der(0x03, b"\x00", self.point))
        secret = _der(0x04, self.secret.to_bytes(32, "big"))
        return _pem("EC PRIVATE KEY", _sequence(_integer(1), secret, _der(0xA0, _CURVE), point))

    def sign(self, data: bytes) -> bytes:
        digest = int.from_bytes(hashlib.sha256(data).digest(), "big")
        nonce = 1 + secrets.randbelow(_ORDER - 1)
        r = _times(nonce)[0] % _ORDER
        s = pow(nonce, -1, _ORDER) * (digest + r * self.secret) % _ORDER
        return _sequence(_integer(r), _integer(s))


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """A server's certificate and key, and the authority that a client must be told to trust."""

    ca_file: Path
    chain_file: Path

    def context(self, *, old: bool = False) -> ssl.SSLContext:
        """Return what a server speaks TLS with; `old`: nothing newer than TLS 1.1."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.chain_file)
        if old:
            with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = ssl.TLSVersion.TLSv1_1
            context.set_ciphers("ALL:@SECLEVEL=0")
        # Nobody resumes a session here, and each ticket would be one more thing to compute.
        context.num_tickets = 0
        return context


def _certificate(  # noqa: PLR0913  what a certificate says
    *, subject: str, key: _Key, issuer: str, by: _Key, names: tuple[str, ...], until: datetime
) -> str:
    """Sign one certificate; one without names is an authority."""
    usage = b"\x03\x02\x01\x06" if not names else b"\x03\x02\x07\x80"
    extensions = [
        _extension(14, _der(0x04, key.mark)),
        _extension(35, _sequence(_der(0x80, by.mark))),
        _extension(15, usage, critical=True),
        _extension(19, _sequence(b"" if names else b"\x01\x01\xff"), critical=True),
    ]
    if names:
        extensions.append(_extension(17, _sequence(*map(_alternative, names))))
    # What is signed: version 3, a number of its own, who signs, how long, for whom, what for.
    body = _sequence(
        _der(0xA0, _integer(2)),
        _integer(secrets.randbits(64) + 1),
        _SIGNATURE,
        _name(issuer),
        _sequence(_moment(until - timedelta(days=30)), _moment(until)),
        _name(subject),
        key.public,
        _der(0xA3, _sequence(*extensions)),
    )
    return _pem("CERTIFICATE", _sequence(body, _SIGNATURE, _der(0x03, b"\x00", by.sign(body))))


def _alternative(name: str) -> bytes:
    try:
        return _der(0x87, ip_address(name).packed)
    except ValueError:
        return _der(0x82, name.encode())


@cache
def _folder() -> Path:
    """Hold what was made for as long as the process runs."""
    folder = tempfile.TemporaryDirectory(prefix="imap-server-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


@cache
def certificates(*, names: tuple[str, ...] = NAMES, expired: bool = False) -> Certificates:
    """Make certificates for hosts, once in a process; an expired one ended yesterday."""
    until = SystemClock().now() + timedelta(days=-1 if expired else 7)
    authority, key = _Key.make(), _Key.make()
    issuer = f"Loopback authority {secrets.token_hex(4)}"
    valid = SystemClock().now() + timedelta(days=7)
    signer = _certificate(
        subject=issuer, key=authority, issuer=issuer, by=authority, names=(), until=valid
    )
    served = _certificate(
        subject=names[0], key=key, issuer=issuer, by=authority, names=names, until=until
    )
    folder = _folder() / secrets.token_hex(8)
    folder.mkdir(mode=0o700)
    ca_file, chain_file = folder / "ca.pem", folder / "chain.pem"
    ca_file.write_text(signer, encoding="ascii")
    chain_file.touch(mode=0o600)
    chain_file.write_text(key.pem + served, encoding="ascii")
    return Certificates(ca_file=ca_file, chain_file=chain_file)
