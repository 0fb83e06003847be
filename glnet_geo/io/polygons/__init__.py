"""Vector files: polygons that grow as they come, and polygons that people draw."""
