"""Class rasters, ours or anybody's: written, described, and read again."""
