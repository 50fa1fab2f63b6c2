import pytest

from watcher.core.extract import NumberForm, find_person_ids, find_phones, number_form

MOBILE = "13800138000"


@pytest.mark.parametrize(
    "text",
    ["13800138000", "138 0013 8000", "138-0013-8000", "+86 138-0013-8000", "0086 13800138000",
     "8613800138000", "一三八零零一三八零零零", "壹叁捌零零壹叁捌零零零", "1 3 8 0 0 1 3 8 0 0 0",
     "一三八00一三八000", "138.0013.8000", "幺三八零零幺三八零零零"],
)  # fmt: skip
def test_a_mobile_number_is_found_however_it_is_written(text: str) -> None:
    found = find_phones(f"请联系{text},谢谢")

    assert [(phone.digits, phone.form) for phone in found] == [(MOBILE, NumberForm.MOBILE)]


@pytest.mark.parametrize(
    ("text", "digits", "form"),
    [
        ("详询010-88886666", "01088886666", NumberForm.LANDLINE),
        ("详询(0755)8888 6666", "075588886666", NumberForm.LANDLINE),
        ("客服95599", "95599", NumberForm.HOTLINE),
        ("客服400-820-6666", "4008206666", NumberForm.HOTLINE),
        ("详询12368", "12368", NumberForm.HOTLINE),
        ("请致电95588点击链接", "95588", NumberForm.HOTLINE),
        ("拨打96110", "96110", NumberForm.HOTLINE),
        ("报警请拨110", "110", NumberForm.SHORT),
        ("来自106912345678901", "106912345678901", NumberForm.BULK),
        ("回电+852 2345 6789", "+85223456789", NumberForm.FOREIGN),
        ("回电00442012345678", "00442012345678", NumberForm.FOREIGN),
        ("加QQ:12345678", "12345678", NumberForm.OTHER),
        ("企鹅群:891000458", "891000458", NumberForm.OTHER),
    ],
)
def test_the_form_of_a_number_is_told(text: str, digits: str, form: NumberForm) -> None:
    assert [(phone.digits, phone.form) for phone in find_phones(text)] == [(digits, form)]


@pytest.mark.parametrize(
    "text",
    ["应还10000元", "¥12345", "1286.40元", "2026-07-15 18:00:00", "20260715", "尾号640118",
     "验证码 95588", "合同202607150012345678", "一千二百元", "二〇二六年", "第12345期", "1.2.3.4",
     "12345678", "13800138000元", "www.10086.cn", "168.160.193.24",
     "请拨WECHAT000", "1234567890123456789"],
)  # fmt: skip
def test_other_numbers_are_no_telephone_numbers(text: str) -> None:
    assert find_phones(text) == ()


def test_numbers_that_stand_side_by_side_are_kept_apart() -> None:
    found = find_phones("热线95588,400-820-6666 13800138000/13900139000")

    assert [phone.digits for phone in found] == [
        "95588",
        "4008206666",
        "13800138000",
        "13900139000",
    ]


@pytest.mark.parametrize(
    ("sender", "form"),
    [
        ("13800138000", "mobile"),
        ("+86 138 0013 8000", "mobile"),
        ("1795113800138000", "mobile"),
        ("１３８００１３８０００", "mobile"),
        ("\u202a+85212345678\u202c", "foreign"),
        ("+85212345678", "foreign"),
        ("00442012345678", "foreign"),
        ("00031245678", "other"),
        ("95588", "hotline"),
        ("955881234", "hotline"),
        ("01088886666", "landline"),
        ("+861088886666", "landline"),
        ("106912345678", "bulk"),
        ("110", "short"),
        ("12520", "short"),
        ("某某银行", "alpha"),
        ("service@example.com", "alpha"),
        ("", "other"),
        ("+", "other"),
        ("123456789012", "other"),
    ],
)
def test_a_sender_has_the_form_of_its_number(sender: str, form: str) -> None:
    assert number_form(sender) == form


def test_identity_numbers_are_found_whole_and_masked() -> None:
    text = "身份证110105199003071234及3301**********123X,单号123456789012345678"

    assert [text[start:end] for start, end in find_person_ids(text)] == [
        "110105199003071234",
        "3301**********123X",
    ]
