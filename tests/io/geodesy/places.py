"""CRSs of many kinds, and places in them."""

from __future__ import annotations

from rasterio.crs import CRS

UTM = CRS.from_epsg(32633)
MERCATOR = CRS.from_epsg(3857)
DEGREES = CRS.from_epsg(4326)
FEET = CRS.from_epsg(2229)
"""California, zone 5, in US survey feet."""
POLAR = CRS.from_epsg(3413)
ANTARCTIC = CRS.from_epsg(3031)
NO_PLACE = CRS.from_wkt('LOCAL_CS["a drawing board",UNIT["metre",1]]')

PLACES = {
    "UTM": (UTM, 500_000.0, 5_300_000.0),
    "UTM beside its zone": (UTM, 900_000.0, 6_900_000.0),
    "Web Mercator": (MERCATOR, 1_100_000.0, 8_400_000.0),
    "US feet": (FEET, 6_500_000.0, 1_850_000.0),
    "polar": (POLAR, 300_000.0, -900_000.0),
}
