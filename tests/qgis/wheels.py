"""Folders of wheels to install engines from: a stand-in that answers, and the real one on the libraries that are here."""

from __future__ import annotations

import json
import re
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.qgis.conftest import ALL_COMMANDS, FAKE_ENGINE, ROOT

_ABOUT = """
import json, sys
from importlib.metadata import version
names = json.loads(sys.argv[1])
folders = [each for each in sys.path if each.endswith("-packages")]
print(json.dumps({"base": sys._base_executable, "folders": folders, "versions": {name: version(name) for name in names}}))
"""


EXTRA = "library_of_reports"
"""That the stand-in needs for what its extra ``report`` adds."""


def stand_in(folder: Path, version: str = "9.9", *, broken: bool = False) -> Path:
    """An engine that answers as the real one does, and makes no maps; a broken one ends without a word."""
    folder.mkdir()
    code = FAKE_ENGINE.replace("PROTOCOL", "1").replace("COMMANDS", repr(ALL_COMMANDS))
    code = code.replace('"self_test": None', '"self_test": {"device": "stand-in", "seconds": 1}')
    start = "import sys; sys.argv.insert(1, 'glnet_geo')\n" + code.replace("JOB", "print('{}')").replace(
        "9.9", version
    )
    files = {
        "glnet_geo/__init__.py": b"",
        "glnet_geo/__main__.py": b"import sys; sys.exit(3)" if broken else start.encode(),
    }
    _write(folder, "glnet_geo", version, files, [f'{EXTRA}; extra == "report"'], extras=("report",))
    _write(folder, EXTRA, "1", {f"{EXTRA}.py": b""})
    return folder


def real(folder: Path, python: str) -> tuple[Path, str]:
    """This project as a wheel, and in place of the libraries that it needs wheels that point to those of another Python.

    Args:
        folder: to make.
        python: that has the libraries.

    Returns:
        The folder, and the Python that these libraries are made for.
    """
    folder.mkdir()
    version, requirements = _project()
    needed = [re.split(r"[^\w.-]", requirement)[0] for requirement in requirements]
    asked = subprocess.run(
        [python, "-I", "-c", _ABOUT, json.dumps(needed)], capture_output=True, text=True, check=True
    )
    about = json.loads(asked.stdout)
    package = {
        str(path.relative_to(ROOT)): path.read_bytes()
        for path in sorted((ROOT / "glnet_geo").rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    _write(folder, "glnet_geo", version, package, requirements)
    pointer = {"libraries-of-the-test.pth": "\n".join(about["folders"]).encode()}
    for number, (name, found) in enumerate(about["versions"].items()):
        _write(folder, name, found, pointer if number == 0 else {})
    return folder, about["base"]


def _project() -> tuple[str, list[str]]:
    """Version and requirements of this project; the Python of older QGIS cannot read TOML by itself."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    version = re.search(r'^version = "(.*)"$', text, re.MULTILINE)
    block = re.search(r"^dependencies = \[$(.*?)^\]$", text, re.MULTILINE | re.DOTALL)
    assert version is not None
    assert block is not None
    return version[1], re.findall(r'"([^"]+)"', block[1])


def _write(
    folder: Path,
    name: str,
    version: str,
    files: Mapping[str, bytes],
    requirements: Sequence[str] = (),
    *,
    extras: Sequence[str] = (),
) -> None:
    name = name.replace("-", "_")
    about = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {each}\n" for each in requirements)
    needs += "".join(f"Provides-Extra: {each}\n" for each in extras)
    whole = {
        **files,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}".encode(),
        f"{about}/WHEEL": b"Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{file},,\n" for file in whole) + f"{about}/RECORD,,\n"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for file, content in {**whole, f"{about}/RECORD": record.encode()}.items():
            wheel.writestr(file, content)
