"""Write `rules/characters.toml`: which characters are read as which others.

    python -m bench.characters

Traditional characters come from OpenCC, which only this generator needs; accented Latin
letters from Unicode's decompositions; the other look-alikes and the respelt words are the
tables below.
"""

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
    # Katakana that look like characters
    "カロニエタハトミ": "力口二工夕八卜三",
}
CIRCLED = {
    **{chr(0x1F150 + at): chr(0x41 + at) for at in range(26)},
    **{chr(0x1F170 + at): chr(0x41 + at) for at in range(26)},
}

VARIANTS = {
    # A word that also stands inside ordinary ones (余期 in 剩余期数) must not be here.
    "征信": "蒸信 怔信 政信记录 zheng信 征xin zhengxin 彳正信 征芯",
    "催收": "崔收 催収 催shou cui收 cuishou 摧收 催首",
    "贷款": "贷歀 黛款 岱款 dai款 贷kuan daikuan 贷欵 DK款",
    "网贷": "网黛 wang贷 网dai",
    "借款": "借歀 借kuan jie款 jiekuan",
    "还款": "还歀 还kuan huan款 huankuan ",
    "欠款": "欠歀 欠kuan qian款",
    "逾期": "愈期 逾qi yu期 瑜期 逾歧 俞期 谕期",
    "微信": "薇信 徽信 v信 vx信 wei信 微xin 巍信 威芯 薇芯 微芯 weixin 微伩 溦信",
    "加微信": "加威信 加v信 加薇 加vx 加wx +vx +wx +v信 加徽",
    "转账": "转帐 zhuan账 转zhang",
    "账户": "帐户 账戸 zhang户",
    "账号": "帐号",
    "账单": "帐单",
    "银行卡": "银行咔 银行kǎ 银亍卡 yin行卡",
    "法院": "法阮 法浣 fa院 法yuan",
    "起诉": "起泝 qi诉 起su 起愬",
    "立案": "立桉 li案 立an",
    "解冻": "解dong jie冻",
    "注销": "注肖 注消 zhu销 注xiao zhuxiao",
    "花呗": "花bei hua呗",
    "借呗": "借贝 借bei jie呗",
    "白条": "白tiao bai条",
    "验证码": "验证马 验正码 yan证码 验证ma",
    "利息": "利xi li息",
    "额度": "额du",
    "客服": "客fu ke服 客伏",
    "信用": "亻言用 信yong xin用",
    "减免": "减mian jian免",
    "屏幕共享": "屏慕共享 屏幕gong享",
    "企业微信": "企微",
    "QQ": "扣扣 企鹅号 叩叩",
    "QQ群": "Q裙 扣裙 企鹅群 扣扣群",
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
    pairs = sorted(traditional())
    alike = dict(sorted(look_alikes()))
    parts = [
        "# Which characters and words are read as which others.\n",
        "# Written by `python -m bench.characters`; change the tables there, not this file.\n\n",
        _wrapped("traditional", "".join(old for old, _ in pairs)),
        _wrapped("simplified", "".join(new for _, new in pairs)),
        "\n[look_alikes]\n",
        *(f'"{strange}" = "{usual}"\n' for strange, usual in alike.items()),
        "\n[variants]\n",
        *(
            f'"{variant}" = "{usual}"\n'
            for usual, variants in VARIANTS.items()
            for variant in variants.split()
        ),
    ]
    return "".join(parts)


def main() -> None:
    """Write the file."""
    TARGET.write_text(written(), encoding="utf-8")
    print(f"{TARGET.name}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
