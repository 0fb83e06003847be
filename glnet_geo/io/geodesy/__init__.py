"""How large pixels and polygons are on the ground, whatever the CRS."""
