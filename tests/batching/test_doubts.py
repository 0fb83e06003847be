"""What tiles are doubtful of is told once; what libraries warn of is left as it is."""

from __future__ import annotations

import warnings

import pytest

from glnet_geo.batching.survey import _doubts_told_once
from glnet_geo.errors import DoubtfulInputWarning


def test_of_doubts_of_one_kind_the_first_is_told() -> None:
    paths = ["/tiles/a.tif", "/tiles/b.tif", "/tiles/c.tif"]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with _doubts_told_once(paths):
            for name in ("a.tif", "b.tif", "c.tif"):
                warnings.warn(f"{name} has no CRS", DoubtfulInputWarning, stacklevel=1)
            warnings.warn("b.tif is dark", DoubtfulInputWarning, stacklevel=1)
    assert [str(warning.message) for warning in told] == [
        "a.tif has no CRS (and so for 2 more tiles)",
        "b.tif is dark",
    ]


def test_another_warning_passes_as_what_it_is() -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with _doubts_told_once(["a.tif"]):
            warnings.warn_explicit("old", DeprecationWarning, "library.py", 7)
            warnings.warn("a.tif is dark", DoubtfulInputWarning, stacklevel=1)
            warnings.warn_explicit("old", DeprecationWarning, "library.py", 8)
    assert [(str(one.message), one.category) for one in told if one.category is not DoubtfulInputWarning] == [
        ("old", DeprecationWarning),
        ("old", DeprecationWarning),
    ]
    assert [(one.filename, one.lineno) for one in told if one.category is DeprecationWarning] == [
        ("library.py", 7),
        ("library.py", 8),
    ]
    assert [str(one.message) for one in told if one.category is DoubtfulInputWarning] == ["a.tif is dark"]


def test_what_is_to_be_ignored_stays_unsaid() -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("ignore", DeprecationWarning)
        with _doubts_told_once(["a.tif"]):
            warnings.warn("old", DeprecationWarning, stacklevel=1)
    assert told == []


def test_what_is_to_be_an_error_is_one() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DeprecationWarning, match="old"), _doubts_told_once(["a.tif"]):
            warnings.warn("old", DeprecationWarning, stacklevel=1)
