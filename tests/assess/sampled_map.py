"""A map that is sampled, large enough for many points, and what is true."""

from __future__ import annotations

from tests.maps import blurred, patches

TRUE = patches(200, 150, seed=3)
MAPPED = blurred(TRUE)
