"""The pages of an evidence pack that people read: the time line, and what to know first."""

from collections.abc import Mapping
from typing import Final

from watcher.casework.chronicle import chronicle
from watcher.casework.evidence import (
    FIRST,
    MANIFEST,
    PAGE,
    Condition,
    Material,
    encoded,
    in_zone,
    proof_name,
    record_form,
    records,
    source_name,
)
from watcher.casework.rendering import template
from watcher.core.model import Message
from watcher.core.pieces import texts_of
from watcher.phrases import Phrases
from watcher.phrases.display import defanged, printable

LONGEST_TEXT: Final = 4000
"""Characters of a message that the page shows; its own file has all of them."""


def time_line(material: Material, conditions: Mapping[str, Condition], phrases: Phrases) -> bytes:
    """Return the page: one file without scripts, links or anything fetched."""
    page = template("time-line.html").render(
        language="zh-CN" if phrases.language == "zh" else "en",
        say=lambda phrase_id, **values: phrases.say(phrase_id, values),
        show=phrases.show,
        moment=lambda at: in_zone(at, material.zone),
        m=material,
        summary=phrases.render(material.row.summary),
        chronicle=chronicle(material),
        records=[
            {
                "record": record,
                "form": record_form(record, material.zone),
                "kind": f"kind.{record.paper.case.notice.kind.value}",
                "text": _shown(record.paper.case.message),
                "condition": conditions.get(record.mail or ""),
            }
            for record in records(material.papers)
        ],
        proofs=[
            (proof_name(number, proof.name), proof, conditions[proof_name(number, proof.name)])
            for number, proof in enumerate(material.proofs, 1)
        ],
        source_name=source_name,
        manifest=MANIFEST,
    )
    return encoded(page)


def read_first(material: Material, phrases: Phrases) -> bytes:
    """Return what whoever opens the pack should know before giving it on."""
    values = {"id": material.row.id, "page": PAGE, "manifest": MANIFEST, "file": FIRST}
    return encoded(phrases.say("evidence.read_first", values).strip() + "\n")


def _shown(message: Message) -> tuple[str, bool]:
    """Return a message's text, harmless, and whether it was cut."""
    texts = [text for text in texts_of(message) if text]
    text = "\n\n".join(texts)
    lines = (printable(line) for line in defanged(text[:LONGEST_TEXT]).split("\n"))
    return "\n".join(lines), len(text) > LONGEST_TEXT
