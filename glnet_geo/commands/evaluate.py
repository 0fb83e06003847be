"""glnet-geo evaluate."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glnet_geo.commands.console import ProgressKind, print_json, shown_progress
from glnet_geo.commands.options import file_argument, how_to_classify, json_option
from glnet_geo.errors import OptionError

if TYPE_CHECKING:
    from glnet_geo.assess.assessment import Evaluation

_OF_MAPS = ("reference", "field", "confidence")
_OF_BOTH = ("map", "ignore", "leave_out")


@click.command()
@click.argument("map", type=str, required=False, metavar="[MAP]")
@click.option(
    "--reference",
    type=str,
    metavar="FILE",
    help="What is true: a class raster, or polygons or points in any CRS.",
)
@click.option(
    "--field",
    default="class",
    show_default=True,
    help="Field of a vector file that holds the class, as name or number.",
)
@click.option(
    "--confidence",
    type=file_argument(),
    metavar="FILE.tif",
    help="How sure the map is (classify --confidence): is it right?",
)
@click.option(
    "--images", type=file_argument(), metavar="DIR", help="Instead of MAP: images that the model classifies."
)
@click.option(
    "--labels", type=file_argument(), metavar="DIR", help="Label maps of these images, of the same names."
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="CLASS",
    help="A reference class (name or number) to leave out. May be repeated.",
)
@click.option(
    "--leave-out",
    multiple=True,
    metavar="CLASS",
    help="A class that stays in the matrix and not in the means. May be repeated. Default: one named unknown.",
)
@click.option("--out-json", type=file_argument(), metavar="FILE.json", help="Also write everything as JSON.")
@click.option(
    "--picture",
    type=file_argument(),
    metavar="FILE.png",
    help="Also draw it (needs pip install 'glnet_geo[report]').",
)
@click.option("--overwrite", is_flag=True, help="Replace existing outputs.")
@how_to_classify
@click.option(
    "--progress",
    type=click.Choice(["auto", "bar", "json", "none"]),
    default="auto",
    show_default=True,
    help="How progress shows on standard error.",
)
@json_option
def evaluate(
    out_json: Path | None,
    picture: Path | None,
    overwrite: bool,  # noqa: FBT001 - click passes flags by name
    progress: ProgressKind,
    as_json: bool,  # noqa: FBT001 - as above
    **options: Any,
) -> None:
    """Tell how good MAP is, or how good a model is on images with label maps.

    Random points (see glnet-geo sample) tell of the whole map: accuracy and true areas with 95 % confidence intervals.

    \b
    Examples:
      glnet-geo evaluate map.tif --reference points.gpkg
      glnet-geo evaluate map.tif --reference truth.tif --confidence sure.tif --picture report.png
      glnet-geo evaluate map.tif --reference fields.geojson --field landuse --out-json report.json
      glnet-geo evaluate --model urban --images tiles/ --labels masks/ --ignore 5

    \b
    Exit codes: 0 done, 2 wrong use, 3 map or image, 4 model, 5 output, 8 evaluation, 130 stopped.
    """
    from glnet_geo.io.assessment_picture import require_picture
    from glnet_geo.io.small_files import write_text
    from glnet_geo.io.staging import check_output

    _check_use(options)
    if out_json is not None:
        check_output(out_json, [".json"], overwrite=overwrite)
    if picture is not None:
        require_picture(picture, overwrite=overwrite)
    with shown_progress(progress, quiet=False) as shown:
        evaluation = _evaluated(options, shown)
    if out_json is not None:
        write_text(out_json, json.dumps(asdict(evaluation), ensure_ascii=False, indent=1) + "\n")
    if picture is not None:
        _draw(picture, evaluation)
    if as_json:
        print_json(asdict(evaluation))
        return
    from glnet_geo.commands.evaluation_table import print_evaluation

    print_evaluation(evaluation, [path for path in (out_json, picture) if path is not None])


def _check_use(options: dict[str, Any]) -> None:
    """Refuse options that do not belong together."""
    ctx = click.get_current_context()
    given = {
        name
        for name in options
        if ctx.get_parameter_source(name) not in {None, click.core.ParameterSource.DEFAULT}
        and name not in _OF_BOTH
    }
    if options["map"] is None:
        missing = [f"--{name}" for name in ("images", "labels") if options[name] is None]
        wrong = given & set(_OF_MAPS)
        if missing:
            raise OptionError(
                f"{' and '.join(missing)} missing: give MAP and --reference, or --images and --labels for a model"
            )
    else:
        if options["reference"] is None:
            raise OptionError("--reference is missing: give what is true, a class raster, polygons or points")
        wrong = given - set(_OF_MAPS)
    if wrong:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in sorted(wrong))
        what = "with MAP" if options["map"] is not None else "without MAP"
        raise OptionError(f"{names} means nothing {what}: leave it out")


def _evaluated(options: dict[str, Any], shown: Any) -> Evaluation:
    both = {"ignore": options.pop("ignore"), "leave_out": options.pop("leave_out") or None, "progress": shown}
    mapped, images, labels = (options.pop(name) for name in ("map", "images", "labels"))
    of_map = {name: options.pop(name) for name in _OF_MAPS}
    if mapped is not None:
        from glnet_geo.assess.maps import evaluate as run

        return run(mapped, **of_map, **both)
    from glnet_geo.assess.models import evaluate_model
    from glnet_geo.plan import Options

    return evaluate_model(images, labels, options=Options(**options), **both)


def _draw(path: Path, evaluation: Evaluation) -> None:
    from glnet_geo.io.assessment_picture import Drawing, write_picture

    calibration = evaluation.calibration
    write_picture(
        path,
        Drawing(
            title=evaluation.map,
            names=[c.name for c in evaluation.scores.classes],
            confusion=evaluation.scores.confusion,
            unit="points" if evaluation.kind == "points" else "pixels",
            curve=None
            if calibration is None
            else [(one.confidence, one.accuracy, one.share) for one in calibration.bins],
            calibration_error=None if calibration is None else calibration.expected_calibration_error,
        ),
    )
