"""Where exports of a phone have arrived: told by what the files hold, not by their names."""

from pathlib import Path

import pytest

from tests.sources.exports import mail, sms, smses
from watcher.sources.likely import find_exports, likely_folders

EXPORT = smses(sms("余额变动"))
SECONDS = 60.0


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def found(home: Path, *, most: int = 5) -> list[str]:
    folders = likely_folders(home, {})
    said = find_exports(folders, most=most, seconds=SECONDS)
    return [str(one.file.relative_to(home)) for one in said]


def test_an_export_is_known_by_its_content_whatever_it_is_called(home: Path) -> None:
    downloads = home / "Downloads"
    downloads.mkdir()
    (downloads / "微信文件(1).bin").write_text(EXPORT, encoding="utf-8")
    (downloads / "sms-backup.xml").write_text("<html>not one</html>", encoding="utf-8")
    (downloads / "letter.eml").write_bytes(mail("您好".encode()))
    (downloads / "empty.xml").touch()
    assert found(home) == ["Downloads/微信文件(1).bin"]


def test_folders_that_are_synchronised_with_a_phone_are_looked_into(home: Path) -> None:
    settings = home / ".config" / "syncthing" / "config.xml"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        '<configuration>\n<folder id="a" label="x" path="~/phone &amp; tablet" type="r"></folder>\n'
        f'<folder id="b" path="{home}" type="r"></folder>\n</configuration>\n',
        encoding="utf-8",
    )
    (home / "phone & tablet" / "sms").mkdir(parents=True)
    (home / "phone & tablet" / "sms" / "x.xml").write_text(EXPORT, encoding="utf-8")
    (home / "x.xml").write_text(EXPORT, encoding="utf-8")
    assert home not in likely_folders(home, {})
    assert found(home) == ["phone & tablet/sms/x.xml"]


def test_one_export_of_each_folder_is_named_and_of_many_folders_the_first(home: Path) -> None:
    for name in ("SMSBackup", "短信", "Downloads", "Documents"):
        (home / name).mkdir()
        for number in (1, 2):
            (home / name / f"{number}.xml").write_text(EXPORT, encoding="utf-8")
    places = [path.split("/")[0] for path in found(home)]
    assert sorted(places) == ["Documents", "Downloads", "SMSBackup", "短信"]
    assert [path.split("/")[0] for path in found(home, most=2)] == ["SMSBackup", "短信"]


def test_a_home_without_such_folders_has_no_exports(home: Path) -> None:
    assert likely_folders(home, {}) == ()
    assert found(home) == []
