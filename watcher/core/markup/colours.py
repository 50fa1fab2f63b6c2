"""Colours as HTML and CSS write them, and whether two of them can be told apart."""

import colorsys
import re

Colour = tuple[int, int, int, float]
"""Red, green and blue from 0 to 255, and how opaque it is, from 0 to 1."""

CLOSEST = 24
"""Colours of which no channel differs by more look alike."""

FAINTEST = 0.1
"""Ink that is less opaque is not seen."""

BLACK: Colour = (0, 0, 0, 1.0)
WHITE: Colour = (255, 255, 255, 1.0)

_NAMED = (
    "aliceblue f0f8ff antiquewhite faebd7 aqua 00ffff aquamarine 7fffd4 azure f0ffff beige f5f5dc"
    " bisque ffe4c4 black 000000 blanchedalmond ffebcd blue 0000ff blueviolet 8a2be2 brown a52a2a"
    " burlywood deb887 cadetblue 5f9ea0 chartreuse 7fff00 chocolate d2691e coral ff7f50"
    " cornflowerblue 6495ed cornsilk fff8dc crimson dc143c cyan 00ffff darkblue 00008b darkcyan"
    " 008b8b darkgoldenrod b8860b darkgray a9a9a9 darkgreen 006400 darkgrey a9a9a9 darkkhaki bdb76b"
    " darkmagenta 8b008b darkolivegreen 556b2f darkorange ff8c00 darkorchid 9932cc darkred 8b0000"
    " darksalmon e9967a darkseagreen 8fbc8f darkslateblue 483d8b darkslategray 2f4f4f"
    " darkslategrey 2f4f4f darkturquoise 00ced1 darkviolet 9400d3 deeppink ff1493 deepskyblue"
    " 00bfff dimgray 696969 dimgrey 696969 dodgerblue 1e90ff firebrick b22222 floralwhite fffaf0"
    " forestgreen 228b22 fuchsia ff00ff gainsboro dcdcdc ghostwhite f8f8ff gold ffd700 goldenrod"
    " daa520 gray 808080 green 008000 greenyellow adff2f grey 808080 honeydew f0fff0 hotpink ff69b4"
    " indianred cd5c5c indigo 4b0082 ivory fffff0 khaki f0e68c lavender e6e6fa lavenderblush fff0f5"
    " lawngreen 7cfc00 lemonchiffon fffacd lightblue add8e6 lightcoral f08080 lightcyan e0ffff"
    " lightgoldenrodyellow fafad2 lightgray d3d3d3 lightgreen 90ee90 lightgrey d3d3d3 lightpink"
    " ffb6c1 lightsalmon ffa07a lightseagreen 20b2aa lightskyblue 87cefa lightslategray 778899"
    " lightslategrey 778899 lightsteelblue b0c4de lightyellow ffffe0 lime 00ff00 limegreen 32cd32"
    " linen faf0e6 magenta ff00ff maroon 800000 mediumaquamarine 66cdaa mediumblue 0000cd"
    " mediumorchid ba55d3 mediumpurple 9370db mediumseagreen 3cb371 mediumslateblue 7b68ee"
    " mediumspringgreen 00fa9a mediumturquoise 48d1cc mediumvioletred c71585 midnightblue 191970"
    " mintcream f5fffa mistyrose ffe4e1 moccasin ffe4b5 navajowhite ffdead navy 000080 oldlace"
    " fdf5e6 olive 808000 olivedrab 6b8e23 orange ffa500 orangered ff4500 orchid da70d6"
    " palegoldenrod eee8aa palegreen 98fb98 paleturquoise afeeee palevioletred db7093 papayawhip"
    " ffefd5 peachpuff ffdab9 peru cd853f pink ffc0cb plum dda0dd powderblue b0e0e6 purple 800080"
    " rebeccapurple 663399 red ff0000 rosybrown bc8f8f royalblue 4169e1 saddlebrown 8b4513 salmon"
    " fa8072 sandybrown f4a460 seagreen 2e8b57 seashell fff5ee sienna a0522d silver c0c0c0 skyblue"
    " 87ceeb slateblue 6a5acd slategray 708090 slategrey 708090 snow fffafa springgreen 00ff7f"
    " steelblue 4682b4 tan d2b48c teal 008080 thistle d8bfd8 tomato ff6347 turquoise 40e0d0 violet"
    " ee82ee wheat f5deb3 white ffffff whitesmoke f5f5f5 yellow ffff00 yellowgreen 9acd32"
)
_NAMES = _NAMED.split()
_BY_NAME = dict(zip(_NAMES[::2], _NAMES[1::2], strict=True))
_HEX = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})\Z")
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^()]{1,80})\)\Z")
_NUMBER = re.compile(r"([+-]?(?:\d{1,8}(?:\.\d{0,8})?|\.\d{1,8}))(%|deg)?\Z")


def parse_colour(value: str) -> Colour | None:
    """Read a colour of CSS, lower case; None for what is none, or depends on something else."""
    if value == "transparent":
        return (0, 0, 0, 0.0)
    written = _HEX.match(value)
    if written is not None:
        return _of_digits(written[1])
    if value in _BY_NAME:
        return _of_digits(_BY_NAME[value])
    function = _FUNCTION.match(value)
    return None if function is None else _of_function(function[1], function[2])


def over(ink: Colour, ground: Colour) -> Colour:
    """Return what is seen of a colour that lies on an opaque one."""
    red, green, blue = (
        round(above * ink[3] + below * (1 - ink[3]))
        for above, below in zip(ink[:3], ground[:3], strict=True)
    )
    return (red, green, blue, 1.0)


def alike(ink: Colour, ground: Colour) -> bool:
    """Tell whether a reader cannot see text of one colour on the other."""
    if ink[3] < FAINTEST:
        return True
    seen = over(ink, ground)
    return all(abs(one - two) <= CLOSEST for one, two in zip(seen[:3], ground[:3], strict=True))


def _of_digits(digits: str) -> Colour:
    if len(digits) <= 4:  # noqa: PLR2004  #rgb and #rgba
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (int(digits[at : at + 2], 16) for at in (0, 2, 4))
    return (red, green, blue, int(digits[6:] or "ff", 16) / 255)


def _of_function(name: str, inside: str) -> Colour | None:
    numbers = [_NUMBER.match(part) for part in inside.replace("/", " ").replace(",", " ").split()]
    if len(numbers) not in {3, 4}:
        return None
    read = [(float(one[1]), one[2]) for one in numbers if one is not None]
    if len(read) != len(numbers):
        return None
    opaque = _share(*read[3], whole=1) if len(read) > 3 else 1.0  # noqa: PLR2004  r, g, b, alpha
    if name == "rgb":
        red, green, blue = (round(_share(*one, whole=255) * 255) for one in read[:3])
    else:
        turned = (read[0][0] / 360) % 1
        mixed = colorsys.hls_to_rgb(
            turned, _share(*read[2], whole=100), _share(*read[1], whole=100)
        )
        red, green, blue = (round(channel * 255) for channel in mixed)
    return (red, green, blue, opaque)


def _share(number: float, unit: str | None, *, whole: float) -> float:
    """Return a number as a share of the whole, from 0 to 1."""
    return min(max(number / (100 if unit == "%" else whole), 0.0), 1.0)
