"""What doctor finds, what it says to do, and that it changes nothing."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
from typing import TYPE_CHECKING

import pytest

from fenban.model import artifact
from fenban.serving.cli.main import main
from fenban.serving.jobs import doctor as checks
from fenban.training.registry.models import Registry

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path, model_folder: Path) -> Path:
    """A home whose champion is the tiny model."""
    folder = tmp_path / "home"
    registry = Registry(folder)
    version = registry.add(artifact.load(model_folder), [], "tester", "for a test")
    registry.promote(version, "tester", "for a test")
    return folder


def found(home: Path) -> dict[str, checks.Check]:
    return {check.name: check for check in checks.check_installation(home)}


def test_all_is_well(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checked = found(home)
    assert all(check.good for check in checked.values()), checked
    assert "labels lead_unit" in checked["champion"].found
    assert main(["doctor", "--home", str(home)]) == 0
    assert capsys.readouterr().out.startswith("ok   python")


def test_it_changes_nothing(tmp_path: Path) -> None:
    checked = found(tmp_path / "a" / "home")
    assert checked["home"].good
    assert "will be made" in checked["home"].found
    assert "none yet" in checked["champion"].found
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_champion_is_bad_and_says_what_to_do(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Registry(home).champion_folder()
    assert folder
    (folder / "settings.json").write_text("{}", "utf-8")
    assert main(["doctor", "--home", str(home), "--json"]) == 1
    out = json.loads(capsys.readouterr().out)
    champion = next(check for check in out if check["name"] == "champion")
    assert not champion["good"]
    assert "settings.json was changed" in champion["found"]
    assert "fenban models rollback" in champion["remedy"]
    shutil.rmtree(folder)
    assert "is not in the registry" in found(home)["champion"].found


def test_a_champion_file_of_nonsense_is_told(home: Path) -> None:
    (home / "registry" / "champion.json").write_text("[]", "utf-8")
    assert "champion.json: cannot be read" in found(home)["champion"].found


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = importlib.metadata.version

    def version(name: str) -> str:
        if name == "openpyxl":
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    check = found(tmp_path)["libraries"]
    assert not check.good
    assert check.remedy == "pip install openpyxl"
    assert "numpy" in check.found


def test_too_little_space_and_old_python(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(checks, "_LEAST_FREE", 1 << 62)
    monkeypatch.setattr("sys.version_info", (3, 10))
    checked = found(tmp_path)
    assert not checked["disk"].good
    assert not checked["python"].good


def test_a_home_that_cannot_be_written_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(checks.tempfile, "TemporaryFile", refuse)
    check = found(tmp_path)["home"]
    assert not check.good
    assert "Permission denied" in check.found
    assert "--home" in check.remedy


def test_missing_data_are_told_and_the_rest_is_still_checked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def gone(_: str) -> None:
        raise KeyError("topics.csv")

    monkeypatch.setattr("fenban.model.shipped.table", gone)
    checked = found(tmp_path)
    assert not checked["data"].good
    assert checked["libraries"].good
