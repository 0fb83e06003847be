"""Arrows never return: every import of the package is one that its layer may make."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "glnet_geo"

ARRAYS = {"numpy", "affine", "shapely"}
LEARNING = {"torch", "timm", "safetensors", "pydantic", "platformdirs", "PIL"}
FILES = {
    "rasterio",
    "pyogrio",
    "geopandas",
    "pandas",
    "pyproj",
    "pyarrow",
    "PIL",
    "matplotlib",
    "fsspec",
    "pystac",
    "typing_extensions",
}
TERMINAL = {"click", "rich", "typing_extensions"}

# What a layer may import: parts of this package, and packages of others. "top" are the modules right in the
# package, which know the way of the data; "public" is the package itself, the list of its names. "replacing" is how
# all that write files let them appear.
MAY_IMPORT: dict[str, tuple[set[str], set[str]]] = {
    "errors": (set(), set()),
    "replacing": ({"errors"}, set()),
    "core": ({"core", "errors"}, ARRAYS),
    "model": ({"model", "core", "errors", "replacing"}, {"numpy"} | LEARNING),
    "io": ({"io", "core", "errors", "replacing"}, ARRAYS | FILES),
    "training": (
        {"training", "model", "io", "core", "errors", "replacing"},
        {"numpy", "torch", "torchvision", "safetensors", "typing_extensions"},
    ),
    "top": ({"top", "public", "training", "model", "io", "core", "errors"}, ARRAYS | LEARNING | FILES),
    "cluster": (
        {"cluster", "top", "public", "model", "io", "core", "errors"},
        {"numpy", "dask", "distributed", "typing_extensions"},
    ),
    "batching": ({"batching", "top", "public", "model", "io", "core", "errors"}, ARRAYS),
    "assess": ({"assess", "top", "public", "model", "io", "core", "errors"}, ARRAYS),
    "commands": (
        {
            "commands",
            "batching",
            "cluster",
            "assess",
            "top",
            "public",
            "training",
            "model",
            "io",
            "core",
            "errors",
        },
        {"numpy"} | TERMINAL,
    ),
    "public": ({"assess", "batching", "top", "training", "model", "core", "errors"}, set()),
}
# The folders of a layer, each of which may import what comes before it; "" are the modules right in the layer.
WITHIN = {
    "core": ("", "accuracy", "small_areas", "polygons"),
    "io": (
        "files",
        "work_folder",
        "geodesy",
        "scenes",
        "maps",
        "polygons",
        "labelled_data",
        "references",
        "pictures",
    ),
}
# What takes long to import, and is never needed to show a help text.
SLOW = {
    "torch",
    "torchvision",
    "timm",
    "rasterio",
    "geopandas",
    "pandas",
    "pyogrio",
    "shapely",
    "pydantic",
    "matplotlib",
    "dask",
    "distributed",
    "fsspec",
    "pystac",
}

MODULES = sorted(PACKAGE.rglob("*.py"))


def _layer(module: str) -> str:
    """The layer of a dotted name inside the package."""
    part = module.split(".")[1] if "." in module else "public"
    if part == "__main__":
        return "commands"
    return part if part in MAY_IMPORT else "top"


def _folder(module: str, layer: str) -> str:
    """The folder of a dotted name inside its layer."""
    part = module.split(".")[2]
    return part if part in WITHIN[layer] else ""


def _dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every import under a node."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import hides its layer"
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"


def _at_once(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Imports that happen when the module is imported: not those inside functions or for types only."""
    for statement in tree.body:
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            continue
        if not isinstance(statement, ast.FunctionDef | ast.ClassDef):
            yield from _imports(statement)


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@pytest.mark.parametrize("path", MODULES, ids=_dotted)
def test_a_module_imports_only_what_its_layer_may(path: Path) -> None:
    layer = _layer(_dotted(path))
    parts, packages = MAY_IMPORT[layer]
    for line, name in _imports(_parsed(path)):
        package = name.split(".")[0]
        where = f"{path.relative_to(ROOT)}:{line} ({layer}) imports {name}"
        if package == "glnet_geo":
            assert _layer(name) in parts, where
        else:
            assert package in packages or package in sys.stdlib_module_names, where


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if _layer(_dotted(path)) in WITHIN and len(_dotted(path).split(".")) > 2],
    ids=_dotted,
)
def test_a_folder_of_a_layer_imports_only_those_before_it(path: Path) -> None:
    layer = _layer(_dotted(path))
    order = WITHIN[layer]
    for line, name in _imports(_parsed(path)):
        if name.startswith(f"glnet_geo.{layer}."):
            where = f"{path.relative_to(ROOT)}:{line} imports {name}"
            assert order.index(_folder(name, layer)) <= order.index(_folder(_dotted(path), layer)), where


@pytest.mark.parametrize(
    "path", [PACKAGE / "__init__.py", *sorted((PACKAGE / "commands").glob("*.py"))], ids=_dotted
)
def test_a_help_text_waits_for_nothing_heavy(path: Path) -> None:
    for line, name in _at_once(_parsed(path)):
        assert name.split(".")[0] not in SLOW, f"{path.name}:{line} imports {name} at once"


def test_nothing_heavy_comes_with_the_commands_by_a_detour() -> None:
    commands = [_dotted(path) for path in (PACKAGE / "commands").glob("*.py")]
    code = f"import sys, {', '.join(commands)}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not SLOW & set(done.stdout.split())


def test_what_is_imported_is_declared() -> None:
    tomllib = pytest.importorskip("tomllib", reason="this Python cannot read pyproject.toml")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [
        *project["dependencies"],
        *extras["parquet"],
        *extras["report"],
        *extras["batch"],
        *extras["stac"],
    ]
    declared = {re.split(r"[<>=\[ ]", one, maxsplit=1)[0].replace("-", "_") for one in wanted}
    imported = {name.split(".")[0] for path in MODULES for _, name in _imports(_parsed(path))}
    foreign = imported - sys.stdlib_module_names - {"glnet_geo"}
    # pandas comes with geopandas, which hands its tables out.
    assert {"pillow" if name == "PIL" else name for name in foreign} - {"pandas"} <= declared


def test_the_rules_know_every_folder_of_a_layer() -> None:
    for layer, folders in WITHIN.items():
        found = {path.parent.name for path in (PACKAGE / layer).glob("*/__init__.py")}
        assert found == {folder for folder in folders if folder}


def test_the_rules_know_every_layer() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    assert folders == MAY_IMPORT.keys() - {"top", "public", "errors", "replacing"}
    assert (_layer("glnet_geo.core.grid"), _layer("glnet_geo.pipeline"), _layer("glnet_geo")) == (
        "core",
        "top",
        "public",
    )
