"""Templates: what they show is escaped, and a gap in one is an error."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from watcher.phrases.display import defanged, printable


def templates(package: str) -> Environment:
    """Return the templates of a package; its blanks are escaped and none may stay empty."""
    found = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.filters["defanged"] = lambda text: printable(defanged(str(text)))
    return found


@cache
def template(name: str) -> Template:
    """Return the template of a page that stands alone, by its file name."""
    return templates("watcher.casework").get_template(name)
