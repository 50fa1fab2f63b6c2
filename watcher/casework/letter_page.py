"""A letter as one file for a browser: no script, no link, nothing fetched; it alone prints."""

from watcher.casework.letters import Draft
from watcher.casework.rendering import template
from watcher.phrases import Phrases


def letter_page(draft: Draft, phrases: Phrases) -> str:
    """Return the page: what to heed, the letter, its gloss for who reads no Chinese, its basis."""
    return template("letter.html").render(
        draft=draft,
        say=lambda phrase, **values: phrases.say(phrase, values),
        language="zh-CN" if phrases.language == "zh" else "en",
    )
