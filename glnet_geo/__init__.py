"""Wall-to-wall land-cover maps from any GeoTIFF, of any size, on any machine, in bounded memory."""
