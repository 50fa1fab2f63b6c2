"""Values to JSON and back, so that an old case explains itself without being judged again.

The shape of the JSON is the shape of the dataclasses: a field added with a default reads
from old rows, a field taken away is skipped. Fields at their default are not written.
"""

import dataclasses
import json
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Union

from watcher.core.model import Case, Evidence, Message

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]

_PLAIN = (str, int, type(None))


def case_to_json(case: Case) -> str:
    """Return a case, with its message and everything that explains it, as JSON."""
    return dumps(case)


def case_from_json(text: str) -> Case:
    """Return the case that `case_to_json` wrote; ValueError where the JSON holds none."""
    return loads(Case, text)


def evidence_from_json(text: str) -> Evidence:
    """Return the evidence that `dumps` wrote; ValueError where the JSON holds none."""
    return loads(Evidence, text)


def evidence_from_all(texts: Iterable[str]) -> Iterator[Evidence]:
    """Yield all evidence; what cannot be read any more (a flipped bit) is passed over."""
    for text in texts:
        with suppress(ValueError):
            yield evidence_from_json(text)


def finding_to_json(case: Case) -> str:
    """Return what was found about a message, without the message and its evidence."""
    return _compact(_fields_to_data(case, _FINDING))


def finding_from_json(text: str, message: Message, evidence: str | None) -> Case:
    """Return the case that `finding_to_json` took apart; ValueError where there is none."""
    data = json.loads(text) | {"message": encode(message)}
    if evidence is not None:
        data["evidence"] = json.loads(evidence)
    return _decoded(Case, data)


def whole(text: str | None) -> str | None:
    """Return a text that SQLite takes: a lone surrogate becomes U+FFFD."""
    if text is None or text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def place(name: str) -> str:
    """Return a name as SQLite takes it; those of files may hold any bytes, and stay different."""
    return name.encode("utf-8", "backslashreplace").decode()


def dumps(value: object) -> str:
    """Return any value of the core's model as compact JSON."""
    return _compact(encode(value))


_Value = typing.TypeVar("_Value")


def loads(kind: type[_Value], text: str) -> _Value:
    """Return the value of class `kind` that `dumps` wrote; ValueError where it is none."""
    return _decoded(kind, json.loads(text))


def _compact(data: Json) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _decoded(kind: type[_Value], data: Any) -> _Value:
    decode: Callable[[Any], _Value] = _decoder(typing.cast("Any", kind))
    try:
        return decode(data)
    except (TypeError, KeyError, AttributeError, ArithmeticError, RecursionError) as error:
        raise ValueError(f"not a {kind.__name__}") from error


def encode(value: object) -> Json:
    """Return a value of the core's model as what JSON can hold."""
    return _encoder(typing.cast("Any", type(value)))(value)


@cache
def _encoder(kind: Any) -> Callable[[Any], Json]:
    """Return what turns values of exactly this class into JSON data; found once a class."""
    if dataclasses.is_dataclass(kind):
        fields = _defaults(typing.cast("Any", kind))
        return lambda value: _fields_to_data(value, fields)
    if issubclass(kind, Mapping):
        return lambda value: {str(name): _tagged(value[name]) for name in value}
    if issubclass(kind, tuple):
        return lambda value: [encode(item) for item in value]
    if issubclass(kind, frozenset):
        return lambda value: [encode(item) for item in sorted(value)]
    return _scalar_encoder(kind)


def _scalar_encoder(kind: Any) -> Callable[[Any], Json]:
    if issubclass(kind, Enum):
        return lambda value: str(value.value)
    if issubclass(kind, _PLAIN):
        return lambda value: typing.cast("Json", value)
    if issubclass(kind, Decimal):
        return str
    if issubclass(kind, date):
        return lambda value: str(value.isoformat())
    raise TypeError(kind.__name__)


def _fields_to_data(value: object, fields: tuple[tuple[str, object], ...]) -> Json:
    data: dict[str, Json] = {}
    for name, default in fields:
        part = getattr(value, name)
        if part is not default and part != default:
            data[name] = encode(part)
    return data


def _tagged(value: object) -> Json:
    """Return a phrase's value with its type, where JSON alone would lose it."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    raise TypeError(type(value).__name__)


_UNTAG: Mapping[str, Callable[[str], object]] = {
    "decimal": Decimal,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
}


def _untagged(data: Any) -> object:
    if isinstance(data, dict):
        [(tag, text)] = data.items()
        return _UNTAG[tag](text)
    return _plain(data)


@cache
def _defaults(kind: Any) -> tuple[tuple[str, object], ...]:
    return tuple((field.name, field.default) for field in dataclasses.fields(kind))


_FINDING = tuple(one for one in _defaults(Case) if one[0] not in {"message", "evidence"})


@cache
def _decoder(kind: Any) -> Callable[[Any], Any]:
    """Return what turns JSON data back into a value of type `kind`."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        return _optional(_decoder(next(a for a in arguments if a is not type(None))))
    if origin is tuple:
        return _tuple(arguments)
    if origin is frozenset:
        member = _decoder(arguments[0])
        return lambda data: frozenset(member(item) for item in data)
    if origin is not None:
        return lambda data: types.MappingProxyType({k: _untagged(v) for k, v in data.items()})
    return _single(kind)


def _single(kind: Any) -> Callable[[Any], Any]:
    if dataclasses.is_dataclass(kind):
        return _record(kind)
    if issubclass(kind, date):
        return typing.cast("Callable[[Any], Any]", kind.fromisoformat)
    if issubclass(kind, Decimal | Enum):
        return typing.cast("Callable[[Any], Any]", kind)
    return _plain


def _plain(data: Any) -> object:
    if not isinstance(data, _PLAIN):
        raise TypeError(type(data).__name__)
    return data


def _optional(decode: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda data: None if data is None else decode(data)


def _tuple(members: tuple[Any, ...]) -> Callable[[Any], Any]:
    if members[-1] is Ellipsis:
        member = _decoder(members[0])
        return lambda data: tuple(member(item) for item in data)
    decoders = tuple(_decoder(member) for member in members)
    return lambda data: tuple(d(item) for d, item in zip(decoders, data, strict=True))


def _record(kind: Any) -> Callable[[Any], Any]:
    hints = typing.get_type_hints(kind)
    decoders = {name: _decoder(hints[name]) for name, _ in _defaults(kind)}

    def build(data: Any) -> object:
        return kind(**{k: decoders[k](v) for k, v in data.items() if k in decoders})

    return build
