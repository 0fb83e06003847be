"""What is right, as people have it: rasters, polygons or points that a map is compared with."""
