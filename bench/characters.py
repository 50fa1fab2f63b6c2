"""Write `rules/characters.toml`: which characters are read as which others.

    python -m bench.characters

Traditional characters come from OpenCC, which only this generator needs; accented Latin
letters from Unicode's decompositions; the other look-alikes are the tables below. The respelt
words (`variants`) are edited in the file itself, and kept.
"""

import json
import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from opencc import OpenCC

TARGET = Path(__file__).resolve().parent.parent / "rules" / "characters.toml"
HAN = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0x20000, 0x2A6E0))
LATIN = (range(0x00C0, 0x0250), range(0x1E00, 0x1F00))
WIDTH = 60

LOOK_ALIKES = {
    # Cyrillic
    "авсеіјорхуѕԁԛԝһкмтнп": "abceijopxysdqwhkmthn",
    "АВСЕНІЈКМОРЅТХУԚԜҮ": "ABCEHIJKMOPSTXYQWY",
    "ёєґзгбьч": "eer3r6b4",
    "ӀӏѵԍҺԌ": "IlvgHG",
    # Greek
    "αβγεικνορτυχωη": "aByeikvoptuxwn",
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ": "ABEZHIKMNOPTYX",
    # Armenian
    "աոօսհցոռք": "wnouhgnnp",
    "ՕՍՏԼ": "OUSL",
    # Cherokee
    "ᎪᎬᎡᎢᎫᎳᎷᎻᏀᏃᏚᏞᏟᏢᏦᏴᎠᎥᏂᏙ": "AERTJWMHGZSLCPKBDihV",
    # Latin letters and symbols without a decomposition
    "ıɑɡɩʟɴʀᴀᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴠᴡᴢʏɪɢʜʙ": "iagilnracdejkmoptuvwzyighb",
    "øØđĐðłŁħĦŧŦƀƁƃɓɗƒɖŋƙɱɲɵƥʠɍʂƭʋⱳƴȥʒ": "oOdDdlLhHtTbBbbdfdnkmnopqrstvwyz3",
    "ƊƑƓƘƝƟƠƤƬƲƳƵ": "DFGKNOOPTVYZ",
    # Chinese radicals that copies of PDF files and filters' opponents put for characters
    "⺠⻅⻉⻓⻔⻋⻢⻛⻘⻝⻚⻆⻮⻰⻜⻩⻬⻤⻥⻦": "民见贝长门车马风青食页角齿龙飞黄齐鬼鱼鸟",
    # Katakana that look like characters, and rare characters that look like usual ones
    "カロニエタハトミ": "力口二工夕八卜三",
    "竝巳仧惪囙攺収眀囯丨": "立已条德因改收明国|",
}
CIRCLED = {
    **{chr(0x1F150 + at): chr(0x41 + at) for at in range(26)},
    **{chr(0x1F170 + at): chr(0x41 + at) for at in range(26)},
}


def traditional() -> Iterator[tuple[str, str]]:
    """Yield each traditional character with its simplified one."""
    converter = OpenCC("t2s")
    for block in HAN:
        for code in block:
            char = chr(code)
            simplified = converter.convert(char)
            if simplified != char and len(simplified) == 1:
                yield char, simplified


def look_alikes() -> Iterator[tuple[str, str]]:
    """Yield each look-alike with what it imitates."""
    for strange, usual in LOOK_ALIKES.items():
        yield from zip(strange, usual, strict=True)
    yield from CIRCLED.items()
    for block in LATIN:
        for code in block:
            base = unicodedata.normalize("NFKD", chr(code))[0]
            if base.isascii() and base.isalpha() and base != chr(code):
                yield chr(code), base


def _wrapped(name: str, text: str) -> str:
    lines = (text[at : at + WIDTH] for at in range(0, len(text), WIDTH))
    return f'{name} = """\\\n' + "".join(f"{line}\\\n" for line in lines) + '"""\n'


def written() -> str:
    """Return the whole file."""
    variants = tomllib.loads(TARGET.read_text(encoding="utf-8"))["variants"]
    pairs = sorted(traditional())
    alike = dict(sorted(look_alikes()))
    parts = [
        "# Which characters and words are read as which others.\n",
        "# Written by `python -m bench.characters`, but for [variants]; change the tables.\n\n",
        _wrapped("traditional", "".join(old for old, _ in pairs)),
        _wrapped("simplified", "".join(new for _, new in pairs)),
        "\n[look_alikes]\n",
        *(f'"{strange}" = "{usual}"\n' for strange, usual in alike.items()),
        "\n# 改了写法的词；平常的词里也有的（剩余期数里的“余期”）不能写在这里。\n",
        "# Respelt words; none that also stands inside ordinary ones.\n[variants]\n",
        *(
            f"{json.dumps(variant, ensure_ascii=False)} = {json.dumps(usual, ensure_ascii=False)}\n"
            for variant, usual in variants.items()
        ),
    ]
    return "".join(parts)


def main() -> None:
    """Write the file."""
    TARGET.write_text(written(), encoding="utf-8")
    print(f"{TARGET.name}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
