"""``python -m glnet_geo`` is ``glnet-geo``."""

from glnet_geo.commands import main

if __name__ == "__main__":
    main()
