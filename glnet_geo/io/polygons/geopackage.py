"""GeoPackages: how they are made, and what they hold beside features: styles, and corrections after the fact."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from glnet_geo.io.files.staging import unwritten

CREATION_OPTIONS = {"VERSION": "1.3"}
"""With which GDAL makes every GeoPackage: newer versions make older readers complain."""

# As QGIS makes it.
_STYLES = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
  f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
)"""
_STYLES_LISTED = """
INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id)
VALUES ('layer_styles', 'attributes', 'layer_styles', '', 0)"""
_STYLE = """
INSERT INTO layer_styles
  (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner)
VALUES ('', '', ?, ?, ?, ?, ?, 1, '', '')"""

_RENAME = """
UPDATE {layer} SET region_id = (SELECT new FROM alias WHERE old = region_id)
WHERE region_id IN (SELECT old FROM alias)"""
_SPATIAL = ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")


def add_style(path: Path, layer: str, name: str, qml: str, sld: str = "") -> None:
    """Put a style inside a GeoPackage that has none, which QGIS applies to a layer on opening.

    Args:
        path: of the GeoPackage.
        layer: name of the layer.
        name: of the style.
        qml: the style as QGIS writes it.
        sld: the same for other programs.

    Raises:
        OutputError: the file cannot be written.
    """
    with _changing(path) as database:
        column = database.execute(
            "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (layer,)
        ).fetchone()[0]
        database.execute(_STYLES)
        database.execute(_STYLES_LISTED)
        database.execute(_STYLE, (layer, column, name, qml, sld))


def rename_regions(path: Path, layer: str, aliases: Mapping[int, int]) -> None:
    """Replace region ids that were given before it was known which regions are one.

    Raises:
        OutputError: the file cannot be written.
    """
    if not aliases:
        return
    with _changing(path) as database:
        for name in _SPATIAL:
            # Triggers of the spatial index name them, though no geometry changes.
            database.create_function(name, 1, lambda _geometry: None)
        database.execute("CREATE TEMP TABLE alias (old INTEGER PRIMARY KEY, new INTEGER)")
        database.executemany("INSERT INTO alias VALUES (?, ?)", aliases.items())
        database.execute(_RENAME.format(layer=layer))


@contextmanager
def _changing(path: Path) -> Iterator[sqlite3.Connection]:
    """A file as a database, for one change that is made whole or not at all."""
    try:
        with closing(sqlite3.connect(path)) as database, database:
            yield database
    except sqlite3.Error as error:
        raise unwritten(path, error) from error
