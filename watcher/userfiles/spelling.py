"""TOML as the program writes it into files of people, who keep their comments and their order.

tomlkit is loaded at the first change: a program that stays and only reads has no use for it.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tomlkit import TOMLDocument


def parsed(text: str) -> "TOMLDocument":
    """Return a text that can be changed and spelled again, every comment in its place."""
    import tomlkit  # noqa: PLC0415  see above

    return tomlkit.parse(text)


def spelled_whole(document: "TOMLDocument") -> str:
    """Return the text of a changed document."""
    import tomlkit  # noqa: PLC0415  see above

    return tomlkit.dumps(document)


def spelled(value: object) -> str:
    """Return one value as it is written behind the `=`."""
    import tomlkit  # noqa: PLC0415  see above

    return tomlkit.item(value).as_string()
