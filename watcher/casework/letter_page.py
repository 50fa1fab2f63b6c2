"""A letter as one file for a browser: no script, no link, nothing fetched; it alone prints."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from watcher.casework.letters import Draft
from watcher.phrases import Phrases


def letter_page(draft: Draft, phrases: Phrases) -> str:
    """Return the page: what to heed, the letter, its gloss for who reads no Chinese, its basis."""
    return _template().render(
        draft=draft,
        say=lambda phrase, **values: phrases.say(phrase, values),
        language="zh-CN" if phrases.language == "zh" else "en",
    )


@cache
def _template() -> Template:
    templates = Environment(
        loader=PackageLoader("watcher.casework"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    return templates.get_template("letter.html")
