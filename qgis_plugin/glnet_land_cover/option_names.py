"""What the engine advises in options of its command line, in the words of the dialog."""

from __future__ import annotations

import re

from qgis.core import QgsProcessingAlgorithm

from .translation import tr

# A name of a file may look like an option but for what stands before and behind.
_OPTION = re.compile(r"(?<!\S)--([a-z]+(?:-[a-z]+)*)(=(?=\S)|(?![\w.=/\\-])|(?=\.(?:\s|$)))")
_EXPLANATION = re.compile(r"\s*[(,:;]")


def as_in_dialog(sentence: str, algorithm: QgsProcessingAlgorithm) -> str:
    """A sentence in which options are called as the parameters of an algorithm are; those that it lacks stay.

    Args:
        sentence: of the engine.
        algorithm: whose parameters bear the names of options, ``VALUE_RANGE`` that of ``--value-range``.
    """

    def label(option: re.Match[str]) -> str:
        parameter = algorithm.parameterDefinition(option[1].replace("-", "_").upper())
        if parameter is None:
            return option[0]
        # Of what it is called, explanations would tear the sentence apart.
        name = _EXPLANATION.split(parameter.description())[0]
        return tr("“{}”").format(name) + (" " if option[2] else "")

    return _OPTION.sub(label, sentence)
