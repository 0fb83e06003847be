"""What a model package says of itself, in the terms of the STAC Machine Learning Model extension (MLM 1.4)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from glnet_geo.core.grid import Tiling
from glnet_geo.core.lattice import CELL
from glnet_geo.core.legend import LandClass, Legend
from glnet_geo.core.normalize import Normalization
from glnet_geo.errors import GlnetGeoError, ModelError
from glnet_geo.model.architecture import Architecture


class _Part(BaseModel):
    # JSON has no word for numbers that are not finite, and no model a use.
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False)


class GroundSampleDistance(_Part):
    """Metres per pixel, least and greatest, at which the model is valid."""

    minimum: Annotated[float, Field(gt=0)]
    maximum: Annotated[float, Field(gt=0)]


class BandScaling(_Part):
    """How the file values of one band become network inputs: clipped, less the mean, by the standard deviation."""

    type: Literal["z-score"] = "z-score"
    minimum: float
    maximum: float
    mean: float
    stddev: Annotated[float, Field(gt=0)]


class Structure(_Part):
    """Shape and type of an array; -1 stands for any length."""

    shape: tuple[int, ...]
    dim_order: tuple[str, ...]
    data_type: str


class ModelInput(_Part):
    """What the network takes."""

    name: str = "scene"
    bands: tuple[str, ...]
    input: Structure
    value_scaling: tuple[BandScaling, ...]


class ClassEntry(_Part):
    """One class in the terms of the STAC classification extension."""

    value: int
    name: str
    color_hint: str


class ModelOutput(_Part):
    """What the network gives."""

    name: str = "land cover"
    tasks: tuple[str, ...] = ("semantic-segmentation",)
    result: Structure
    classes: tuple[ClassEntry, ...] = Field(alias="classification:classes")


class Hyperparameters(_Part):
    """What the network is, and how it cuts scenes."""

    network: Architecture
    tiling: Tiling


class ClassScore(_Part):
    """Intersection over union of one class on scenes that the model never saw; None where it was absent."""

    name: str
    iou: float | None


class Scores(_Part):
    """Measured quality on scenes that the model never saw.

    Attributes:
        scenes: what it was measured on.
        mean_iou: mean intersection over union.
        accuracy: share of pixels classified right.
        majority_mean_iou: of calling everything the most frequent class.
        classes: per class.
        confusion: pixels by reference class (rows) and mapped class (columns).
    """

    scenes: tuple[str, ...]
    mean_iou: float
    accuracy: float
    majority_mean_iou: float
    classes: tuple[ClassScore, ...]
    confusion: tuple[tuple[int, ...], ...]


class Card(_Part):
    """The card of a model package; make one with `Card.of`.

    Attributes:
        name: what to call the model.
        description: what it is for, and where it fails.
        inputs: what the network takes; one entry.
        outputs: what the network gives; one entry.
        hyperparameters: shape of the network, and how it cuts scenes.
        ground_sample_distance: where it is valid; None where that is not known.
        temperature: by what logits are divided before they become probabilities, so that these are as often right as
            they say.
        background: raster value of the class that the global branch alone may tell, so that patches without anything
            else are skipped; None where every patch counts.
        training: what it was trained on, and how.
        credit: whom to name.
        license: of the weights.
        scores: measured quality; None where nobody measured.
    """

    name: str = Field(alias="mlm:name", min_length=1)
    description: str = ""
    family: Literal["GLNet"] = Field(default="GLNet", alias="mlm:architecture")
    framework: Literal["pytorch"] = Field(default="pytorch", alias="mlm:framework")
    tasks: tuple[str, ...] = Field(default=("semantic-segmentation",), alias="mlm:tasks")
    inputs: tuple[ModelInput] = Field(alias="mlm:input")
    outputs: tuple[ModelOutput] = Field(alias="mlm:output")
    hyperparameters: Hyperparameters = Field(alias="mlm:hyperparameters")
    ground_sample_distance: GroundSampleDistance | None = Field(
        default=None, alias="glnet:ground_sample_distance"
    )
    temperature: float = Field(default=1.0, alias="glnet:temperature", gt=0)
    background: int | None = Field(default=None, alias="glnet:background")
    training: str = Field(default="", alias="glnet:training")
    credit: str = Field(default="", alias="glnet:credit")
    license: str = ""
    scores: Scores | None = Field(default=None, alias="glnet:scores")

    @classmethod
    def of(
        cls,
        *,
        name: str,
        architecture: Architecture,
        tiling: Tiling,
        bands: tuple[str, ...],
        normalization: Normalization,
        legend: Legend,
        **more: Any,
    ) -> Card:
        """A card from the values that the rest of the package uses; ``more`` are further attributes."""
        low, span = normalization.low, normalization.high - normalization.low
        scaling = tuple(
            BandScaling(minimum=low, maximum=low + span, mean=low + span * mean, stddev=span * std)
            for mean, std in zip(normalization.mean, normalization.std, strict=True)
        )
        order, side = ("batch", "bands", "height", "width"), tiling.patch
        taken = Structure(shape=(-1, len(bands), side, side), dim_order=order, data_type="float32")
        given = Structure(
            shape=(-1, len(legend), side // CELL, side // CELL),
            dim_order=("batch", "classes", *order[2:]),
            data_type="float32",
        )
        return cls(
            name=name,
            inputs=(ModelInput(bands=bands, input=taken, value_scaling=scaling),),
            outputs=(ModelOutput(result=given, classes=class_entries(legend)),),
            hyperparameters=Hyperparameters(network=architecture, tiling=tiling),
            **more,
        )

    @property
    def architecture(self) -> Architecture:
        """Shape of the network."""
        return self.hyperparameters.network

    @property
    def tiling(self) -> Tiling:
        """How the model cuts scenes."""
        return self.hyperparameters.tiling

    @property
    def bands(self) -> tuple[str, ...]:
        """Names of the bands that the model takes, in order."""
        return self.inputs[0].bands

    @property
    def legend(self) -> Legend:
        """The classes, in channel order."""
        classes = self.outputs[0].classes
        return Legend(tuple(LandClass(id=c.value, name=c.name, color=f"#{c.color_hint}") for c in classes))

    @property
    def background_channel(self) -> int | None:
        """Channel of the background; None where there is none."""
        return self.legend.channel_of_id(self.background)

    @property
    def normalization(self) -> Normalization:
        """From file values to network inputs."""
        scaling = self.inputs[0].value_scaling
        low, high = scaling[0].minimum, scaling[0].maximum
        return Normalization(
            low=low,
            high=high,
            mean=[(band.mean - low) / (high - low) for band in scaling],
            std=[band.stddev / (high - low) for band in scaling],
        )

    def to_json(self) -> str:
        """The card as one line of JSON."""
        return self.model_dump_json(by_alias=True)

    @classmethod
    def from_json(cls, text: str) -> Card:
        """A card from JSON.

        Raises:
            ModelError: it is no card, or its parts contradict each other.
        """
        try:
            card = cls.model_validate_json(text)
        except ValidationError as error:
            raise ModelError(_problem(error)) from error
        except (GlnetGeoError, TypeError) as error:
            raise ModelError(f"the model card cannot be read: {error}") from error
        card.check()
        return card

    def check(self) -> None:
        """Raise a ModelError where the parts of the card contradict each other."""
        scaling = self.inputs[0].value_scaling
        for what, said, needed in (
            ("classes", len(self.legend.ids), self.architecture.classes),
            ("bands", len(self.bands), self.architecture.bands),
            ("scalings", len(scaling), self.architecture.bands),
        ):
            if said != needed:
                raise ModelError(f"the model card names {said} {what}, but its network needs {needed}")
        if self.background is not None and self.background not in self.legend.ids:
            raise ModelError(f"the background of the model card, {self.background}, is none of its classes")
        valid = self.ground_sample_distance
        if valid is not None and valid.minimum > valid.maximum:
            raise ModelError(
                f"the model card is valid from {valid.minimum:g} to {valid.maximum:g} m: give the finer pixels first"
            )
        ranges = {(band.minimum, band.maximum) for band in scaling}
        if len(ranges) != 1 or not all(high > low for low, high in ranges):
            raise ModelError(
                "the bands of the model card do not share one value range: give all the same, not empty"
            )


def class_entries(legend: Legend) -> tuple[ClassEntry, ...]:
    """A legend in the card's terms."""
    return tuple(ClassEntry(value=c.id, name=c.name, color_hint=c.color[1:]) for c in legend)


_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
"""What pydantic calls keys that no part of a card has."""


def _problem(error: ValidationError) -> str:
    """The first thing that is wrong with a card, but keys that it should not have before all else: they explain the rest."""
    problems = [(".".join(map(str, one["loc"])), one["type"], one["msg"]) for one in error.errors()]
    unknown = [place for place, kind, _ in problems if kind in _UNKNOWN]
    if unknown:
        return (
            f"the model card holds {', '.join(unknown)}, which this version of glnet_geo does not know; the package may come "
            "from a newer version: update glnet_geo, or have the package made with this version"
        )
    place, _, what = problems[0]
    return f"the model card cannot be read: {place}: {what}"
