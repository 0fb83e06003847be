"""The pictures of a training and of an assessment: refused early, for the same reasons, and written whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from glnet_geo.errors import OptionError, OutputError
from glnet_geo.io.pictures import figures
from glnet_geo.io.pictures.assessment import AssessmentPicture, require_picture, write_picture
from glnet_geo.io.pictures.curves import draw_curves, require_curves

_REQUIRE: list[tuple[Callable[..., None], str]] = [
    (require_curves, "--curves"),
    (require_picture, "--picture"),
]


@pytest.mark.parametrize(("require", "option"), _REQUIRE)
def test_what_cannot_be_drawn_is_refused_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, require: Callable[..., None], option: str
) -> None:
    with pytest.raises(OutputError, match=r"p\.svg has no known suffix: use \.png$"):
        require(tmp_path / "p.svg", overwrite=False)
    with pytest.raises(OutputError, match="does not exist: create it"):
        require(tmp_path / "absent" / "p.png", overwrite=False)
    monkeypatch.setattr(figures, "find_spec", lambda _: None)
    with pytest.raises(OptionError, match=rf"{option} needs .*\[report\]', or leave {option} out"):
        require(tmp_path / "p.png", overwrite=False)


@pytest.mark.parametrize(("require", "_option"), _REQUIRE)
def test_a_picture_that_is_there_is_replaced_where_that_is_asked_for(
    tmp_path: Path, require: Callable[..., None], _option: str
) -> None:
    pytest.importorskip("matplotlib", reason="pictures are an extra")
    (tmp_path / "p.png").touch()
    with pytest.raises(OutputError, match="--overwrite"):
        require(tmp_path / "p.png", overwrite=False)
    require(tmp_path / "p.png", overwrite=True)


def _draw_picture(path: Path) -> None:
    drawing = AssessmentPicture(title="map", names=["a"], confusion=[[1.0]], heading="percent of each row")
    write_picture(path, drawing)


@pytest.mark.parametrize("draw", [_draw_picture, lambda path: draw_curves(path, [], "training")])
def test_a_picture_that_cannot_be_finished_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, draw: Callable[[Path], None]
) -> None:
    figure = pytest.importorskip("matplotlib.figure", reason="pictures are an extra")
    path = tmp_path / "p.png"
    path.write_text("old")

    def full(_figure: object, path: Path, **_how: object) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(figure.Figure, "savefig", full)
        with pytest.raises(OutputError, match=r"p\.png could not be written \(No space left"):
            draw(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    draw(path)
    assert path.read_bytes().startswith(b"\x89PNG")
