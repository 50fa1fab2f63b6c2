"""Reads the sections of a rule file into the values of `watcher.core.rules`."""

from collections.abc import Callable, Iterator
from typing import Final

from watcher.core.facts import FACTS
from watcher.core.lenders import LENDER_KINDS, Lender
from watcher.core.model import Kind, Strength, Urgency, Verdict
from watcher.core.rules import (
    MARKS,
    CauseRule,
    Characters,
    Checklist,
    Rule,
    RuleTest,
    Step,
    Text,
    VerdictRow,
)
from watcher.userfiles.conditions import check_phrase, read_conditions
from watcher.userfiles.problems import nearest
from watcher.userfiles.rule_file import RuleFile
from watcher.userfiles.tables import Table
from watcher.userfiles.weights import read_kinds, read_weights

MAX_RULES: Final = 500
MIN_TESTS: Final = 2
LONGEST_LAG: Final = 90
_NOTHING: Final = Text(zh="", en="")


def read_sections(whole: Table, file: RuleFile) -> None:
    """Read whatever a rule file declares; a section that only ships is refused in a user's file."""
    if "steps" in whole.data:
        _checklist(whole, file)
    for name, read in _SECTIONS.items():
        if name in whole.data:
            read(whole, file)
    if _CHARACTERS & whole.data.keys():
        _characters(whole, file)
    file.weights = read_weights(whole)
    file.kinds = read_kinds(whole)
    if not file.shipped:
        for name in sorted(_SHIPPED_ONLY & whole.data.keys()):
            whole.wrong(name, "problem.shipped-only")
    whole.asked.update(_SECTIONS, _CHARACTERS, ("steps",))
    whole.finish()


def _rules(whole: Table, file: RuleFile) -> None:
    rows = list(whole.tables("rules"))
    if len(rows) > MAX_RULES:
        whole.wrong("rules", "problem.too-many-rules", limit=MAX_RULES)
    for row in rows[:MAX_RULES]:
        id_ = row.text("id", required=True)
        rule = _rule(row, id_ or "", file)
        if id_ and rule:
            file.declare("rules", id_, row.key, rule)


def _rule(row: Table, id_: str, file: RuleFile) -> Rule | None:
    title = _text(row, "title")
    status = row.word("status", ("stable", "draft"))
    kind = row.one_of("kind", Kind)
    mark = row.word("mark", tuple(sorted(MARKS)))
    strength = row.one_of("strength", Strength)
    imitates = row.one_of("imitates", Kind)
    alone = row.flag("alone")
    firm = row.flag("firm")
    sources = row.texts("sources")
    valid_until = row.day("valid_until")
    conditions = read_conditions(row, file)
    tests = tuple(test for test in map(_test, row.tables("tests")) if test)
    row.finish()
    if sum(name in row.data for name in ("kind", "mark", "strength")) != 1:
        row.findings.add(row.key, "problem.kind-or-strength")
        return None
    for hit, says in ((True, "problem.too-few-hits"), (False, "problem.too-few-misses")):
        if sum(test.hit is hit for test in tests) < MIN_TESTS:
            row.findings.add(row.key, says, warning=not file.thorough, least=MIN_TESTS)
    if valid_until and file.today and valid_until < file.today:
        row.wrong("valid_until", "problem.expired", warning=True, day=valid_until)
    if kind is None and strength is None and mark is None:
        return None
    return Rule(
        id=id_,
        title=title,
        conditions=conditions,
        kind=kind,
        mark=mark,
        strength=strength,
        imitates=imitates,
        alone=bool(alone),
        firm=bool(firm),
        draft=status == "draft",
        shipped=file.shipped,
        sources=sources,
        valid_until=valid_until,
        tests=tests,
    )


def _test(row: Table) -> RuleTest | None:
    """Read one test; what it says is taken as it stands, space and all."""
    texts = {name: row.value(name) for name in ("text", "sender", "subject", "html")}
    for name, value in texts.items():
        if value is not None and not isinstance(value, str):
            row.wrong(name, "problem.expected-text")
            texts[name] = None
    if texts["text"] is None and texts["html"] is None and "text" not in row.data:
        row.findings.add(row.key, "problem.key-missing", name="text")
    hit = row.flag("hit", required=True)
    headers = row.value("headers") or []
    pairs = [tuple(pair) for pair in headers if _is_pair(pair)] if isinstance(headers, list) else []
    if not isinstance(headers, list) or len(pairs) < len(headers):
        row.wrong("headers", "problem.expected-headers")
    codes = row.texts("codes")
    row.finish()
    if hit is None:
        return None
    return RuleTest(
        text=texts["text"] or "",
        hit=hit,
        sender=texts["sender"],
        subject=texts["subject"],
        html=texts["html"],
        headers=tuple((name, value) for name, value in pairs),
        codes=codes,
    )


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and [type(part) for part in value] == [str, str]


def _words(whole: Table, file: RuleFile) -> None:
    table = whole.table("words")
    for name in table.data if table else ():
        phrases = table.texts(name) if table else ()
        if table and phrases:
            for phrase in phrases:
                check_phrase(phrase, file, (*table.key, name))
            file.declare("words", name, (*table.key, name), tuple(dict.fromkeys(phrases)))
        elif table and table.data[name] == []:
            table.wrong(name, "problem.expected-texts")


def _sites(whole: Table, file: RuleFile) -> None:
    table = whole.table("sites")
    for name in table.data if table else ():
        hosts = table.texts(name) if table else ()
        file.declare("sites", name, ("sites", name), hosts)


def _patterns(whole: Table, file: RuleFile) -> None:
    table = whole.table("patterns")
    for name in table.data if table else ():
        expression = table.text(name) if table else None
        if expression:
            file.declare("patterns", name, ("patterns", name), expression)


def _rows(whole: Table, file: RuleFile) -> None:
    for row in whole.tables("rows"):
        id_ = row.text("id", required=True)
        verdict = row.word("verdict", (*Verdict, "null"), required=True)
        needed, either, never = (_facts(row, name) for name in ("all", "any", "none"))
        checklists = row.texts("checklists")
        for checklist in checklists:
            file.use("checklists", checklist, (*row.key, "checklists"))
        urgency = row.one_of("urgency", Urgency)
        why = _text(row, "why")
        would_change = row.texts("would_change")
        summary, adds = row.text("summary"), row.flag("adds") or False
        row.finish()
        if id_ and verdict:
            value = VerdictRow(
                id=id_,
                verdict=None if verdict == "null" else Verdict(verdict),
                checklists=checklists,
                urgency=urgency,
                why=why,
                would_change=would_change,
                summary=summary or "unsure",
                adds=adds,
                all=needed,
                any=either,
                none=never,
            )
            file.declare("rows", id_, row.key, value)


def _causes(whole: Table, file: RuleFile) -> None:
    for row in whole.tables("causes"):
        id_ = row.text("id", required=True)
        title, explains = _text(row, "title"), _text(row, "explains")
        verdicts = row.texts("verdicts", required=True)
        for verdict in verdicts:
            if verdict not in tuple(Verdict):
                alike = nearest(verdict, tuple(Verdict))
                row.wrong(
                    "verdicts", "problem.expected-one-of", allowed=tuple(Verdict), nearest=alike
                )
        speaks_for, against = _facts(row, "for"), _facts(row, "against")
        needs = _facts(row, "needs")
        row.finish()
        if id_:
            value = CauseRule(
                id=id_,
                title=title,
                explains=explains,
                verdicts=tuple(Verdict(name) for name in verdicts if name in tuple(Verdict)),
                speaks_for=speaks_for,
                speaks_against=against,
                needs=needs,
            )
            file.declare("causes", id_, row.key, value)


def _checklist(whole: Table, file: RuleFile) -> None:
    id_ = whole.text("id", required=True)
    title, intro = _text(whole, "title"), _text(whole, "intro")
    steps: list[Step] = []
    for row in whole.tables("steps"):
        step_id = row.text("id", required=True)
        text = _text(row, "text")
        sources = row.texts("sources")
        warning = row.flag("warning") or False
        row.finish()
        if step_id in [step.id for step in steps]:
            row.wrong("id", "problem.repeated-step", id=step_id)
        steps.append(Step(id=step_id or "", text=text, sources=sources, warning=warning))
    if not steps:
        whole.wrong("steps", "problem.expected-tables", name="steps")
    if id_:
        value = Checklist(id=id_, title=title, intro=intro, steps=tuple(steps))
        file.declare("checklists", id_, ("id",), value)


def _lenders(whole: Table, file: RuleFile) -> None:
    for row in whole.tables("lenders"):
        lender = _lender(row)
        if lender:
            file.declare("lenders", lender.id, row.key, lender)


def _lender(row: Table) -> Lender | None:
    id_ = row.text("id", required=True)
    name = row.text("name", required=True)
    kind = row.word("kind", LENDER_KINDS, required=True)
    basis = row.table("basis")
    lists = {
        key: row.texts(key)
        for key in ("aliases", "former_names", "signatures", "products", "domains")
    }
    texts = {key: row.text(key) for key in ("company", "hotline", "certificate")}
    for comment in ("status", "note"):
        row.text(comment)
    show, dead = row.flag("hotline_show") or False, row.flag("dead") or False
    renamed_on = row.day("renamed_on")
    lag_days = row.number("lag_days", 0, LONGEST_LAG)
    row.finish()
    facts = {key: basis.text(key) or "" for key in basis.data} if basis else {}
    if id_ is None or name is None or kind is None:
        return None
    return Lender(
        id=id_,
        name=name,
        kind=kind,
        aliases=lists["aliases"],
        former_names=lists["former_names"],
        renamed_on=renamed_on,
        signatures=lists["signatures"],
        products=lists["products"],
        domains=lists["domains"],
        company=texts["company"],
        hotline=texts["hotline"],
        certificate=texts["certificate"],
        hotline_show=show,
        dead=dead,
        lag_days=7 if lag_days is None else lag_days,
        basis=facts,
    )


def _characters(whole: Table, file: RuleFile) -> None:
    traditional = whole.text("traditional") or ""
    simplified = whole.text("simplified") or ""
    if len(traditional) != len(simplified):
        whole.wrong("simplified", "problem.uneven-characters")
    single = dict(zip(traditional, simplified, strict=False))
    tables = {name: whole.table(name) for name in ("look_alikes", "variants")}
    pairs = {
        name: {key: table.text(key) or "" for key in table.data} if table else {}
        for name, table in tables.items()
    }
    table = tables["look_alikes"]
    for key in pairs["look_alikes"]:
        if table and len(key) != 1:
            table.wrong(key, "problem.expected-character")
    variants = pairs["variants"] | dict(_homophones(whole))
    variants |= {word: word for word in whole.texts("ordinary_words")}
    file.characters = Characters(single=single | pairs["look_alikes"], variants=variants)


def _homophones(whole: Table) -> Iterator[tuple[str, str]]:
    """Yield each word with one of its characters exchanged, and the word."""
    table = whole.table("homophones")
    for word in table.data if table else ():
        instead = table.texts(word) if table else ()
        if table and len(instead) != len(word):
            table.wrong(word, "problem.uneven-homophones")
        for at, chars in enumerate(instead):
            for char in chars:
                if char != word[at : at + 1]:
                    yield word[:at] + char + word[at + 1 :], word


def _text(row: Table, name: str) -> Text:
    """Read a sentence in both languages."""
    table = row.table(name, required=True)
    if table is None:
        return _NOTHING
    zh, en = table.text("zh", required=True), table.text("en", required=True)
    table.finish()
    return Text(zh=zh or "", en=en or "")


def _facts(row: Table, name: str) -> tuple[str, ...]:
    facts = row.texts(name)
    for fact in facts:
        if fact not in FACTS:
            row.wrong(name, "problem.unknown-fact", fact=fact, nearest=nearest(fact, FACTS))
    return facts


_SECTIONS: Final[dict[str, Callable[[Table, RuleFile], None]]] = {
    "rules": _rules,
    "words": _words,
    "sites": _sites,
    "patterns": _patterns,
    "rows": _rows,
    "causes": _causes,
    "lenders": _lenders,
}
_VARIANTS: Final = frozenset({"variants", "homophones", "ordinary_words"})
_CHARACTERS: Final = _VARIANTS | {"traditional", "simplified", "look_alikes"}
_SHIPPED_ONLY: Final = _CHARACTERS | {"rows", "causes", "patterns", "wording", "kinds"}
"""What a user's file may not say: it could make a verdict milder."""
