"""What the shipped directory, hosts and causes may say, read as plain TOML."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

RULES = Path(__file__).parent.parent / "rules"

BASED = ("renamed_on", "aliases", "company", "hotline", "domains", "certificate", "status")
CAUSES = {f"C{number:02}" for number in range(1, 16)} | {f"N{number}" for number in range(1, 7)}
VERDICTS = {
    "expected",
    "lagging",
    "stale",
    "possibly_owed",
    "not_mine",
    "fraudulent",
    "unsure",
}


def _lenders() -> list[dict[str, Any]]:
    files = sorted((RULES / "lenders").glob("*.toml"))
    return [row for file in files for row in tomllib.loads(file.read_text("utf-8"))["lenders"]]


def _causes() -> list[dict[str, Any]]:
    rows = tomllib.loads((RULES / "causes.toml").read_text("utf-8"))["causes"]
    return list(rows)


LENDERS = _lenders()


def test_the_lenders_are_numbered_each_once_and_without_a_gap() -> None:
    ids = [row["id"] for row in LENDERS]
    assert sorted(ids) == [f"L{number:03}" for number in range(1, len(ids) + 1)]
    assert len(ids) > 140


def test_there_are_31_licensed_consumer_finance_companies_with_their_full_names() -> None:
    rows = [row for row in LENDERS if row["kind"] == "consumer_finance"]
    assert len(rows) == 31
    assert all(row["company"].endswith("公司") for row in rows)
    assert all(row["company"] in row["aliases"] for row in rows)


@pytest.mark.parametrize("row", LENDERS, ids=lambda row: row["id"])
def test_every_fact_of_a_lender_names_its_basis(row: dict[str, Any]) -> None:
    # The name is a fact as well; its basis stands with that of the aliases.
    stated = {"aliases", *(name for name in BASED if row.get(name))}
    assert stated == set(row["basis"])
    assert all(row["basis"].values())


@pytest.mark.parametrize("row", LENDERS, ids=lambda row: row["id"])
def test_a_hotline_is_shown_only_where_it_has_a_source(row: dict[str, Any]) -> None:
    if row.get("hotline_show"):
        assert re.fullmatch(r"[0-9-]{5,13}", row["hotline"])
        assert "general knowledge" not in row["basis"]["hotline"]


def test_62_lenders_have_a_hotline_to_show() -> None:
    assert sum(row.get("hotline_show", False) for row in LENDERS) == 62


@pytest.mark.parametrize("row", LENDERS, ids=lambda row: row["id"])
def test_names_are_what_a_message_says_and_stand_once_a_row(row: dict[str, Any]) -> None:
    former = row.get("former_names", [])
    names = [row["name"], *row.get("aliases", []), *former, *row.get("products", [])]
    assert all(len(name) >= 2 and name == name.strip() for name in names)
    assert len(names) == len(set(names))


def test_no_everyday_word_is_a_lender() -> None:
    everyday = {
        "借钱",
        "信用卡",
        "信用贷",
        "备用金",
        "月付",
        "分期",
        "贷款",
        "银行",
        "金条",
        "够花",
        "快贷",
    }
    names = {
        name
        for row in LENDERS
        for name in (row["name"], *row.get("aliases", []), *row.get("products", []))
    }
    assert not names & everyday


@pytest.mark.parametrize(
    ("old", "living"),
    [
        ("捷信", "天津京东消费金融"),
        ("平安普惠", "平安融易"),
        ("华融消费金融", "宁银消费金融"),
        ("包银消费金融", "蒙商消费金融"),
        ("苏宁消费金融", "南银法巴消费金融"),
        ("苏宁银行", "苏商银行"),
    ],
)
def test_a_brand_that_was_given_up_is_kept_apart_at_its_successor(old: str, living: str) -> None:
    row = next(row for row in LENDERS if row["name"] == living)
    assert old in row["former_names"]
    assert not row.get("dead", False)


@pytest.mark.parametrize("name", ["短融网", "阿里小贷", "狐狸小贷"])
def test_a_lender_that_ended_is_marked_dead(name: str) -> None:
    assert next(row for row in LENDERS if row["name"] == name)["dead"] is True


def test_domains_are_bare_hosts_that_not_everybody_may_publish_on() -> None:
    domains = {domain for row in LENDERS for domain in row.get("domains", [])}
    assert all(re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", domain) for domain in domains)
    assert not domains & {"gov.cn", "com.cn", "aliyuncs.com", "bcebos.com", "t.cn", "dwz.cn"}


@pytest.mark.parametrize(
    ("domain", "name"),
    [
        ("cmbt.cn", "招商银行"),
        ("95508.com", "广发银行"),
        ("bocomcc.com", "交通银行"),
        ("ecitic.com", "中信银行"),
        ("3.cn", "京东白条"),
        ("dpurl.cn", "美团借钱"),
    ],
)
def test_a_genuine_short_domain_belongs_to_its_lender(domain: str, name: str) -> None:
    assert domain in next(row for row in LENDERS if row["name"] == name)["domains"]


def test_no_host_is_both_a_lenders_and_a_short_link_service() -> None:
    sites = tomllib.loads((RULES / "sites.toml").read_text("utf-8"))["sites"]
    domains = {domain for row in LENDERS for domain in row.get("domains", [])}
    assert {"t.cn", "bit.ly"} <= set(sites["short"])
    assert {"gov.cn", "pbccrc.org.cn", "12321.cn"} <= set(sites["official"])
    assert not set(sites["short"]) & (domains | set(sites["official"]))


def test_domains_of_others_come_with_their_licence() -> None:
    used = any("v2fly" in row["basis"].get("domains", "") for row in LENDERS)
    notice = (RULES / "LICENSES.md").read_text("utf-8")
    assert used
    assert "v2fly/domain-list-community" in notice
    assert "Permission is hereby granted" in notice


def test_every_cause_is_there_once() -> None:
    ids = [cause["id"] for cause in _causes()]
    assert len(ids) == len(set(ids))
    assert set(ids) == CAUSES


def test_a_cause_stands_under_verdicts_that_exist() -> None:
    for cause in _causes():
        assert cause["verdicts"], cause["id"]
        assert set(cause["verdicts"]) <= VERDICTS, cause["id"]


@pytest.mark.parametrize("id_", ["C05", "C06", "C14", "C15"])
def test_what_no_message_can_show_is_not_concluded_from_one(id_: str) -> None:
    assert next(cause for cause in _causes() if cause["id"] == id_)["for"] == []


def test_lagging_is_what_the_expected_causes_support() -> None:
    supports = {cause["id"]: cause["verdicts"] for cause in _causes()}
    assert all("lagging" in supports[id_] for id_ in ("C01", "C05", "C09", "N3"))
    assert all("possibly_owed" in supports[id_] for id_ in ("C07", "C14", "C15", "N1", "N2", "N6"))
    assert all("not_mine" in supports[id_] for id_ in ("C11", "N5"))
    assert "fraudulent" in supports["C04"]


def test_no_word_list_and_no_pattern_is_left_that_nothing_asks_for() -> None:
    # What is weighed alone (wording.toml) is asked for by nobody.
    weighed = {RULES / "wording.toml", RULES / "kinds.toml"}
    files = [path for path in RULES.rglob("*.toml") if path not in weighed]
    shipped = "".join(path.read_text("utf-8") for path in files)
    program = "".join(path.read_text("utf-8") for path in (RULES.parent / "watcher").rglob("*.py"))
    asked = {*re.findall(r"@([\w.-]+)", shipped), *re.findall(r'"([\w.-]+)"', program)}
    in_series = tuple(re.findall(r'f"(\w+\.)\{', program))
    given = {
        name
        for path in files
        for table in ("words", "patterns")
        for name in tomllib.loads(path.read_text("utf-8")).get(table, {})
    }
    assert len(given) > 500
    assert {name for name in given - asked if not name.startswith(in_series)} == set()
