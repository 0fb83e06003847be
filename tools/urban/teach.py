r"""Labels pictures of UC Merced by what networks of several kinds say of them together, and joins many pictures to one scene.

python -m tools.urban.teach DATA/ucmerced OUT --data WORK --validate t1 --validate t5 --rules WORK/weak \
        --glnet glnet.safetensors --unet unet.safetensors --local local.safetensors

Networks of several kinds are wrong in different places. A global branch that sees few scenes knows them by heart; scenes that are
put together of 64 places show it more. Pictures that hold points of elsewhere.csv are left out: they measure.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import TypeAlias

import click
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from rasterio.errors import NotGeoreferencedWarning
from safetensors.torch import load_file

from glnet_geo.core.grid import Tiling
from glnet_geo.core.window import Window
from glnet_geo.model.architecture import Architecture, light
from glnet_geo.model.glnet import GLNet
from glnet_geo.model.machine import choose_machine
from glnet_geo.model.predict import Predictor
from glnet_geo.training.validation import enlarged
from tools.urban.assemble import IGNORED
from tools.urban.elsewhere import measuring_pictures
from tools.urban.package import FAVOUR, class_shares, read_band
from tools.urban.together import SIDE, Labelled, read_picture, sized, write_together
from tools.urban.train import ARCHITECTURE, CLOSE, LEGEND, NORMALIZATION, SEED, TILING
from tools.urban.unet import new_unet
from tools.urban.weak import print_shares

Teacher: TypeAlias = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Turns a normalised picture (bands, rows, cols) into probabilities (classes, rows, cols)."""

_WHOLE = Window(row=0, col=0, height=SIDE, width=SIDE)
_WEIGHTS = click.Path(path_type=Path, exists=True, dir_okay=False)
_VIEWS = tuple(product((False, True), (0, 1)))
"""Mirrored or not, and quarters that a picture is turned by: a network looks at each from four sides."""


@click.command()
@click.argument("pictures", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True),
    required=True,
    help="holds labels/ of what was learnt",
)
@click.option("--validate", multiple=True, help="scenes that the teachers have not learnt")
@click.option(
    "--glnet", "glnets", multiple=True, type=_WEIGHTS, help="weights of a teacher; give several of any kind"
)
@click.option("--local", "locals_", multiple=True, type=_WEIGHTS, help="of a local branch alone")
@click.option("--unet", "unets", multiple=True, type=_WEIGHTS, help="of a U-Net")
@click.option(
    "--rules",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="holds labels/ of some of the pictures, as tools.urban.weak writes it: where they contradict, nothing is labelled",
)
@click.option(
    "--least", default=0.5, show_default=True, help="probability below which a pixel is not labelled"
)
@click.option("--across", default=8, show_default=True, help="pictures along each side of a scene")
def main(
    pictures: Path,
    out: Path,
    data: Path,
    validate: tuple[str, ...],
    glnets: tuple[Path, ...],
    locals_: tuple[Path, ...],
    unets: tuple[Path, ...],
    rules: Path | None,
    least: float,
    across: int,
) -> None:
    """Write OUT/images/NAME.tif and OUT/labels/NAME.tif, scenes of the PICTURES in random order; what is there stays."""
    warnings.simplefilter("ignore", NotGeoreferencedWarning)
    teachers = [
        *(_glnet(path, ARCHITECTURE, TILING) for path in glnets),
        *(_glnet(path, light(classes=len(LEGEND), sharing="none"), CLOSE) for path in locals_),
        *(_unet(path) for path in unets),
    ]
    if not teachers:
        raise click.UsageError("give at least one of --glnet, --local and --unet")
    scenes = [path.stem for path in sorted((data / "labels").glob("*.tif")) if path.stem not in validate]
    favour = class_shares(data, scenes) ** -FAVOUR
    measuring = measuring_pictures()
    paths = [path for path in sorted(pictures.glob("*/*.jpg")) if path.stem not in measuring]
    order = np.random.default_rng(SEED).permutation(len(paths))
    counts = np.zeros(256, np.int64)
    each = across**2
    for number in range(len(paths) // each):
        name = f"together_{number:02}"
        kept = out / "labels" / f"{name}.tif"
        if kept.exists():
            label = read_band(kept)
        else:
            chosen = [paths[index] for index in order[number * each : (number + 1) * each]]
            label = write_together(
                out, name, (_labelled(path, teachers, favour, least, rules) for path in chosen), across
            )
        counts += np.bincount(label.ravel(), minlength=256)
        print(number + 1, "of", len(paths) // each, flush=True)
    print_shares(counts)


def agreed(
    teachers: Sequence[Teacher], pixels: NDArray[np.uint8], favour: NDArray[np.float64], least: float
) -> NDArray[np.uint8]:
    """(rows, cols) class ids of a picture (bands, rows, cols), by the mean of what all teachers say of all its views.

    Args:
        teachers: what labels.
        pixels: the picture.
        favour: (classes,) what probabilities are multiplied by, before they sum up to 1 again.
        least: probability below which a pixel is ignored.
    """
    normal = NORMALIZATION(pixels.astype(np.float32), None)
    likely = np.mean([_seen(teacher, normal, view) for teacher in teachers for view in _VIEWS], axis=0)
    likely = likely * favour[:, None, None]
    likely = likely / likely.sum(axis=0)
    label: NDArray[np.uint8] = np.where(
        likely.max(axis=0) >= least, LEGEND.ids[likely.argmax(axis=0)], IGNORED
    ).astype(np.uint8)
    return label


def _seen(teacher: Teacher, pixels: NDArray[np.float32], view: tuple[bool, int]) -> NDArray[np.float32]:
    """What a teacher says of a picture that it sees turned, and then mirrored; turned back again."""
    mirrored, quarters = view
    seen = np.rot90(pixels, quarters, (1, 2))
    likely = teacher(np.ascontiguousarray(seen[:, :, ::-1] if mirrored else seen))
    return np.rot90(likely[:, :, ::-1] if mirrored else likely, -quarters, (1, 2))


def _glnet(weights: Path, architecture: Architecture, tiling: Tiling) -> Teacher:
    network = GLNet(architecture)
    network.load_state_dict(load_file(weights))
    predictor = Predictor(network, tiling, choose_machine("cpu", "auto"))
    return lambda pixels: _likely(
        torch.from_numpy(enlarged(predictor.logits(pixels, tiling.patches(_WHOLE.shape)), _WHOLE))
    )


def _unet(weights: Path) -> Teacher:
    network = new_unet(classes=len(LEGEND))
    network.load_state_dict(load_file(weights))
    network.eval()

    def teacher(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            return _likely(network(torch.from_numpy(pixels)[None])[0].float())

    return teacher


def _likely(logits: torch.Tensor) -> NDArray[np.float32]:
    likely: NDArray[np.float32] = torch.softmax(logits, 0).numpy()
    return likely


def _labelled(
    path: Path, teachers: Sequence[Teacher], favour: NDArray[np.float64], least: float, rules: Path | None
) -> Labelled:
    pixels = read_picture(path)
    told, ruled = agreed(teachers, pixels, favour, least), _ruled(rules, path.stem)
    if ruled is not None:
        told[(ruled != IGNORED) & (ruled != told)] = IGNORED
    return pixels, told


def _ruled(rules: Path | None, name: str) -> NDArray[np.uint8] | None:
    """(SIDE, SIDE) the labels by rule of a picture, if it has any."""
    path = rules / "labels" / f"{name}.tif" if rules else None
    if path is None or not path.exists():
        return None
    return np.asarray(sized(Image.fromarray(read_band(path)), Image.Resampling.NEAREST))


if __name__ == "__main__":
    main()
