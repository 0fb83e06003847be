"""The plugin in real QGIS; run with QGIS's own Python: make test-qgis."""
