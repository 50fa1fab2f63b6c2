"""Patterns that users write run on RE2, so that none of them can hang the program.

RE2 takes time proportional to the text, whatever the pattern looks like, but the factor
grows with the pattern: one that unfolds into a very large program is refused as well.
"""

from typing import Final

from watcher.core.conditions import Search

MEMORY: Final = 8 * 1024 * 1024
"""Bytes that one compiled pattern may take; RE2 refuses what would need more."""

LARGEST: Final = 2_000
"""Instructions of one compiled pattern: `.{0,100}` are about 900, `((a?){30}){30}` 3,600."""


def user_pattern(expression: str) -> Search:
    """Compile a pattern of a user's; `ValueError` where RE2 does not take it.

    Letters match in either case, as in shipped patterns. Texts must be encodable: the
    folded text of a message is, because folding replaces lone surrogates.
    """
    import re2  # noqa: PLC0415  most users have no patterns of their own

    options = re2.Options()
    options.max_mem = MEMORY
    options.case_sensitive = False
    options.log_errors = False
    try:
        compiled = re2.compile(expression, options)
    except (re2.error, UnicodeEncodeError) as error:
        raise ValueError(expression) from error
    if max(compiled.programsize, compiled.reverseprogramsize) > LARGEST:
        raise ValueError(expression)
    search: Search = compiled.search
    return search
