"""Frames computed by a Dask cluster: on this computer or on many.

Nothing else in the package imports Dask, and this only where it is asked for:

    with local_workers(4) as frames:
        glnet_geo.classify("scene.tif", "landcover.gpkg", frames=frames)
"""
