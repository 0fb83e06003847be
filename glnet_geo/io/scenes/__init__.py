"""Imagery, read in windows: one raster, or tiles that are one."""
