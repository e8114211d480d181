"""The registry: who did what and why, nothing half done, and two processes at once."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import filelock
import pytest

from fenban.model import artifact
from fenban.model.case import Case, Submission
from fenban.model.errors import FenbanError, InputError, ModelFolderError
from fenban.training.registry import models as registry_module
from fenban.training.registry.models import ChampionChangedError, Registry, mask_case
from fenban.training.tables.records import build_case_record, read_case

if TYPE_CHECKING:
    from pathlib import Path

    from fenban.model.artifact.folder import ModelContent
    from fenban.model.router import Router


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "home")


def variant(router: Router, seed: int) -> ModelContent:
    """Return a model that differs from others in its manifest alone."""
    return replace(router.content, facts={**router.content.facts, "seed": seed})


def three(registry: Registry, router: Router) -> list[str]:
    return [registry.add(variant(router, seed), [], "wei", f"seed {seed}") for seed in range(3)]


def actions(registry: Registry) -> list[tuple[str, str]]:
    return [(line["action"], line["version"]) for line in registry.history()]


def test_an_empty_registry(registry: Registry) -> None:
    assert registry.champion() is None
    assert registry.champion_folder() is None
    assert registry.entries() == []
    assert registry.history() == []
    assert not registry.folder.exists()  # looking makes nothing


def test_every_change_has_an_actor_and_a_reason(registry: Registry, tiny_router: Router) -> None:
    first, second, _ = three(registry, tiny_router)
    assert registry.promote(first[:6], "li", "better") == first
    registry.promote(second, "wang", "better still")
    assert registry.rollback("zhao", "complaints") == first
    registry.note("refuse", second, "li", "too few")
    lines = registry.history()
    assert [(line["action"], line["actor"], line["why"]) for line in lines[3:]] == [
        ("promote", "li", "better"),
        ("promote", "wang", "better still"),
        ("rollback", "zhao", "complaints"),
        ("refuse", "li", "too few"),
    ]
    assert all(line["at"].endswith("+00:00") for line in lines)
    assert registry.champion() == first


def test_rollback_goes_back_step_by_step_and_no_further(registry: Registry, tiny_router: Router) -> None:
    first, second, third = three(registry, tiny_router)
    with pytest.raises(InputError, match="no earlier champion"):
        registry.rollback("li", "x")
    for version in (first, second, third):
        registry.promote(version, "li", "x")
    assert registry.rollback("li", "x") == second
    assert registry.rollback("li", "x") == first
    with pytest.raises(InputError, match="no earlier champion"):
        registry.rollback("li", "x")
    registry.promote(third, "li", "x")
    assert registry.rollback("li", "x") == first


def test_adding_the_same_model_again_keeps_it(registry: Registry, tiny_router: Router) -> None:
    version = registry.add(tiny_router.content, [], "li", "x")
    assert registry.add(tiny_router.content, [], "li", "again") == version
    assert [entry.version for entry in registry.entries()] == [version]
    assert actions(registry) == [("add", version)] * 2


def test_adding_a_model_again_mends_a_damaged_copy(registry: Registry, tiny_router: Router) -> None:
    version = registry.add(tiny_router.content, [], "li", "x")
    (registry.model_folder(version) / "settings.json").write_text("{}", "utf-8")
    with pytest.raises(ModelFolderError):
        registry.promote(version, "li", "x")
    assert registry.champion() is None
    registry.add(tiny_router.content, [], "li", "again")
    assert registry.promote(version, "li", "x") == version


def test_a_damaged_model_is_listed_as_such(registry: Registry, tiny_router: Router) -> None:
    first, second, _ = three(registry, tiny_router)
    (registry.model_folder(second) / "manifest.json").write_text("{", "utf-8")
    entries = {entry.version: entry for entry in registry.entries()}
    assert "manifest.json cannot be read" in entries[second].problem
    assert entries[first].problem == ""
    assert entries[first].cases == 40


def test_entries_are_in_the_order_of_their_making_and_files_are_no_models(
    registry: Registry, tiny_router: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = three(registry, tiny_router)
    (registry.folder / "models" / "Thumbs.db").touch()
    (registry.folder / "models" / ".new-left-over").mkdir()
    assert {entry.version for entry in registry.entries()} == set(versions)
    registry.promote(versions[1], "li", "x")
    assert [entry.version for entry in registry.entries() if entry.champion] == [versions[1]]


def test_versions_by_their_beginning(
    registry: Registry, tiny_router: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = three(registry, tiny_router)[0]
    assert registry.model_folder(version[:5]).name == version
    with pytest.raises(InputError, match="is not in the registry"):
        registry.model_folder("zz")
    with pytest.raises(InputError, match="is not in the registry"):
        registry.model_folder("")
    monkeypatch.setattr(Registry, "_versions", lambda _: ["ab1", "ab2"])
    with pytest.raises(InputError, match="several models"):
        registry.model_folder("ab")


def test_cases_are_kept_masked_and_come_back_as_they_were(registry: Registry, tiny_router: Router) -> None:
    case = Case(
        Submission("请回电13877112233，青秀区路灯不亮", "标题"),
        topic="市政公用/路灯照明",
        lead_unit="甲局",
        co_units=("乙局",),
        transfers=0,
    )
    version = registry.add(tiny_router.content, [case], "li", "x")
    path = registry.folder / "cases" / f"{version}.jsonl"
    assert "13877112233" not in path.read_text("utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600  # citizens' words are not for every account
    assert registry.cases_of(version) == [mask_case(case)]
    assert mask_case(mask_case(case)) == mask_case(case)
    assert read_case(build_case_record(case)) == case


def test_missing_and_damaged_cases_are_named(registry: Registry, tiny_router: Router) -> None:
    version = registry.add(tiny_router.content, [Case(Submission("路灯不亮"))], "li", "x")
    path = registry.folder / "cases" / f"{version}.jsonl"
    with path.open("a", encoding="utf-8") as target:
        target.write('{"no": "text"}\n')
    with pytest.raises(InputError, match=r"jsonl: line 2 is no case"):
        registry.cases_of(version)
    path.unlink()
    with pytest.raises(InputError, match="is missing"):
        registry.cases_of(version)


def test_odd_characters_in_a_reason_stay_one_line(registry: Registry, tiny_router: Router) -> None:
    version = registry.add(tiny_router.content, [], "li", "a\nb\u2028c\x85d")
    registry.note("refuse", version, "li", "\ud800")
    lines = registry.history()
    assert [line["why"] for line in lines] == ["a\nb\u2028c\x85d", "?"]


def test_a_line_that_a_crash_cut_short_spoils_nothing(registry: Registry, tiny_router: Router) -> None:
    first, second, _ = three(registry, tiny_router)
    registry.promote(first, "li", "x")
    with (registry.folder / "history.jsonl").open("a", encoding="utf-8") as history:
        history.write('{"at": "2026-')
    registry.promote(second, "li", "y")
    assert [action for action, _ in actions(registry)] == ["add"] * 3 + ["promote", "damaged", "promote"]
    assert registry.rollback("li", "z") == first


def test_a_champion_file_of_nonsense_is_an_error_that_promoting_mends(
    registry: Registry, tiny_router: Router
) -> None:
    version = three(registry, tiny_router)[0]
    (registry.folder / "champion.json").write_text("{", "utf-8")
    with pytest.raises(InputError, match=r"champion.json: cannot be read"):
        registry.champion()
    assert len(registry.entries()) == 3
    registry.promote(version, "li", "x")
    assert registry.champion() == version


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_other_accounts_read_nothing_of_it(registry: Registry, tiny_router: Router) -> None:
    registry.promote(three(registry, tiny_router)[0], "li", "x")
    others = stat.S_IRWXG | stat.S_IRWXO
    made = [registry.folder, *registry.folder.rglob("*")]
    assert [path for path in made if path.stat().st_mode & others and path.name != ".lock"] == []


def test_a_promotion_that_another_one_overtook_is_refused(registry: Registry, tiny_router: Router) -> None:
    first, second, third = three(registry, tiny_router)
    registry.promote(first, "li", "x")
    registry.promote(second, "wang", "meanwhile", instead_of=first)
    with pytest.raises(ChampionChangedError, match=f"from {first} to {second}"):
        registry.promote(third, "li", "x", instead_of=first)
    assert registry.champion() == second


def test_a_failure_while_writing_leaves_the_old_champion(
    registry: Registry, tiny_router: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, _ = three(registry, tiny_router)
    registry.promote(first, "li", "x")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(registry_module.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        registry.promote(second, "li", "x")
    assert registry.champion() == first
    assert not list(registry.folder.glob(".champion*"))


def test_a_lock_that_is_never_let_go_is_told(
    registry: Registry, tiny_router: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = three(registry, tiny_router)[0]
    monkeypatch.setattr(registry_module, "_PATIENCE", 0.05)
    with (
        filelock.FileLock(registry.folder / ".lock"),
        pytest.raises(FenbanError, match="another process"),
    ):
        registry.promote(version, "li", "x")
    assert registry.champion() is None


def test_only_one_makes_the_first_model_and_the_other_waits(registry: Registry) -> None:
    order: list[str] = []
    waiting = threading.Event()

    def other() -> None:
        with registry.starting(waiting.set):
            order.append("other")

    with registry.starting(lambda: order.append("never")):
        thread = threading.Thread(target=other)
        thread.start()
        assert waiting.wait(10)
        order.append("first")
    thread.join(10)
    assert order == ["first", "other"]


_HAMMER = """
import sys
from pathlib import Path
from dataclasses import replace
from fenban.model import artifact
from fenban.training.registry.models import Registry
registry, content = Registry(Path(sys.argv[1])), artifact.load(Path(sys.argv[2]))
for n in range(8):
    seed = int(sys.argv[3]) * (n % 4)
    version = registry.add(replace(content, facts={**content.facts, "seed": seed}), [], sys.argv[3], f"{n}")
    registry.promote(version, sys.argv[3], f"{n}")
"""


@pytest.mark.slow
def test_processes_that_add_and_promote_at_once_corrupt_nothing(
    registry: Registry, tiny_router: Router, tmp_path: Path
) -> None:
    artifact.save(tiny_router.content, tmp_path / "model")
    command: list[Any] = [sys.executable, "-c", _HAMMER, registry.folder.parent, tmp_path / "model"]
    running = [subprocess.Popen([*command, str(n)], stderr=subprocess.PIPE) for n in (1, 2, 3)]
    for process in running:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err.decode()
    lines = registry.history()
    assert len(lines) == 3 * 8 * 2
    assert {line["action"] for line in lines} == {"add", "promote"}
    assert registry.champion() == [line["version"] for line in lines if line["action"] == "promote"][-1]
    assert all(entry.problem == "" for entry in registry.entries())
    for entry in registry.entries():
        artifact.load(registry.model_folder(entry.version))
    json.loads((registry.folder / "champion.json").read_text("utf-8"))
    assert not list((registry.folder / "models").glob(".*"))
