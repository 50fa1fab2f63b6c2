"""The templates of pages that stand alone: what they show is escaped, a gap in them an error."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from watcher.phrases.display import defanged, printable


@cache
def template(name: str) -> Template:
    """Return a template by its file name, read once."""
    environment = Environment(
        loader=PackageLoader("watcher.casework"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["harmless"] = lambda text: printable(defanged(str(text)))
    return environment.get_template(name)
