"""The sentences of a text, as whoever adds one to a message would put it there."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from watcher.core.spans import Span
from watcher.core.view import View

_ANY_TAG = r"【[^】\n]{0,30}】"


@dataclass(frozen=True, slots=True)
class Sentences:
    """How sentences are told apart; which words do it is data, the patterns `sentence.*`.

    A `tag` names nobody, as "[reminder]" does. A `familiar` word is one that only somebody who
    knows the reader says to them. Behind what is `over` a sentence ends without a mark.
    """

    tag: re.Pattern[str]
    familiar: re.Pattern[str]
    over: re.Pattern[str]
    whole: re.Pattern[str]

    @classmethod
    def of(cls, patterns: Mapping[str, str]) -> "Sentences":
        """Compile the patterns; one that the rules do not have matches nothing."""
        tag, aside, familiar, over = (
            patterns.get(f"sentence.{name}", "(?!)")
            for name in ("tag", "aside", "familiar", "over")
        )
        # A tag in front belongs to the sentence that follows, one behind to the one it signs.
        words = (
            rf"(?:(?:{_ANY_TAG})+[^。!?;\n】]*|[^。!?;\n【】]+(?:{_ANY_TAG})?)[。!?;\n】]*|[【】]"
        )
        whole = re.compile(rf"{tag}|{aside}|{words}")
        return cls(re.compile(tag), re.compile(familiar), re.compile(over), whole)

    def spans(self, view: View) -> Iterator[Span]:
        """Yield the sentences of the dense text; a line break ends one too, though none is left."""
        dense = view.reading.dense
        ends = {*view.reading.line_breaks(), *(one.end() for one in self.over.finditer(dense))}
        cuts = iter((*sorted(ends), len(dense)))
        cut = next(cuts)
        for found in self.whole.finditer(dense):
            start, end = found.span()
            while cut <= start and cut < len(dense):
                cut = next(cuts)
            while cut < end:
                yield start, cut
                start, cut = cut, next(cuts)
            yield start, end
