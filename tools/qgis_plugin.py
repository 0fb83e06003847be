"""Makes the zip of the QGIS plugin that its repository accepts: python tools/qgis_plugin.py dist/.

Needs no git and no QGIS. With lrelease (qttools5-dev-tools) at hand, translations are compiled anew; without it those that
lie beside them are taken.
"""

from __future__ import annotations

import ast
import configparser
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from pathlib import Path

PLUGIN = Path(__file__).resolve().parents[1] / "qgis_plugin" / "glnet_land_cover"
CONTEXT = "GlnetLandCover"
_KEPT = {".py", ".txt", ".svg", ".png", ".html", ".qm", ""}
_NEEDED = (
    "name", "qgisMinimumVersion", "description", "about", "version", "author", "email", "repository", "tracker"
)  # fmt: skip
_MOST_BYTES = 200_000
# Every zip of the same files is the same zip.
_WHEN = (2026, 1, 1, 0, 0, 0)


def main(folder: Path) -> Path:
    """Write the zip into a folder; returns its path."""
    for problem in metadata_problems():
        sys.exit(f"metadata.txt: {problem}")
    for source in sorted((PLUGIN / "i18n").glob("*.ts")):
        missing = update_translation(source)
        if missing:
            sys.exit(f"{source.name} lacks {len(missing)} sentences, such as: {missing[0]}")
        compiler = shutil.which("lrelease")
        if compiler:
            subprocess.run([compiler, "-silent", str(source)], check=True)  # noqa: S603 - our own files
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{PLUGIN.name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        for file in files():
            name = zipfile.ZipInfo(f"{PLUGIN.name}/{file.relative_to(PLUGIN).as_posix()}", _WHEN)
            name.external_attr = 0o644 << 16
            made.writestr(name, file.read_bytes(), zipfile.ZIP_DEFLATED)
    if path.stat().st_size > _MOST_BYTES:
        sys.exit(f"{path} has {path.stat().st_size} bytes, and {_MOST_BYTES} are allowed")
    print(f"{path}: {path.stat().st_size} bytes")
    return path


def files() -> list[Path]:
    """What belongs into the zip."""
    return [
        path
        for path in sorted(PLUGIN.rglob("*"))
        if path.is_file()
        and path.suffix in _KEPT
        and not any(part.startswith((".", "__pycache__")) for part in path.relative_to(PLUGIN).parts)
    ]


def metadata_problems() -> Iterator[str]:
    """What the plugin repository would refuse."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(PLUGIN / "metadata.txt", encoding="utf-8")
    general = dict(parser["general"])
    for name in _NEEDED:
        if not general.get(name.lower(), "").strip():
            yield f"{name} is missing"
    if general["name"].lower().replace(" ", "_") != PLUGIN.name:
        yield f"its name {general['name']!r} does not fit its folder {PLUGIN.name}"
    if not (PLUGIN / general["icon"]).is_file():
        yield f"its icon {general['icon']} is missing"


def sentences() -> list[str]:
    """Every text that the plugin translates, once, in the order of the files."""
    found: dict[str, None] = {}
    for path in sorted(PLUGIN.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr":
                argument = node.args[0]
                if isinstance(argument, ast.Constant):
                    found[str(argument.value)] = None
    return list(found)


def update_translation(path: Path) -> list[str]:
    """Bring a .ts up to date with the code; returns the sentences that it does not translate."""
    known = {}
    for message in ET.parse(path).iter("message"):  # noqa: S314 - our own file
        known[message.findtext("source", "")] = message.findtext("translation", "")
    root = ET.Element("TS", version="2.1", language=path.stem.rsplit("_", 1)[1], sourcelanguage="en")
    context = ET.SubElement(root, "context")
    ET.SubElement(context, "name").text = CONTEXT
    missing = []
    for sentence in sentences():
        message = ET.SubElement(context, "message")
        ET.SubElement(message, "source").text = sentence
        translation = ET.SubElement(message, "translation")
        translation.text = known.get(sentence, "")
        if not translation.text:
            translation.set("type", "unfinished")
            missing.append(sentence)
    ET.indent(root)
    path.write_text(
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n' + ET.tostring(root, "unicode") + "\n",
        "utf-8",
    )
    return missing


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("dist"))
