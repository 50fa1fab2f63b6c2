"""loan-watcher(1): what lies in `man/` says what the commands say."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.needed import needs
from watcher.cli import COMMANDS
from watcher.cli.manual import PLACES, page
from watcher.phrases import LANGUAGES, Language, Phrases


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_as_the_commands_speak_now(checkout: Path, language: Language) -> None:
    kept = (checkout / "man" / PLACES[language]).read_text(encoding="utf-8")
    renewed = page(language)
    assert kept == renewed, "renew it: .venv/bin/python -m watcher.cli.manual man"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_a_part_for_every_command_and_those_below_it(language: Language) -> None:
    parts = re.findall(r"^\.SS ([a-z ]+)", page(language), re.MULTILINE)
    commands = {part.split()[0] for part in parts}
    assert commands == {*COMMANDS}
    assert {"service install", "loan discover", "account add"} <= {part.strip() for part in parts}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_of_help_comes_out_as_it_was_written(language: Language) -> None:
    program = needs("groff-base", "groff")
    shown = subprocess.run(
        [program, "-Kutf8", "-man", "-ww", "-Tutf8", "-rLL=100n", "-P-c"],
        input=page(language).encode(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert shown.stderr == b""
    text = re.sub(".\x08", "", shown.stdout.decode())
    for says in ("cli.help", "cli.check.help", "service.help", "init.help"):
        lines = Phrases(language).say(says).strip().splitlines()
        assert lines
        assert all(line in text for line in lines)
