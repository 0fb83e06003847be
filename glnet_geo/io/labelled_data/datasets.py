"""Published data sets, in the folders in which they are distributed.

Sources: DeepGlobe 2018 land cover (arXiv:1805.06561); Inria Aerial Image Labeling (Maggiori et al., IGARSS 2017); ISIC
2018 task 1 (arXiv:1902.03368). Splits of the GLNet paper: arXiv:1905.06368, section 4.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from glnet_geo.core.legend import DEEPGLOBE, LandClass, Legend
from glnet_geo.core.listing import counted
from glnet_geo.errors import TrainingError
from glnet_geo.io.files.suffixes import IMAGES
from glnet_geo.io.labelled_data.label_legend import LabelLegend
from glnet_geo.io.labelled_data.labels import RasterLabels
from glnet_geo.io.labelled_data.lessons import Lessons, Part
from glnet_geo.io.labelled_data.pairs import Pair
from glnet_geo.io.labelled_data.training_image import Reading, photograph

DatasetName: TypeAlias = Literal["deepglobe", "inria", "isic"]

INRIA = Legend(
    (
        LandClass(id=0, name="no building", color="#d9d9d9"),
        LandClass(id=1, name="building", color="#d7301f"),
    )
)
ISIC = Legend(
    (LandClass(id=0, name="skin", color="#f2d6c9"), LandClass(id=1, name="lesion", color="#7f2704"))
)

_BINARY = {0: 0, 255: 1}

_REMEDY = "take the masks as they are distributed, or give --labels and --legend instead of --dataset"

_INRIA_VALIDATED = 5
"""The first tiles of every city are for validation, as the data set's authors say."""

_DEEPGLOBE_VALIDATED = 207 / (454 + 207)
"""Part of the labelled images that the GLNet paper validates on, its test images left out."""


def lessons_of_dataset(name: DatasetName, folder: Path, reading: Reading) -> Lessons:
    """A published data set in the user's folder, with its split.

    Raises:
        TrainingError: the folder does not hold what it is distributed as.
    """
    if not folder.is_dir():
        raise TrainingError(f"{folder} is not a folder: give the one that the data set was unpacked to")
    makers: dict[str, Callable[[Path, Reading], Lessons]] = {
        "deepglobe": _deepglobe,
        "inria": _inria,
        "isic": _isic,
    }
    if name not in makers:
        raise TrainingError(f"there is no data set {name!r}: choose one of {', '.join(makers)}")
    return makers[name](folder, reading)


def _deepglobe(folder: Path, reading: Reading) -> Lessons:
    """``<id>_sat.jpg`` and ``<id>_mask.png`` (colours); the official validation and test parts have no masks.

    The mean is that of the classes but unknown. Red, green and blue need not be 0 or 255 exactly, as the data set's authors say.
    """
    home = _first(
        folder, ("train", "land-train", "."), "*_mask.png", "DeepGlobe's <id>_sat.jpg and <id>_mask.png"
    )
    masks = sorted(home.glob("*_mask.png"), key=lambda path: _number(path.name))
    lists = _split_lists(folder)
    values = LabelLegend(DEEPGLOBE).values(colours=True)
    pairs: list[Pair] = []
    parts: list[Part] = []
    for order, mask in enumerate(masks):
        stem = mask.name.removesuffix("_mask.png")
        labels = RasterLabels(mask, values, pure=True, remedy=_REMEDY)
        pairs.append(_pair(_one(home, f"{stem}_sat"), labels, reading))
        # Without the published lists, evenly over the numbers, which tell nothing of the place.
        every = int((order + 1) * _DEEPGLOBE_VALIDATED) > int(order * _DEEPGLOBE_VALIDATED)
        parts.append(lists.get(stem, "unused") if lists else ("validate" if every else "train"))
    if "train" not in parts:
        raise TrainingError(
            f"the lists in {folder} name none of the {counted(len(masks), 'image')} to learn from: correct or remove them"
        )
    how = (
        "the lists in the folder"
        if lists
        else "every third image or so validates, as no list lies in the folder"
    )
    return _lessons(pairs, parts, DEEPGLOBE, range(1, 7), f"DeepGlobe land cover ({how})", (0.5,))


def _inria(folder: Path, reading: Reading) -> Lessons:
    """``images/<city><number>.tif`` and ``gt/`` of the same names, 0 and 255; the score is that of buildings."""
    home = _first(
        folder, ("AerialImageDataset/train", "train", "."), "gt/*.tif", "Inria's train/images and train/gt"
    )
    pairs: list[Pair] = []
    parts: list[Part] = []
    for truth in sorted((home / "gt").glob("*.tif")):
        pairs.append(
            _pair(_one(home / "images", truth.stem), RasterLabels(truth, _BINARY, remedy=_REMEDY), reading)
        )
        parts.append("validate" if _number(truth.stem) <= _INRIA_VALIDATED else "train")
    return _lessons(pairs, parts, INRIA, (1,), "Inria Aerial Image Labeling", (0.3,), background=0)


def _isic(folder: Path, reading: Reading) -> Lessons:
    """``ISIC_<number>.jpg`` and ``ISIC_<number>_segmentation.png``, 0 and 255, in folders for training and validation."""
    pairs: list[Pair] = []
    parts: list[Part] = []
    roles: tuple[tuple[Part, str], ...] = (("train", "Training"), ("validate", "Validation"))
    for part, word in roles:
        truths = sorted(folder.glob(f"*{word}_GroundTruth/*_segmentation.png"))
        for truth in truths:
            stem = truth.name.removesuffix("_segmentation.png")
            inputs = [
                path for home in sorted(folder.glob(f"*{word}_Input")) for path in home.glob(f"{stem}.*")
            ]
            if len(inputs) != 1:
                raise TrainingError(f"{truth} has {len(inputs)} images named {stem}.*: give exactly one")
            pairs.append(_pair(inputs[0], RasterLabels(truth, _BINARY, remedy=_REMEDY), reading))
            parts.append(part)
        if not truths and part == "train":
            raise TrainingError(
                f"{folder} holds no *Training_GroundTruth/*_segmentation.png: give the folder of ISIC's task 1"
            )
    # Pictures of skin have no ground sample distance.
    return _lessons(pairs, parts, ISIC, (1,), "ISIC lesion boundaries", (), background=0)


def _lessons(
    pairs: Sequence[Pair],
    parts: Sequence[Part],
    legend: Legend,
    judged: Sequence[int],
    about: str,
    distances: tuple[float, ...],
    background: int | None = None,
) -> Lessons:
    held, learnt = parts.count("validate"), parts.count("train")
    parted = bool(held and learnt)
    if not parted:
        # Of what is left, some is held out as of any images.
        pairs = [pair for pair, part in zip(pairs, parts, strict=True) if part != "unused"]
    return Lessons(
        pairs=pairs,
        places=[pair.name for pair in pairs],
        parts=parts if parted else None,
        legend=legend,
        judged=tuple(judged),
        distances=distances,
        sparse=False,
        about=f"{about}: {counted(learnt, 'image')} to learn from, {held} to validate on"
        if parted
        else f"{about}: {counted(len(pairs), 'image')}",
        background=background,
    )


def _pair(image: Path, labels: RasterLabels, reading: Reading) -> Pair:
    return photograph(image, reading).with_labels(labels)


def _first(folder: Path, homes: Sequence[str], pattern: str, what: str) -> Path:
    for home in homes:
        if next((folder / home).glob(pattern), None) is not None:
            return folder / home
    raise TrainingError(f"{folder} does not hold {what}: give the folder that the data set was unpacked to")


def _one(folder: Path, stem: str) -> Path:
    found = sorted(folder.glob(f"{stem}.*"))
    images = [path for path in found if path.suffix.lower() in IMAGES]
    if len(images) != 1:
        raise TrainingError(f"{folder} holds {len(images)} images named {stem}.*: give exactly one")
    return images[0]


def _split_lists(folder: Path) -> dict[str, Part]:
    """Part of every id, from lists of ids or file names, one a line, such as come with the published code."""
    found: dict[str, Part] = {}
    roles: tuple[tuple[str, Part], ...] = (
        ("train.txt", "train"),
        ("crossval.txt", "validate"),
        ("val.txt", "validate"),
        ("test.txt", "unused"),
    )
    for name, part in roles:
        path = folder / name
        if path.is_file():
            for line in _text(path).split():
                found[re.sub(r"(_sat|_mask)?(\.\w+)?$", "", Path(line).name)] = part
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TrainingError(
            f"{path} cannot be read (it is no text in UTF-8): save it as such, or remove it"
        ) from error
    except OSError as error:
        raise TrainingError(
            f"{path} cannot be read ({error.strerror}): correct its permissions, or remove it"
        ) from error


def _number(text: str) -> int:
    """The last number in a name; 0 where it has none."""
    numbers = re.findall(r"\d+", text)
    return int(numbers[-1]) if numbers else 0
