"""A line of text for who runs the program in a terminal and has no desktop."""

from typing import TextIO

from watcher.desktop.showing import Showing, Shown
from watcher.desktop.text import pop_up
from watcher.phrases import Phrases
from watcher.phrases.display import printable

LONGEST_LINE = 300


class TerminalNotifier:
    """Writes one plain line per alert; the reader is at the terminal, so it counts as shown."""

    def __init__(self, stream: TextIO, phrases: Phrases) -> None:
        self._stream = stream
        self._phrases = phrases

    async def show(self, showing: Showing) -> Shown | None:
        """Write the alert; None where the terminal is gone."""
        try:
            self._stream.write(self._line(showing) + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            return None
        return Shown(backend="terminal")

    def _line(self, showing: Showing) -> str:
        worded = pop_up(showing, self._phrases)
        parts = [worded.title, *worded.body.splitlines()]
        if showing.summary is not None:
            parts.insert(1, self._phrases.render(showing.summary))
        return printable(" | ".join(parts))[:LONGEST_LINE]
