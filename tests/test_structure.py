"""The proportions of the house, and imports that any tool can follow."""

from __future__ import annotations

import pytest

from fenban.benchmarks import style


@pytest.fixture(scope="module")
def modules() -> dict[str, style.Module]:
    return style.read_modules()


def test_files_and_functions_stay_small(modules: dict[str, style.Module]) -> None:
    found = style.figures(modules)
    assert found["lines, median file"] <= style.MEDIAN_FILE
    assert found["lines, longest file"] <= style.FILE
    assert found["lines, median function"] <= style.MEDIAN_FUNCTION
    assert found["lines, nine of ten functions"] <= style.NINE_OF_TEN
    assert found["lines, longest function"] <= style.FUNCTION


def test_every_function_is_typed(modules: dict[str, style.Module]) -> None:
    assert [f"{module.name}.{name}" for module in modules.values() for name in module.untyped] == []


def test_no_folder_is_crowded() -> None:
    assert style.crowded_folders() == {}


def test_no_modules_import_each_other_in_a_circle(modules: dict[str, style.Module]) -> None:
    assert style.find_cycles(modules) == []


def test_other_packages_are_entered_through_their_face(modules: dict[str, style.Module]) -> None:
    assert style.imports_past_a_face(modules) == []


def test_no_function_hides_an_import_of_ours(modules: dict[str, style.Module]) -> None:
    # what a new process unpickles must load in no time; the module says how long
    found = [line for line in style.local_imports(modules) if not line.startswith("fenban.serving.worker ")]
    assert found == []


def test_imports_inside_a_package_are_relative(modules: dict[str, style.Module]) -> None:
    absolute = [
        f"{module.name}: {line.strip()}"
        for module in modules.values()
        if "migrations" not in module.name  # alembic loads them by path
        for line in module.path.read_text("utf-8").splitlines()
        if line.lstrip().startswith(f"from {'.'.join(module.name.split('.')[:2])}.")
    ]
    assert absolute == []
