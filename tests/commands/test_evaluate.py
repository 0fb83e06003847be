from __future__ import annotations

import json
import sys
from pathlib import Path

import geopandas
import numpy as np
import pytest
from affine import Affine

from glnet_geo.commands import run
from glnet_geo.io.pictures import assessment as assessment_picture
from glnet_geo.io.pictures import figures
from tests.commands.outcome import failed
from tests.maps import blurred, patches, write_map
from tests.rasters import write_plain
from tests.scenes import texture, write_model, write_scene

TRUE = patches()
MAPPED = blurred(TRUE)


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_map(tmp_path_factory.mktemp("map") / "map.tif", MAPPED)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_map(tmp_path_factory.mktemp("reference") / "ref.tif", TRUE)


def test_a_person_reads_tables_and_sentences(
    mapped: Path, reference: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", str(mapped), "--reference", str(reference)]) == 0
    out = capsys.readouterr().out
    right = (TRUE == MAPPED).mean()
    assert f"Right: {right:.1%} of what was compared." in out
    assert "bare land" in out
    assert "Recall: how much of a class is mapped as one." in out


def test_a_machine_reads_json(
    tmp_path: Path, mapped: Path, reference: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report.json"
    arguments = ["evaluate", str(mapped), "--reference", str(reference), "--json", "--out-json", str(out)]
    assert run([*arguments, "--progress", "none"]) == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert told == json.loads(out.read_text(encoding="utf-8"))
    assert told["scores"]["accuracy"] == pytest.approx((TRUE == MAPPED).mean())
    assert told["scores"]["classes"][2]["name"] == "vegetation"
    assert told["estimate"] is None
    assert captured.err == ""


def test_ten_minutes_from_sample_to_areas(
    tmp_path: Path, mapped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    points = tmp_path / "points.gpkg"
    assert run(["sample", str(mapped), "--per-class", "20", "--out", str(points)]) == 0
    assert "Next: choose the true class" in capsys.readouterr().out
    code, sentence = failed(capsys, "evaluate", mapped, "--reference", points)
    assert code == 8
    assert "nothing in points.gpkg is labelled" in sentence
    table = geopandas.read_file(points, layer="points")
    table["class"] = table["map_class_name"]
    table.loc[:4, "class"] = "Water"
    table.loc[5:6, "class"] = None
    table.to_file(points, layer="points")
    assert run(["evaluate", str(mapped), "--reference", str(points)]) == 0
    out = capsys.readouterr().out
    assert "true area, ha" in out
    assert "of the map (95 % confidence interval)" in out
    assert "Left out: 2 points without a label." in out
    assert run(["evaluate", str(mapped), "--reference", str(points), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["estimate"]["unit"] == "m2"
    assert told["estimate"]["classes"][0]["area"]["half_width"] > 0


def test_sample_as_json(tmp_path: Path, mapped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sample", str(mapped), "--out", str(tmp_path / "p.gpkg"), "--json", "--seed", "3"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["points"] for one in told["strata"]] == [50, 50, 50]
    assert told["seed"] == 3


@pytest.mark.parametrize(("side", "words"), [(0.05, "mapped, m²"), (10, "mapped, ha"), (1000, "mapped, km²")])
def test_areas_are_told_in_a_unit_of_their_size(
    tmp_path: Path, side: float, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place = Affine(side, 0, 300_000, 0, -side, 2_700_000)
    small = write_map(tmp_path / "map.tif", MAPPED, transform=place)
    points = tmp_path / "points.gpkg"
    assert run(["sample", str(small), "--per-class", "20", "--out", str(points), "-q"]) == 0
    table = geopandas.read_file(points, layer="points")
    table["class"] = table["map_class_name"]
    table.to_file(points, layer="points")
    assert run(["evaluate", str(small), "--reference", str(points)]) == 0
    assert words in capsys.readouterr().out


def test_points_never_replace_a_file_that_is_there(
    tmp_path: Path, mapped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    points = tmp_path / "p.gpkg"
    points.write_text("precious")
    code, sentence = failed(capsys, "sample", mapped, "--out", points)
    assert code == 5
    assert "p.gpkg exists: add --overwrite to replace it" in sentence
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("p.gpkg", "precious")]


def test_a_model_is_assessed_on_a_data_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = write_model(tmp_path / "tiny.safetensors")
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    write_scene(tmp_path / "images" / "a.tif", texture(100, 90))
    write_plain(tmp_path / "labels" / "a.png", texture(100, 90, bands=1)[0] * 0)
    arguments = ["evaluate", "--model", str(model), "--images", str(tmp_path / "images")]
    arguments += ["--labels", str(tmp_path / "labels"), "--device", "cpu", "--progress", "none"]
    assert run(arguments) == 0
    out = capsys.readouterr().out
    assert "on 1 image of" in out
    assert "expected calibration error" in out


def test_a_picture(tmp_path: Path, mapped: Path, reference: Path) -> None:
    pytest.importorskip("matplotlib", reason="pictures are an extra")
    picture = tmp_path / "report.png"
    assert run(["evaluate", str(mapped), "--reference", str(reference), "--picture", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_picture_of_points_is_weighted_by_area(
    tmp_path: Path, mapped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib", reason="pictures are an extra")
    points, report = tmp_path / "points.gpkg", tmp_path / "report.json"
    assert run(["sample", str(mapped), "--per-class", "20", "--out", str(points), "-q"]) == 0
    table = geopandas.read_file(points, layer="points")
    table["class"] = table["map_class_name"]
    table.loc[::4, "class"] = "water"
    table.to_file(points, layer="points")
    drawn: list[assessment_picture.AssessmentPicture] = []
    monkeypatch.setattr(assessment_picture, "write_picture", lambda _, drawing: drawn.append(drawing))
    more = ["--picture", str(tmp_path / "p.png"), "--out-json", str(report), "-q"]
    assert run(["evaluate", str(mapped), "--reference", str(points), *more]) == 0
    estimate = json.loads(report.read_text(encoding="utf-8"))["estimate"]
    assert np.array(drawn[0].confusion) == pytest.approx(np.array(estimate["proportions"]))
    assert drawn[0].heading == "percent of the map (from points)"
    assert drawn[0].areas is not None
    assert drawn[0].areas[0][1] == pytest.approx(estimate["classes"][0]["area"]["value"] / 1e4)


def test_a_picture_without_its_library_is_refused_at_once(
    tmp_path: Path,
    mapped: Path,
    reference: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(figures, "find_spec", lambda _: None)
    picture = tmp_path / "report.png"
    code, sentence = failed(capsys, "evaluate", mapped, "--reference", reference, "--picture", picture)
    assert code == 2
    assert "pip install 'glnet_geo[report]'" in sentence


def test_pictures_are_drawn_with_a_library_that_is_imported_only_then(mapped: Path, reference: Path) -> None:
    import subprocess

    code = (
        "import sys; from glnet_geo.commands import run;"
        f"run(['evaluate', {str(mapped)!r}, '--reference', {str(reference)!r}, '--json']);"
        "print('matplotlib' in sys.modules, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False False"


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (["--reference", "none.tif"], 8, "none.tif does not exist"),
        ([], 2, "--reference is missing"),
        (["--reference", "r.tif", "--images", "."], 2, "--images means nothing with MAP: leave it out"),
        (
            ["--reference", "r.tif", "--images", ".", "--labels", ".", "--exact"],
            2,
            "--images, --labels and --exact mean nothing with MAP: leave them out",
        ),
        (["--reference", "r.tif", "--field", "a"], 2, "--field means nothing with a reference raster"),
        (["--reference", "r.gpkg", "--reference-legend", "c.json"], 2, "nothing with a vector file"),
        (
            ["--reference", "r.tif", "--model", "urban", "--bands", "1"],
            2,
            "--model and --bands mean nothing with MAP: leave them out",
        ),
        (["--reference", "r.tif", "--out-json", "x.txt"], 5, "no known suffix: use .json"),
        (["--reference", "r.tif", "--out-json", "nowhere/x.json"], 5, "does not exist"),
    ],
)
def test_wrong_use_is_one_sentence(
    mapped: Path, capsys: pytest.CaptureFixture[str], more: list[str], code: int, words: str
) -> None:
    found, sentence = failed(capsys, "evaluate", mapped, *more)
    assert found == code
    assert words in sentence


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "MAP is missing: name the map to assess and --reference, or give --images and --labels"),
        (["--reference", "r.tif"], "MAP is missing"),
        (["--images", "."], "--labels is missing"),
        (["--labels", "."], "--images is missing"),
        (
            ["--images", ".", "--labels", ".", "--reference", "r.tif", "--field", "a"],
            "--reference and --field mean nothing without MAP: leave them out",
        ),
    ],
)
def test_without_a_map_images_and_labels_are_needed(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    code, sentence = failed(capsys, "evaluate", *arguments)
    assert (code, words in sentence) == (2, True), sentence


def test_a_reference_is_never_written_over(
    tmp_path: Path, mapped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reference = tmp_path / "ref.json"
    reference.write_text("labels that took a day", encoding="utf-8")
    more = ["--reference", reference, "--out-json", reference, "--overwrite"]
    code, sentence = failed(capsys, "evaluate", mapped, *more)
    assert (code, "would replace the reference, which this job reads" in sentence) == (5, True)
    assert reference.read_text(encoding="utf-8") == "labels that took a day"


@pytest.mark.parametrize(("kind", "what"), [("images", "image"), ("labels", "label map")])
def test_a_picture_is_never_written_over_what_a_model_is_assessed_on(
    tmp_path: Path, kind: str, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason="pictures are an extra")
    for name, pixels in (("images", texture(9, 9)), ("labels", np.zeros((9, 9), np.uint8))):
        (tmp_path / name).mkdir()
        write_plain(tmp_path / name / "a.png", pixels)
    picture = tmp_path / kind / "a.png"
    before = picture.read_bytes()
    more = ["--images", tmp_path / "images", "--labels", tmp_path / "labels"]
    code, sentence = failed(capsys, "evaluate", *more, "--picture", picture, "--overwrite")
    assert (code, f"would replace the {what}, which this job reads" in sentence) == (5, True), sentence
    assert picture.read_bytes() == before


def test_a_report_is_never_written_over_the_area_of_interest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    area = tmp_path / "area.json"
    area.write_text("drawn by hand", encoding="utf-8")
    more = ["--images", tmp_path, "--labels", tmp_path, "--aoi", area, "--out-json", area, "--overwrite"]
    code, sentence = failed(capsys, "evaluate", *more)
    assert (code, "would replace the area of interest" in sentence) == (5, True), sentence
    assert area.read_text(encoding="utf-8") == "drawn by hand"


@pytest.mark.parametrize("command", ["evaluate", "sample"])
def test_quiet_says_nothing(
    tmp_path: Path, mapped: Path, reference: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--reference", str(reference)] if command == "evaluate" else ["--out", str(tmp_path / "p.gpkg")]
    assert run([command, str(mapped), *more, "-q"]) == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_existing_reports_are_kept(
    tmp_path: Path, mapped: Path, reference: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report.json"
    out.write_text("mine", encoding="utf-8")
    code, sentence = failed(capsys, "evaluate", mapped, "--reference", reference, "--out-json", out)
    assert (code, out.read_text(encoding="utf-8")) == (5, "mine")
    assert "--overwrite" in sentence
    arguments = ["evaluate", str(mapped), "--reference", str(reference), "--out-json", str(out)]
    assert run([*arguments, "--overwrite"]) == 0
    assert out.read_text(encoding="utf-8").startswith("{")


@pytest.mark.parametrize("command", ["evaluate", "sample"])
def test_help_has_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"glnet-geo {command} map.tif" in out
    assert "Exit codes:" in out
