"""What ships beside the code is found in a checkout and in an installed package."""

import shutil
import subprocess
import sys
from pathlib import Path

import watcher
from watcher.userfiles.shipped import shipped_folder

CHECKOUT = Path(watcher.__file__).parent.parent


def test_in_a_checkout_the_rules_lie_beside_the_package() -> None:
    assert shipped_folder() == CHECKOUT
    assert (shipped_folder() / "config.example.toml").is_file()
    assert (shipped_folder() / "rules").is_dir()


def test_in_an_installed_package_the_rules_lie_inside_it(tmp_path: Path) -> None:
    package = tmp_path / "site" / "watcher"
    ignored = shutil.ignore_patterns("__pycache__", "shipped")
    shutil.copytree(CHECKOUT / "watcher", package, ignore=ignored)
    shutil.copytree(CHECKOUT / "rules", package / "shipped" / "rules")
    shutil.copy(CHECKOUT / "config.example.toml", package / "shipped")
    program = (
        "from watcher.userfiles.shipped import shipped_folder\n"
        "from watcher.userfiles.config import read_config\n"
        "print(shipped_folder(), (shipped_folder() / 'rules').is_dir())\n"
        "print(read_config(shipped_folder() / 'config.example.toml')[1])\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        env={"PYTHONPATH": str(package.parent)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [f"{package / 'shipped'} True", "()"]
