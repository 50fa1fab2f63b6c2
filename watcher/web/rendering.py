"""Templates to HTML: every blank is escaped, and every word is a phrase."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from watcher.casework.rendering import templates
from watcher.core.model import Phrase
from watcher.phrases.display import printable
from watcher.web.site import Site

NAVIGATION: Final = (
    ("/", "inbox"),
    ("/dates", "dates"),
    ("/loans", "loans"),
    ("/sources", "sources"),
    ("/rules", "rules"),
)


class Rendering:
    """The templates of a page in its language."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._templates = templates("watcher.web")
        self._templates.globals |= {
            "say": site.say,
            "said": site.said,
            "show": self._shown,
            "language": "zh-CN" if site.phrases.language == "zh" else "en",
            "navigation": NAVIGATION,
        }
        self._templates.filters |= {
            "render": self._render,
            "home": _from_home,
            "path": lambda text: quote(text, safe=""),
        }

    def page(self, template: str, *, csrf: str, path: str, **values: Any) -> str:
        """Return a whole page; `path` is where it is, for the navigation."""
        found = self._templates.get_template(f"{template}.html")
        zone = self._site.zone()
        today = self._site.clock.now().astimezone(zone).date()
        shown = {"failure": None, **values}
        return found.render(csrf=csrf, path=path, today=today, zone=zone, **shown)

    def entered(self, path: str) -> str:
        """Return the page that leads on after the token was swapped for a cookie."""
        return self._templates.get_template("entered.html").render(path=path)

    def redirect(self, address: str) -> str:
        """Return the page of a file that leads a browser here."""
        return self._templates.get_template("redirect.html").render(address=address)

    def closed(self) -> str:
        """Return the page for a browser that has no cookie of ours."""
        return self._templates.get_template("closed.html").render()

    def _render(self, phrase: Phrase) -> str:
        return self._site.phrases.render(phrase)

    def _shown(self, value: object) -> str:
        """Return a value as a reader expects it; a moment in the holder's zone."""
        if isinstance(value, datetime):
            value = value.astimezone(self._site.zone())
        return self._site.phrases.show(value)


def _from_home(path: object) -> str:
    """Return a path as people write it, or whatever else a source is called."""
    name, home = str(path), str(Path.home())
    kind, colon, rest = name.partition(":")
    shown = rest if colon and kind in ("imap", "sms") else name
    return printable(shown.replace(f"{home}/", "~/", 1) if shown.startswith(f"{home}/") else shown)
