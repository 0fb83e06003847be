"""What is true, and a map of it that is not all right."""

from __future__ import annotations

from tests.maps import blurred, patches

TRUE = patches()
MAPPED = blurred(TRUE)
