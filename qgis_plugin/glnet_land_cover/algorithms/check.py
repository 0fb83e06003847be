"""glnet:check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
)

from ..translation import tr
from .base import EngineAlgorithm, shown_errors
from .options import add_computing, add_scene, check_scene, scene_arguments

_TOLD = (
    "height",
    "width",
    "crs",
    "bands",
    "band_names",
    "dtype",
    "value_range",
    "nodata",
    "ground_sample_distance",
    "model",
    "device",
    "megapixels",
    "memory",
    "seconds",
    "seconds_at_most",
    "notes",
)


class CheckScene(EngineAlgorithm):
    """Tell what classifying an image would do, without doing it."""

    NAME = "check"
    COMMAND = "check"
    PICTURE = "classify.png"

    def __init__(self) -> None:
        super().__init__()
        self._arguments: list[str] = []

    def displayName(self) -> str:
        """For people."""
        return tr("Check scene")

    def group(self) -> str:
        """For people."""
        return tr("Maps")

    def groupId(self) -> str:
        """Never changes."""
        return "maps"

    def tags(self) -> list[str]:
        """Words to find it by."""
        return tr("land cover,suitability,time,memory,bands").split(",")

    def shortDescription(self) -> str:
        """One sentence."""
        return tr(
            "Tells whether an image suits a model, how long a map takes and what it needs, without making it."
        )

    def help(self) -> Sequence[str]:
        """Paragraphs."""
        return (
            self.shortDescription(),
            tr(
                "Look at the log: it names bands, values, pixel size, CRS, device, memory and time, and warns of what is "
                "doubtful."
            ),
        )

    def initAlgorithm(self, _configuration: dict[str, Any] | None = None) -> None:
        """Define the parameters."""
        add_scene(self)
        add_computing(self)
        self.add_engine_parameter()
        self.addOutput(QgsProcessingOutputNumber("SECONDS", tr("Seconds that a map would take")))
        self.addOutput(QgsProcessingOutputNumber("MEMORY", tr("Bytes of memory that it would need")))
        self.addOutput(QgsProcessingOutputNumber("MEGAPIXELS", tr("Megapixels")))
        self.addOutput(QgsProcessingOutputString("DEVICE", tr("Device")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse layers that are no files."""
        super().check(parameters, context)
        check_scene(self, parameters, context)

    def prepareAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, _feedback: QgsProcessingFeedback
    ) -> bool:
        """Read the layers, which belong to the main thread."""
        with shown_errors():
            self._arguments = scene_arguments(self, parameters, context)
        return True

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Ask the engine."""
        with shown_errors():
            engine = self.ask_engine(parameters, context, feedback)
            found = self.run_job(engine, ["check", *self._arguments, "--json"], [], feedback, told=_TOLD)
        for name, text in _lines(found):
            feedback.pushInfo(f"{name}: {text}")
        return {
            "SECONDS": found["seconds"],
            "MEMORY": found["memory"],
            "MEGAPIXELS": found["megapixels"],
            "DEVICE": found["device"],
        }


def _lines(found: dict[str, Any]) -> list[Sequence[str]]:
    distance = found["ground_sample_distance"]
    # Where pixels without data count too.
    about = tr("about {:.0f} s or less") if found["seconds_at_most"] else tr("about {:.0f} s")
    bands = (f"{number} = {name}" for number, name in zip(found["bands"], found["band_names"]))
    return [
        (
            tr("Size"),
            tr("{} rows, {} columns, {:.2f} megapixels").format(
                found["height"], found["width"], found["megapixels"]
            ),
        ),
        (tr("CRS"), found["crs"] or tr("none: the map will have none either")),
        (tr("Pixel size"), tr("unknown") if distance is None else f"{distance[0]:.3g} x {distance[1]:.3g} m"),
        (tr("Bands"), ", ".join(bands)),
        (tr("Values"), "{}, {:g} - {:g}".format(found["dtype"], *found["value_range"])),
        (tr("No data"), found["nodata"]),
        (tr("Model"), found["model"]),
        (tr("Device"), found["device"]),
        (tr("Memory"), tr("about {:.1f} GB").format(found["memory"] / 1e9)),
        (tr("Time"), about.format(max(1.0, found["seconds"]))),
        *((tr("Note"), note) for note in found["notes"]),
    ]
