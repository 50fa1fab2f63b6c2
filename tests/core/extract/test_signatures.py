import pytest

from watcher.core.extract import find_signatures


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("【某某金融】您好", ["某某金融"]),
        ("您好,退订回T【某某金融】", ["某某金融"]),
        ("(1/2)【甲】您好", ["甲"]),
        ("[1/2]【甲】您好【甲】", ["甲", "甲"]),
        ("[甲]您好", ["甲"]),
        ("「甲」您好", ["甲"]),
        ("〔甲〕您好", ["甲"]),
        ("【甲】【乙】您好", ["甲", "乙"]),
        ("您好【甲】 \n", ["甲"]),
        ("【甲】", ["甲"]),
        ("请看【重要通知】的内容", []),
        ("【】您好", []),
        ("【" + "长" * 21 + "】您好", []),
        ("没有签名", []),
        ("", []),
    ],
)
def test_signatures_are_read_at_either_end(text: str, names: list[str]) -> None:
    found = find_signatures(text)

    assert [one.name for one in found] == names
    assert all(text[one.start] + text[one.end - 1] in "【】[]〔〕「」" for one in found)
