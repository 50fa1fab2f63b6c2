"""What is said over the socket: failures, mistakes and remarks, as phrases with their values."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from watcher.control import fields
from watcher.control.fields import Forged
from watcher.errors import (
    CredentialsRefused,
    Problem,
    SourceUnavailable,
    UserError,
    WatcherError,
)
from watcher.sources.items import Damage, Remark

_FAILURES: Final[Mapping[str, type[WatcherError]]] = {
    "user": UserError,
    "outside": SourceUnavailable,
    "credentials": CredentialsRefused,
}


def from_failure(failure: WatcherError) -> dict[str, Any]:
    """Return a failure as what JSON can hold."""
    problems = failure.problems if isinstance(failure, UserError) else ()
    return {
        "kind": next(name for name, kind in _FAILURES.items() if isinstance(failure, kind)),
        "says": failure.says,
        "values": _from_values(failure.values),
        "problems": [from_problem(one) for one in problems],
    }


def to_failure(form: object) -> WatcherError:
    """Return the failure that `from_failure` took apart."""
    kind, says, values, problems = fields.named(form, "kind", "says", "values", "problems")
    if type(kind) is not str or kind not in _FAILURES:
        raise Forged
    if kind == "user":
        listed = fields.every(to_problem)(problems)
        return UserError(fields.phrase(says), _to_values(values), problems=listed)
    return _FAILURES[kind](fields.phrase(says), _to_values(values))


def from_problem(problem: Problem) -> dict[str, Any]:
    """Return a mistake as what JSON can hold."""
    names = ("file", "says", "line", "key", "warning")
    form = {name: getattr(problem, name) for name in names}
    return form | {"values": _from_values(problem.values)}


def to_problem(form: object) -> Problem:
    """Return the mistake that `from_problem` took apart."""
    file, says, line, key, warning, values = fields.named(
        form, "file", "says", "line", "key", "warning", "values"
    )
    return Problem(
        file=fields.name(file),
        says=fields.phrase(says),
        line=fields.optional(fields.count)(line),
        key=fields.optional(fields.name)(key),
        warning=fields.truth(warning),
        values=_to_values(values),
    )


def from_told(told: Damage | Remark) -> dict[str, Any]:
    """Return what was said of a file as what JSON can hold."""
    return {"source": told.source, "reason": told.reason, "values": _from_values(told.values)}


def to_damage(form: object) -> Damage:
    """Return the damage that `from_told` took apart."""
    source, reason, values = fields.named(form, "source", "reason", "values")
    return Damage(
        source=fields.name(source), reason=fields.phrase(reason), values=_to_values(values)
    )


def to_remark(form: object) -> Remark:
    """Return the remark that `from_told` took apart."""
    same = to_damage(form)
    return Remark(source=same.source, reason=same.reason, values=same.values)


def _from_values(values: Mapping[str, object]) -> dict[str, Any]:
    return {name: _from_value(value) for name, value in values.items()}


def _from_value(value: object) -> Any:
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal():
            return {"decimal": str(value)}
        case datetime():
            return {"datetime": value.isoformat()}
        case date():
            return {"date": value.isoformat()}
        case list() | tuple():
            return [_from_value(one) for one in value]
        case _:
            return str(value)


def _to_values(form: object) -> Mapping[str, Any]:
    if type(form) is not dict or not all(name.isidentifier() for name in form):
        raise Forged
    return {name: _to_value(value) for name, value in form.items()}


def _to_value(form: object) -> object:
    if type(form) is dict and len(form) == 1:
        [(tag, text)] = form.items()
        if tag not in _TAGS or type(text) is not str:
            raise Forged
        return fields.converted(_TAGS[tag], text)
    if type(form) is list:
        return [_to_value(one) for one in form]
    if form is None or type(form) in {bool, int}:
        return form
    return fields.name(form)


_TAGS: Final[Mapping[str, Callable[[str], object]]] = {
    "decimal": Decimal,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
}
