"""A static STAC catalogue of maps: what each shows, where it lies, and how it was made."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from affine import Affine
from rasterio.crs import CRS
from shapely.geometry import mapping

from glnet_geo.core.legend import NODATA, Legend
from glnet_geo.core.listing import counted
from glnet_geo.errors import OptionError
from glnet_geo.io.files.staging import is_raster
from glnet_geo.io.geodesy.ground import ground_sample_distance
from glnet_geo.io.maps.footprint import Footprint, together
from glnet_geo.io.maps.stac_folder import COLLECTION, MARK, check_folder, replacing_folder
from glnet_geo.io.scenes.source import is_remote

if TYPE_CHECKING:
    import pystac

_EXTENSIONS = {
    prefix: f"https://stac-extensions.github.io/{name}/v{version}/schema.json"
    for prefix, name, version in (
        ("proj", "projection", "2.0.0"),
        ("raster", "raster", "2.0.0"),
        ("classification", "classification", "2.0.0"),
        ("processing", "processing", "1.2.0"),
    )
}
"""Addresses of the extensions that are used, by the prefix of their fields."""

_MEDIA = {
    ".tif": "image/tiff; application=geotiff; profile=cloud-optimized",
    ".tiff": "image/tiff; application=geotiff; profile=cloud-optimized",
    ".gpkg": "application/geopackage+sqlite3",
    ".fgb": "application/vnd.flatgeobuf",
    ".parquet": "application/vnd.apache.parquet",
    ".geojson": "application/geo+json",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MapEntry:
    """A map that the catalogue lists.

    Attributes:
        name: its identifier.
        files: of the map; at least one.
        sources: paths or addresses that it was made of.
        height: rows.
        width: columns.
        transform: pixel (col, row) to map coordinates.
        crs: of the map.
        footprint: where it lies on the ground.
        taken: when the imagery was taken, at one or several moments; none where that is unknown.
        made: when the map was made.
    """

    name: str
    files: tuple[Path, ...]
    sources: tuple[str, ...]
    height: int
    width: int
    transform: Affine
    crs: CRS
    footprint: Footprint
    taken: tuple[datetime, ...]
    made: datetime

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The first and the last moment that it shows; that of making where no other is known."""
        moments = self.taken or (self.made,)
        return min(moments), max(moments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """What made the maps.

    Attributes:
        version: of this package.
        model: name.
        sha256: of its package.
        credit: whom to thank.
        license: of the model, as SPDX says it.
        legend: names and colours.
    """

    version: str
    model: str
    sha256: str
    credit: str
    license: str
    legend: Legend


def require_pystac() -> None:
    """Refuse to begin without the package that writes catalogues.

    Raises:
        OptionError: it is not installed.
    """
    try:
        import pystac  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise OptionError(
            "a STAC catalogue needs pystac, which is not installed: pip install 'glnet_geo[stac]'"
        ) from error


def write_catalogue(folder: Path, entries: Sequence[MapEntry], maker: Maker) -> Path:
    """Write a static catalogue, which appears whole; one that was there before is replaced.

    Args:
        folder: of the catalogue; made where it is missing.
        entries: at least one.
        maker: what made them.

    Returns:
        Its ``collection.json``.

    Raises:
        OutputError: the folder cannot be written, or holds something else.
    """
    import pystac

    check_folder(folder)
    folder = folder.resolve()
    items = [_item(entry, maker) for entry in entries]
    collection = _collection(folder.name or "landcover", entries, maker)
    for item in items:
        collection.add_item(item)
    with replacing_folder(folder) as new:
        # Links count from where the catalogue will lie.
        collection.normalize_hrefs(str(folder))
        for item in items:
            item.make_asset_hrefs_relative()
        collection.save(catalog_type=pystac.CatalogType.SELF_CONTAINED, dest_href=str(new))
    return folder / COLLECTION


def _collection(name: str, entries: Sequence[MapEntry], maker: Maker) -> pystac.Collection:
    """A collection of some maps, without its items."""
    import pystac

    bounds = list(together([entry.footprint.bounds for entry in entries]))
    times = [moment for entry in entries for moment in entry.span]
    return pystac.Collection(
        id=name,
        title="Land cover",
        description=f"Land cover mapped by glnet_geo {maker.version} with the model {maker.model}.",
        extent=pystac.Extent(
            pystac.SpatialExtent([bounds]), pystac.TemporalExtent([[min(times), max(times)]])
        ),
        license="other",
        extra_fields={MARK: maker.version},
    )


def _item(entry: MapEntry, maker: Maker) -> pystac.Item:
    import pystac

    first, last = entry.span
    item = pystac.Item(
        id=entry.name,
        geometry=mapping(entry.footprint.shape),
        bbox=list(entry.footprint.bounds),
        datetime=first if first == last else None,
        start_datetime=None if first == last else first,
        end_datetime=None if first == last else last,
        properties={
            "created": _text(entry.made),
            "processing:software": {"glnet_geo": maker.version},
            "processing:level": "L3",
            "processing:lineage": (
                f"Classified by glnet_geo {maker.version} with the model {maker.model} (sha256 {maker.sha256}) from "
                f"{counted(len(entry.sources), 'raster')}."
            ),
            "glnet:model": maker.model,
            "glnet:model_sha256": maker.sha256,
            "glnet:model_credit": maker.credit,
            "glnet:model_license": maker.license,
            **_projection(entry),
        },
    )
    pixel = ground_sample_distance(entry)
    for source in entry.sources:
        item.add_link(pystac.Link(rel="derived_from", target=_address(source), media_type="image/tiff"))
    for file in entry.files:
        item.add_asset(_key(file), _asset(file, maker.legend, pixel))
    fields = [*item.properties, *(field for asset in item.assets.values() for field in asset.extra_fields)]
    used = {field.partition(":")[0] for field in fields}
    item.stac_extensions = [url for prefix, url in _EXTENSIONS.items() if prefix in used]
    return item


def _asset(file: Path, legend: Legend, pixel: tuple[float, float] | None) -> pystac.Asset:
    import pystac

    fields: dict[str, Any] = {}
    if is_raster(file):
        sure = _is_confidence(file)
        fields |= {
            "bands": [{"name": "confidence" if sure else "landcover"}],
            "data_type": "uint8",
            "nodata": NODATA,
            "raster:sampling": "area",
        }
        # In metres, whatever the units of the map.
        fields |= {} if pixel is None else {"raster:spatial_resolution": round(float(np.mean(pixel)), 4)}
        fields |= {"unit": "%"} if sure else {}
        if not sure:
            fields["classification:classes"] = [dict(one) for one in _classes(legend)]
    return pystac.Asset(
        href=str(file.resolve()),
        title=file.name,
        media_type=_MEDIA[file.suffix.lower()],
        roles=["data"],
        extra_fields=fields,
    )


def _classes(legend: Legend) -> Iterator[Mapping[str, object]]:
    for one in legend:
        yield {
            "value": one.id,
            "name": re.sub(r"[^0-9A-Za-z-]+", "_", one.name),
            "title": one.name,
            "description": one.name,
            "color_hint": one.color.lstrip("#").upper(),
        }
    yield {
        "value": NODATA,
        "name": "nodata",
        "description": "nothing was classified here",
        "nodata": True,
    }


def _projection(entry: MapEntry) -> dict[str, object]:
    code = entry.crs.to_authority()
    height, width = entry.height, entry.width
    corners = np.array(
        [entry.transform @ corner for corner in ((0, 0), (width, 0), (width, height), (0, height))]
    )
    fields: dict[str, object] = {
        "proj:code": None if code is None else ":".join(code),
        "proj:shape": [height, width],
        "proj:transform": list(entry.transform)[:6],
        "proj:bbox": [*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist()],
    }
    if code is None:
        fields["proj:wkt2"] = entry.crs.to_wkt(version="WKT2_2019")
    return fields


def _is_confidence(file: Path) -> bool:
    return file.stem.endswith("_confidence")


def _key(file: Path) -> str:
    return "confidence" if _is_confidence(file) else f"landcover_{file.suffix.lower().lstrip('.')}"


def _address(source: str) -> str:
    if is_remote(source) or source.startswith("/vsi"):
        # What follows may be a secret.
        return source.partition("?")[0]
    return Path(source).resolve().as_uri()


def _text(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
