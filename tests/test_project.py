"""The project as a newcomer gets it: what the wheel holds, what the locks pin, what README says."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bench.__main__ import FIGURES
from watcher.cli import COMMANDS

READMES = ("README.md", "README.zh-CN.md")
LOCKS = ("requirements.lock", "requirements-dev.lock")


@pytest.fixture(scope="module")
def unpacked(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as pip builds it and unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=checkout, check=True, capture_output=True, timeout=60)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def files_below(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize(
    ("source", "inside"),
    [
        ("rules", "watcher/shipped/rules"),
        ("systemd", "watcher/shipped/systemd"),
        ("watcher/demo", "watcher/demo"),
        ("watcher/phrases", "watcher/phrases"),
    ],
)
def test_the_wheel_carries_every_file_of_a_folder(
    checkout: Path, unpacked: Path, source: str, inside: str
) -> None:
    files = files_below(checkout / source)
    assert files
    assert files_below(unpacked / inside) == files


def test_the_wheel_carries_the_example_configuration_and_the_licence(
    checkout: Path, unpacked: Path
) -> None:
    [licence] = unpacked.glob("loan_watcher-*.dist-info/licenses/LICENSE")
    assert licence.read_bytes() == (checkout / "LICENSE").read_bytes()
    example = "config.example.toml"
    shipped = unpacked / "watcher" / "shipped" / example
    assert shipped.read_bytes() == (checkout / example).read_bytes()


def test_the_wheel_carries_the_manual_to_where_man_looks(checkout: Path, unpacked: Path) -> None:
    [data] = unpacked.glob("loan_watcher-*.data")
    assert files_below(data / "data" / "share" / "man") == files_below(checkout / "man")


def test_the_wheel_carries_nothing_but_the_program(unpacked: Path) -> None:
    names = {path.name.partition("-")[0] for path in unpacked.iterdir()}
    assert names == {"watcher", "loan_watcher"}


def test_the_demo_runs_from_the_wheel_alone(tmp_path: Path, unpacked: Path) -> None:
    shown = subprocess.run(
        [sys.executable, "-P", "-m", "watcher", "--lang", "en", "demo"],
        env={**os.environ, "PYTHONPATH": str(unpacked)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "loan-watcher" in shown.stdout


def pinned(lock: Path) -> dict[str, tuple[Requirement, int]]:
    """Return what a lock pins, by name, and how many hashes it gives for it."""
    found: dict[str, tuple[Requirement, int]] = {}
    name = ""
    for line in lock.read_text().splitlines():
        if line.startswith("    #"):
            continue
        if re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line):
            requirement, hashes = found[name]
            found[name] = requirement, hashes + 1
        else:
            requirement = Requirement(line.removesuffix(" \\"))
            name = canonicalize_name(requirement.name)
            found[name] = requirement, 0
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_gives_one_version_and_hashes_for_everything_it_names(
    checkout: Path, lock: str
) -> None:
    for requirement, hashes in pinned(checkout / lock).values():
        assert [each.operator for each in requirement.specifier] == ["=="], requirement
        assert requirement.url is None, requirement
        assert hashes > 0, requirement


def test_both_locks_pin_the_same_versions(checkout: Path) -> None:
    run, develop = (pinned(checkout / lock) for lock in LOCKS)
    assert {name: develop[name][0] for name in run} == {
        name: requirement for name, (requirement, _) in run.items()
    }


def test_the_locks_hold_what_the_project_asks_for(checkout: Path) -> None:
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    run = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    develop = [
        asked
        for asked in (*run, *extras["test"], *extras["dev"])
        if not asked.startswith("loan-watcher")
    ]
    for lock, asked in zip(LOCKS, (run, develop), strict=True):
        held = pinned(checkout / lock)
        for requirement in map(Requirement, asked):
            [version] = held[canonicalize_name(requirement.name)][0].specifier
            assert requirement.specifier.contains(version.version), (lock, requirement)


def first_shell_block(readme: Path) -> list[str]:
    """Return the lines of a page's first block of shell."""
    found = re.search(
        r"^```sh\n(.*?)^```$", readme.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert found, readme
    return found[1].splitlines()


@pytest.mark.parametrize("readme", READMES)
def test_readme_opens_with_one_command_for_the_demo_and_one_for_the_tests(
    checkout: Path, readme: str
) -> None:
    demo, tests = first_shell_block(checkout / readme)[:2]
    assert demo.endswith(".venv/bin/loan-watcher demo")
    assert tests.endswith(".venv/bin/python -m pytest")
    assert [demo, tests] == first_shell_block(checkout / READMES[0])[:2]
    assert (checkout / readme).read_text(encoding="utf-8").splitlines()[4] == "```sh"


def blocks(checkout: Path, readme: str) -> list[list[str]]:
    page = (checkout / readme).read_text(encoding="utf-8")
    found = re.findall(r"^```text\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [block.splitlines() for block in found]


def printed(checkout: Path, *arguments: str, **environment: str) -> list[str]:
    shown = subprocess.run(
        [sys.executable, "-m", "watcher", *arguments],
        cwd=checkout,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [line.rstrip() for line in shown.stdout.splitlines()]


def left_over(block: list[str], shown: list[str]) -> list[str]:
    """Return the lines of a block that do not follow in order, whatever it leaves out between."""
    rest = iter(shown)
    return [line for line in block if line not in rest]


LANGUAGES_OF = [(READMES[0], "en"), (READMES[1], "zh")]


@pytest.mark.parametrize(("readme", "language"), LANGUAGES_OF)
def test_what_readme_shows_of_the_demo_is_what_the_demo_prints(
    checkout: Path, readme: str, language: str
) -> None:
    shown = printed(checkout, "--lang", language, "demo")
    assert left_over(blocks(checkout, readme)[0], shown) == []


@pytest.mark.parametrize(("readme", "language"), LANGUAGES_OF)
def test_what_readme_shows_of_an_explanation_is_what_is_printed(
    checkout: Path, tmp_path: Path, readme: str, language: str
) -> None:
    config = tmp_path / "config" / "loan-watcher"
    config.mkdir(parents=True, mode=0o700)
    shutil.copyfile(checkout / "watcher" / "demo" / "loans.toml", config / "loans.toml")
    xdg = {
        name: str(tmp_path / name[4:-5].lower()) for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME")
    }
    printed(checkout, "--lang", language, "scan", "watcher/demo/inbox", **xdg)
    shown = printed(checkout, "--lang", language, "explain", "3", **xdg)
    assert left_over(blocks(checkout, readme)[1], shown) == []


def test_ci_installs_every_system_package_that_a_test_may_want(checkout: Path) -> None:
    reason = re.compile(r'needs\("([a-z0-9.+-]+)"')
    wanted = {
        package
        for path in (checkout / "tests").rglob("*.py")
        for package in reason.findall(path.read_text(encoding="utf-8"))
    }
    script = (checkout / ".ci" / "run").read_text(encoding="utf-8")
    [installed] = re.findall(r"^packages=\((.*)\)$", script, re.MULTILINE)
    assert wanted == set(installed.split())


@pytest.mark.parametrize("readme", READMES)
def test_readme_names_every_figure_and_leads_to_a_page_with_every_command(
    checkout: Path, readme: str
) -> None:
    page = (checkout / readme).read_text(encoding="utf-8")
    assert [figure for figure in FIGURES if f"`python -m bench {figure}`" not in page] == []
    commands = f"docs/{readme.replace('README', 'commands')}"
    assert f"]({commands})" in page
    reference = (checkout / commands).read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"| `loan-watcher {name}" not in reference] == []


@pytest.mark.parametrize("readme", READMES)
def test_a_newcomer_reads_what_to_type_first_before_anything_for_programmers(
    checkout: Path, readme: str
) -> None:
    page = (checkout / readme).read_text(encoding="utf-8")
    typed = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert typed[2] == "loan-watcher init\n"
    shown = printed(checkout, "--lang", "en", "demo")
    steps = [line for line in shown if "loan-watcher " in line and line.startswith("│")]
    assert steps[0].strip("│ ") == "loan-watcher init"


def test_the_codemap_names_every_part_of_the_program_and_of_its_core(checkout: Path) -> None:
    page = (checkout / "ARCHITECTURE.md").read_text(encoding="utf-8")
    package = checkout / "watcher"
    parts = {
        path.stem
        for folder in (package, package / "core")
        for path in folder.iterdir()
        if path.suffix == ".py" or (path.is_dir() and path.name != "__pycache__")
    }
    assert sorted(part for part in parts - {"__init__"} if f"`{part}`" not in page) == []


@pytest.mark.parametrize(
    "name",
    [
        *READMES,
        *("ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "rules/README.md"),
        *("docs/judgement.md", "docs/phones.md", "docs/phones.zh-CN.md", "tests/cases/README.md"),
        *("docs/commands.md", "docs/commands.zh-CN.md"),
    ],
)
def test_every_link_in_a_document_leads_to_a_file(checkout: Path, name: str) -> None:
    document = checkout / name
    for target in re.findall(r"\]\(([^)#:\s]+)[^):]*\)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), target


def test_every_path_that_contributors_are_sent_to_exists(checkout: Path) -> None:
    text = (checkout / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:\.ci|bench|docs|rules|tests|watcher)/[\w./*<>-]*)`", text)
    assert len(named) > 20
    for path in named:
        assert list(checkout.glob(re.sub(r"<\w+>", "*", path.rstrip("/")))), path
