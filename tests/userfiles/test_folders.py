"""The user's folders are the user's alone."""

from pathlib import Path

import pytest

from watcher.userfiles.folders import config_folder, ownership_problem, state_folder


def test_the_folders_follow_xdg_and_are_made_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert config_folder() == tmp_path / "config" / "loan-watcher"
    assert state_folder() == tmp_path / "state" / "loan-watcher"
    assert config_folder().stat().st_mode & 0o777 == 0o700
    assert state_folder().stat().st_mode & 0o777 == 0o700


def test_a_private_file_is_no_problem_and_a_vanished_one_is(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir(mode=0o755)
    path = tmp_path / "deep" / "a.toml"
    path.touch(mode=0o600)
    assert ownership_problem(path, tmp_path, "a.toml") is None
    path.unlink()
    problem = ownership_problem(path, tmp_path, "a.toml")
    assert problem is not None
    assert problem.says == "problem.unreadable"


def test_a_file_is_not_trusted_where_others_can_write_to_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "deep"
    folder.mkdir()
    folder.chmod(0o775)
    (folder / "a.toml").touch(mode=0o600)
    problem = ownership_problem(folder / "a.toml", tmp_path, "a.toml")
    assert problem is not None
    assert (problem.says, problem.values) == ("problem.others-write", {"path": str(folder)})
