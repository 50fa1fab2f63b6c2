"""HTML mail as text: what the reader sees, and apart from it what is hidden.

Hidden content is how a mail shows a filter another text than its reader, or parts words so
that no filter knows them. It is kept, but never mixed in: what is seen joins up around it.
"""

from watcher.core.markup.reader import LONGEST, Anchor, Html, read_html

__all__ = ["LONGEST", "Anchor", "Html", "read_html"]
