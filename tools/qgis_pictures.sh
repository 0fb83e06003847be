#!/usr/bin/env bash
# Pictures of the plugin in the QGIS desktop, under Xvfb: tools/qgis_pictures.sh FOLDER
# GLNET_GEO_PYTHON names the engine's Python.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
out="$(mkdir -p "$1" && cd "$1" && pwd)"
home="$(mktemp -d)"
trap 'kill "$screen" 2>/dev/null || true; rm -rf "$home"' EXIT
mkdir -m 700 "$home/run" && mkdir "$home/maps"
# Pictures show paths: those of this machine are nobody's business.
cp "$root/sample_data/scene.tif" "$home/scene.tif"
mkdir -p "$home/engine/bin"
printf '#!/bin/sh\nexec "%s" "$@"\n' "$GLNET_GEO_PYTHON" >"$home/engine/bin/python"
chmod +x "$home/engine/bin/python"
profile="$home/.local/share/QGIS/QGIS3/profiles/default/QGIS"
mkdir -p "$profile"
printf '[PythonPlugins]\nprocessing=true\nglnet_land_cover=true\n[qgis]\ncheckVersion=false\nshowTips=false\n' >"$profile/QGIS3.ini"
Xvfb :97 -screen 0 1600x1000x24 -dpi 96 >/dev/null 2>&1 &
screen=$!
sleep 2
cd "$home"
env -u PYTHONPATH -u PYTHONHOME HOME="$home" XDG_RUNTIME_DIR="$home/run" DISPLAY=:97 QT_QPA_PLATFORM=xcb \
  LC_ALL="${LC_ALL:-C.UTF-8}" QGIS_PLUGINPATH="$root/qgis_plugin" \
  GLNET_GEO_PYTHON="$home/engine/bin/python" GLNET_PICTURES="$out" GLNET_SCENE="$home/scene.tif" GLNET_MAPS="$home/maps" \
  timeout 300 qgis.bin --nologo --noversioncheck --nocustomization --code "$root/tools/qgis_pictures.py"

# A palette of their own makes the files a third of the size.
"$GLNET_GEO_PYTHON" - "$out" <<'END'
import sys
from pathlib import Path

from PIL import Image

for path in Path(sys.argv[1]).glob("qgis-*.png"):
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(96, dither=Image.Dither.NONE)
    small.save(path, optimize=True)
END
