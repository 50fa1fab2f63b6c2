"""What running a command in a test gives back, and a home with one loan and a notice on it."""

from collections.abc import Callable
from dataclasses import dataclass

LOANS = """
[holder]
name = "宋雨桐"
[[loans]]
id = "haoqidai"
lender = "招联金融"
account_tail = "5512"
status = "settled"
settled_on = 2026-03-02
monthly_amount = "640.00"
"""
OVERDUE = "【招联金融】您的好期贷借款（尾号5512）已逾期，应还640.00元，请尽快还款。"


@dataclass(frozen=True)
class Ran:
    """What one command did."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]
