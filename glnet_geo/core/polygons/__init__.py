"""Polygons that fit, from a map that comes in rows: borders traced, simplified and put together."""
