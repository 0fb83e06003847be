"""glnet-geo evaluate."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glnet_geo.commands.console import ProgressKind, print_json, shown_progress
from glnet_geo.commands.option_types import Place, file_argument
from glnet_geo.commands.options import how_to_classify, json_option, output_options
from glnet_geo.errors import EvaluationError, OptionError

if TYPE_CHECKING:
    from glnet_geo.assess.assessment import Evaluation, MapEstimate
    from glnet_geo.io.pictures.assessment import AssessmentPicture

_OF_MAPS = ("reference", "field", "confidence")
_OF_BOTH = ("map", "reference_legend", "ignore", "leave_out")
_READ = ("map", "reference", "confidence", "reference_legend")


@click.command()
@click.argument("map", type=Place(), required=False, metavar="[MAP]")
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
    "--reference-legend",
    type=file_argument(),
    metavar="FILE.json",
    help="What values or colours of a reference raster or of --labels mean, and which to leave out: a class file, as "
    "train --legend takes it. Default: what they say themselves, and the colours of the map's classes.",
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="CLASS",
    help="A reference class (name, number or '#rrggbb') to leave out. May be repeated.",
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
@how_to_classify
@output_options
@json_option
def evaluate(
    out_json: Path | None,
    picture: Path | None,
    overwrite: bool,  # noqa: FBT001 - click passes flags by name
    progress: ProgressKind,
    quiet: bool,  # noqa: FBT001 - as above
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
      glnet-geo evaluate --model mine.safetensors --images tiles/ --labels masks/ --reference-legend classes.json

    \b
    Exit codes: 0 done, 2 wrong use, 3 map or image, 4 model, 5 output, 8 evaluation, 130 stopped.
    """
    from glnet_geo.io.files.small_files import write_text
    from glnet_geo.io.files.staging import check_output
    from glnet_geo.io.pictures.assessment import require_picture

    _check_use(options)
    outputs = [path for path in (out_json, picture) if path is not None]
    _refuse_to_replace(outputs, options)
    if out_json is not None:
        check_output(out_json, [".json"], overwrite=overwrite)
    if picture is not None:
        require_picture(picture, overwrite=overwrite)
    _refuse_to_replace_pairs(outputs, options)
    assess = _assessment(options)
    with shown_progress(progress, quiet=quiet) as shown:
        evaluation = assess(progress=shown)
    if out_json is not None:
        write_text(out_json, json.dumps(asdict(evaluation), ensure_ascii=False, indent=1) + "\n")
    if picture is not None:
        _draw(picture, evaluation)
    if as_json:
        print_json(asdict(evaluation))
    elif not quiet:
        from glnet_geo.commands.evaluation_table import print_evaluation

        print_evaluation(evaluation, outputs)


def _refuse_to_replace(outputs: Sequence[Path], options: dict[str, Any]) -> None:
    """Refuse outputs that would replace a file that is named."""
    from glnet_geo.io.scenes.source_files import refuse_to_replace

    for path in outputs:
        refuse_to_replace(path, **{name: options[name] for name in _READ}, area_of_interest=options["aoi"])


def _refuse_to_replace_pairs(outputs: Sequence[Path], options: dict[str, Any]) -> None:
    """Refuse outputs that would replace an image or a label map in the folders that are named."""
    from glnet_geo.io.labelled_data.pair_files import find_pairs
    from glnet_geo.io.scenes.source_files import refuse_to_replace

    there = [path for path in outputs if path.exists()]
    if options["images"] is None or not there:
        return
    for image, label in find_pairs(options["images"], options["labels"], error=EvaluationError):
        for path in there:
            refuse_to_replace(path, image=image, label_map=label)


def _check_use(options: dict[str, Any]) -> None:
    """Refuse what is missing, and options that have no effect."""
    ctx = click.get_current_context()
    given = [
        param.name
        for param in ctx.command.params
        if param.name in options
        and param.name not in _OF_BOTH
        and ctx.get_parameter_source(param.name) not in {None, click.core.ParameterSource.DEFAULT}
    ]
    if options["map"] is not None:
        if options["reference"] is None:
            raise OptionError("--reference is missing: give what is true, a class raster, polygons or points")
        _refuse([name for name in given if name not in _OF_MAPS], "with MAP")
        _check_reference(options, given)
        return
    missing = [f"--{name}" for name in ("images", "labels") if options[name] is None]
    if len(missing) == 1:
        raise OptionError(f"{missing[0]} is missing: a model is assessed on --images and their --labels")
    if missing:
        raise OptionError(
            "MAP is missing: name the map to assess and --reference, or give --images and --labels to assess a model"
        )
    _refuse([name for name in given if name in _OF_MAPS], "without MAP")


def _check_reference(options: dict[str, Any], given: Sequence[str]) -> None:
    """Refuse options that mean nothing for the kind of the reference."""
    from glnet_geo.assess.maps import is_vector

    if is_vector(options["reference"]):
        if options["reference_legend"] is not None:
            _refuse(["reference_legend"], "with a vector file, whose --field tells the classes")
    else:
        _refuse([name for name in given if name == "field"], "with a reference raster")


def _refuse(names: Sequence[str], where: str) -> None:
    """Refuse options that have no effect."""
    if not names:
        return
    flags = [f"--{name.replace('_', '-')}" for name in names]
    if len(flags) == 1:
        raise OptionError(f"{flags[0]} means nothing {where}: leave it out")
    raise OptionError(f"{', '.join(flags[:-1])} and {flags[-1]} mean nothing {where}: leave them out")


def _assessment(options: dict[str, Any]) -> Callable[..., Evaluation]:
    """What tells how good it is; it takes the progress."""
    both = {
        "reference_legend": options.pop("reference_legend"),
        "ignore": options.pop("ignore"),
        "leave_out": options.pop("leave_out") or None,
    }
    mapped, images, labels = (options.pop(name) for name in ("map", "images", "labels"))
    of_map = {name: options.pop(name) for name in _OF_MAPS}
    if mapped is not None:
        from glnet_geo.assess.maps import evaluate as run

        return partial(run, mapped, **of_map, **both)
    from glnet_geo.assess.models import evaluate_model
    from glnet_geo.plan import Options

    return partial(evaluate_model, images, labels, options=Options(**options), **both)


def _draw(path: Path, evaluation: Evaluation) -> None:
    from glnet_geo.io.pictures.assessment import AssessmentPicture, write_picture

    calibration, estimate = evaluation.calibration, evaluation.estimate
    drawn = AssessmentPicture(
        title=evaluation.map,
        names=[c.name for c in evaluation.scores.classes],
        confusion=[[count / max(sum(row), 1) for count in row] for row in evaluation.scores.confusion],
        heading="percent of each row (pixels)",
        curve=None
        if calibration is None
        else [(one.confidence, one.accuracy, one.share) for one in calibration.bins],
        calibration_error=None if calibration is None else calibration.expected_calibration_error,
    )
    write_picture(path, drawn if estimate is None else _weighted(drawn, estimate))


def _weighted(picture: AssessmentPicture, estimate: MapEstimate) -> AssessmentPicture:
    """The picture of a sample: its rows are no recall, so classes are weighted by their areas."""
    from glnet_geo.commands.evaluation_table import area_unit

    factor, unit = area_unit(estimate)
    untold = [estimate.covered < 1 and c.area.value is None for c in estimate.classes]
    part = "" if estimate.covered == 1 else f"the labelled {estimate.covered:.1%} of "
    return replace(
        picture,
        confusion=[
            [float("nan") if untold[row] or untold[col] else share for col, share in enumerate(shares)]
            for row, shares in enumerate(estimate.proportions)
        ],
        heading=f"percent of {part}the map (from points)",
        areas=[
            (c.mapped_area * factor, _times(c.area.value, factor), _times(c.area.half_width, factor))
            for c in estimate.classes
        ],
        area_unit=unit if estimate.covered == 1 else f"{unit} (true: in that part alone)",
    )


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
