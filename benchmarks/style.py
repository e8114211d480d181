"""The proportions of the house: sizes of files and functions, types, folders, cycles, imports.

Run ``python benchmarks/style.py`` in a checkout; nothing has to be installed. The limits are those of
CONTRIBUTING.md; ``tests/test_structure.py`` holds them.
"""

from __future__ import annotations

import ast
import statistics
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("model", "training", "serving", "benchmarks")
FACES = ("fenban.model", "fenban.training")  # packages that others import from through ``__init__.pyi`` alone
MODULES_A_FOLDER, FILE, MEDIAN_FILE, FUNCTION, MEDIAN_FUNCTION, NINE_OF_TEN = 14, 400, 110, 70, 12, 35


@dataclass(frozen=True, slots=True)
class Import:
    """One import of a module of ours: the module, the name taken (None: itself), how it is hidden."""

    target: str
    name: str | None
    hidden: str  # "", "local" (inside a function) or "type" (for type checkers alone)


@dataclass(slots=True)
class Module:
    """One file: its dotted name, its lines, its functions with their lines, and what it imports of ours."""

    name: str
    path: Path
    lines: int
    functions: dict[str, int] = field(default_factory=dict)
    untyped: list[str] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)


def dotted_name(path: Path) -> str:
    """Return the dotted name of a file of the checkout."""
    parts = ["fenban", *path.relative_to(ROOT).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def read_modules() -> dict[str, Module]:
    """Read all modules of the rooms; migrations are loaded by path and may import absolutely."""
    paths = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    names = {dotted_name(path) for path in paths}
    return {module.name: module for module in (_read(path, names) for path in paths)}


def _read(path: Path, names: set[str]) -> Module:
    text = path.read_text("utf-8")
    module = Module(dotted_name(path), path, len(text.splitlines()))
    tree = ast.parse(text)
    for name, function in _functions(tree, ""):
        module.functions[name] = (function.end_lineno or function.lineno) - function.lineno + 1
        if _lacks_types(function, is_method="." in name):
            module.untyped.append(name)
    module.imports = list(_imports(tree, module, names, ""))
    return module


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}{child.name}", child
        name = getattr(child, "name", None)
        inner = f"{prefix}{name}." if isinstance(name, str) else prefix
        yield from _functions(child, inner)


def _lacks_types(function: ast.FunctionDef | ast.AsyncFunctionDef, *, is_method: bool) -> bool:
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    if is_method and arguments and arguments[0].arg in ("self", "cls"):
        arguments = arguments[1:]
    return function.name != "__init__" and (
        function.returns is None or any(argument.annotation is None for argument in arguments)
    )


def _imports(node: ast.AST, module: Module, names: set[str], hidden: str) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        inner = hidden
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = "local"
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            inner = "type"
        elif isinstance(child, ast.ImportFrom):
            source = _source_of(child, module)
            if source.split(".")[0] == "fenban":
                for alias in child.names:
                    whole = f"{source}.{alias.name}"
                    is_module = whole in names
                    yield Import(whole if is_module else source, None if is_module else alias.name, hidden)
        elif isinstance(child, ast.Import):
            yield from (Import(a.name, None, hidden) for a in child.names if a.name in names)
        yield from _imports(child, module, names, inner)


def _source_of(statement: ast.ImportFrom, module: Module) -> str:
    if not statement.level:
        return statement.module or ""
    package = module.name.split(".")
    if module.path.name != "__init__.py":
        package = package[:-1]
    package = package[: len(package) - (statement.level - 1)]
    return ".".join([*package, *([statement.module] if statement.module else [])])


def find_cycles(modules: dict[str, Module]) -> list[list[str]]:
    """Return the groups of modules that import each other in a circle, whatever hides the imports."""
    arrows = {
        name: sorted({found.target for found in module.imports if found.target in modules} - {name})
        for name, module in modules.items()
    }
    return [sorted(group) for group in _strongly_connected(arrows) if len(group) > 1]


def _strongly_connected(arrows: dict[str, list[str]]) -> Iterator[list[str]]:
    """Yield strongly connected components (Tarjan, 1972, https://doi.org/10.1137/0201010)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []

    def visit(name: str) -> Iterator[list[str]]:
        index[name] = low[name] = len(index)
        stack.append(name)
        for target in arrows[name]:
            if target not in index:
                yield from visit(target)
                low[name] = min(low[name], low[target])
            elif target in stack:
                low[name] = min(low[name], index[target])
        if low[name] == index[name]:
            place = stack.index(name)
            group = stack[place:]
            del stack[place:]
            yield group

    for name in arrows:
        if name not in index:
            yield from visit(name)


def crowded_folders() -> dict[str, int]:
    """Return the folders with too many modules, those of tests and of the pages' scripts included."""
    counts: Counter[str] = Counter()
    for room in (*ROOMS, "tests"):
        for pattern in ("*.py", "*.js"):
            for path in (ROOT / room).rglob(pattern):
                if path.name not in ("__init__.py", "conftest.py"):
                    counts[path.parent.relative_to(ROOT).as_posix()] += 1
    return {folder: count for folder, count in counts.items() if count > MODULES_A_FOLDER}


def local_imports(modules: dict[str, Module]) -> list[str]:
    """Return the imports of our own modules that stand inside functions."""
    return [
        f"{module.name} -> {found.target}"
        for module in modules.values()
        for found in module.imports
        if found.hidden == "local"
    ]


def imports_past_a_face(modules: dict[str, Module]) -> list[str]:
    """Return the imports that reach into another package instead of taking what its face offers."""
    past = []
    for module in modules.values():
        room = ".".join(module.name.split(".")[:2])
        if room == "fenban.benchmarks":
            continue  # it measures what is inside
        for found in module.imports:
            face = ".".join(found.target.split(".")[:2])
            whole_module = found.name is None and found.target.count(".") == 2
            if face in FACES and face != room and found.target != face and not whole_module:
                past.append(f"{module.name} -> {found.target}")
    return past


def figures(modules: dict[str, Module]) -> dict[str, float | int]:
    """Return the figures of the house."""
    files = [module.lines for module in modules.values()]
    functions = [lines for module in modules.values() for lines in module.functions.values()]
    return {
        "modules": len(files),
        "lines, median file": statistics.median(files),
        "lines, longest file": max(files),
        "functions": len(functions),
        "lines, median function": statistics.median(functions),
        "lines, nine of ten functions": statistics.quantiles(functions, n=10)[-1],
        "lines, longest function": max(functions),
        "functions without types": sum(len(module.untyped) for module in modules.values()),
        "folders over 14 modules": len(crowded_folders()),
        "cycles": len(find_cycles(modules)),
        "function-local imports of our own": len(local_imports(modules)),
        "imports past a public face": len(imports_past_a_face(modules)),
    }


def _print_all(title: str, lines: Iterable[str]) -> None:
    for line in lines:
        print(f"  {title}: {line}")


def main() -> None:
    """Print the figures, and by name whatever is over a limit."""
    modules = read_modules()
    for name, value in figures(modules).items():
        print(f"{name:36} {value:g}")
    _print_all("long file", (f"{m.name} {m.lines}" for m in modules.values() if m.lines > FILE))
    _print_all(
        "long function",
        (f"{m.name}.{f} {n}" for m in modules.values() for f, n in m.functions.items() if n > FUNCTION),
    )
    _print_all("without types", (f"{m.name}.{f}" for m in modules.values() for f in m.untyped))
    _print_all("crowded", (f"{folder} {count}" for folder, count in crowded_folders().items()))
    _print_all("cycle", (", ".join(group) for group in find_cycles(modules)))
    _print_all("local import", local_imports(modules))
    _print_all("past a face", imports_past_a_face(modules))


if __name__ == "__main__":
    main()
