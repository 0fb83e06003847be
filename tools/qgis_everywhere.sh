#!/usr/bin/env bash
# The tests of the plugin in every QGIS of the archives of Debian: tools/qgis_everywhere.sh FOLDER [pytest's arguments]
# Each QGIS lives in a Debian of its own below FOLDER (about 3 GB), which is made unless it is there; the one that this
# system has is used as it is. Needs root, debootstrap and a network. GLNET_GEO_PYTHON names the engine's Python, which
# must lie outside /usr: another Debian has another one there. The table that docs/qgis.md shows is printed in the end.
set -euo pipefail
cd "$(dirname "$0")/.."
folder="$(mkdir -p "$1" && cd "$1" && pwd)"
shift
engine="${GLNET_GEO_PYTHON:-$PWD/.venv/bin/python}"
archive="${DEBIAN_ARCHIVE:-http://deb.debian.org/debian}"
versions='from osgeo import gdal; from qgis.core import Qgis; from qgis.PyQt.QtCore import qVersion; import sys
print(Qgis.QGIS_VERSION.split("-")[0], sys.version.split()[0], qVersion(), gdal.__version__, sep=" | ")'

# make FOLDER SUITE FROM: a Debian with the QGIS of a suite or of its backports.
make() {
  [ -e "$1/usr/bin/qgis.bin" ] && return
  debootstrap --variant=minbase --include=ca-certificates "$2" "$1" "$archive"
  echo "deb $archive $3 main" >"$1/etc/apt/sources.list.d/qgis.list"
  cp /etc/resolv.conf "$1/etc/resolv.conf"
  chroot "$1" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive chroot "$1" apt-get install -y -qq --no-install-recommends -t "$3" \
    qgis python3-qgis python3-venv
}

# inside FOLDER COMMAND: run it there, with this project and the engine in their places; no mount is left behind.
inside() {
  local root="$1" places
  shift
  places="$("$engine" -c 'import os, sys
places = {os.getcwd(), sys.prefix, sys.base_prefix, "/etc/ssl", *filter(os.path.isdir, sys.path)}
places = sorted(place for place in places if not place.startswith("/usr"))
print(*(p for p in places if not any(p.startswith(o + "/") for o in places)), sep="\n")')"
  # shellcheck disable=SC2016 # the shell inside fills these in
  ROOT="$root" PLACES="$places" unshare --mount bash -euc '
    while read -r place; do mkdir -p "$ROOT$place" && mount --bind "$place" "$ROOT$place"; done <<<"$PLACES"
    mount -t proc proc "$ROOT/proc" && mount --bind /dev "$ROOT/dev"
    exec chroot "$ROOT" bash -euc '\''cd "$0" && exec "$@"'\'' "$PWD" "$@"' bash "$@"
}

table=""
for each in "3.22 bookworm bookworm" "3.40 bookworm bookworm-backports" "3.44 trixie trixie-backports"; do
  read -r version suite from <<<"$each"
  run=(env)
  if ! /usr/bin/python3 -c "$versions" 2>/dev/null | grep -q "^$version"; then
    make "$folder/qgis-$version" "$suite" "$from" >"$folder/make-$version.log" 2>&1
    run=(inside "$folder/qgis-$version" env)
  fi
  log="$folder/tests-$version.log"
  "${run[@]}" GLNET_GEO_PYTHON="$engine" .ci/qgis "$@" >"$log" 2>&1 || echo "QGIS $version: see $log" >&2
  told="$("${run[@]}" QT_QPA_PLATFORM=offscreen /usr/bin/python3 -c "$versions" 2>/dev/null)"
  table+="| $told | $(grep -E '[0-9]+ (passed|failed|error)' "$log" | tail -n 1 | sed 's/ in .*//; s/^=* *//') |"$'\n'
done
printf '| QGIS | Python | Qt | GDAL | tests |\n|---|---|---|---|---|\n%s' "$table"
