"""Starts the command line from a checkout: ``python cli.py classify scene.tif --out landcover.gpkg``."""

from glnet_geo.commands import main

if __name__ == "__main__":
    main()
