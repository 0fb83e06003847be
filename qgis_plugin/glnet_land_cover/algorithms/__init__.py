"""One algorithm a file; the provider offers those whose command the engine has."""

from __future__ import annotations

from .batch import Batch
from .check import CheckScene
from .classify import Classify
from .engine import SetUpEngine
from .evaluate import Evaluate
from .import_weights import ImportWeights
from .sample import Sample
from .train import Train
from .vectorize import Vectorize

ALGORITHMS = (Classify, Batch, Vectorize, CheckScene, Train, ImportWeights, Sample, Evaluate, SetUpEngine)
