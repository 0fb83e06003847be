"""One model, one file: weights and card in a ``.safetensors`` package."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from glnet_geo.errors import ModelError, OutputError, looking_at
from glnet_geo.model.card import Card
from glnet_geo.model.glnet import GLNet
from glnet_geo.model.installed import CARD_KEY, SUFFIX, installed_models, read_card
from glnet_geo.model.sound import check_weights
from glnet_geo.replacing import check_place, replacing

DEFAULT_MODEL = "urban"

_PIECE = 1 << 24
"""Bytes of a package that are written at once."""


@dataclass(frozen=True, slots=True)
class Model:
    """A network ready to predict, its card, and where it came from.

    Attributes:
        network: in evaluation mode, float32, on the CPU.
        card: what it says of itself.
        path: its package.
        sha256: of the package, in hexadecimal.
    """

    network: GLNet
    card: Card
    path: Path
    sha256: str


def check_package(path: Path, *, overwrite: bool) -> None:
    """Refuse the place of a package that cannot be written there, before it is made.

    Raises:
        OutputError: its name ends otherwise, its folder is missing or read-only, it is a folder itself, or it exists.
    """
    if path.suffix != SUFFIX:
        raise OutputError(f"{path} is no name for a model package: end it with {SUFFIX}")
    check_place(path, overwrite=overwrite)


def save_package(path: Path, network: GLNet, card: Card, *, half: bool = False) -> None:
    """Write a package; ``half`` stores the weights in half precision.

    Raises:
        ModelError: the card does not describe the network, or its weights mean nothing.
        OutputError: the file cannot be written.
    """
    card.check()
    if card.architecture != network.architecture:
        raise ModelError("the card describes another network than the one to be saved")
    tensors = {
        name: (tensor.half() if half and tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    check_weights(tensors, f"the network for {path}")
    try:
        with replacing(path) as made:
            # Not save_file, whose files nobody else may read.
            content = memoryview(save(tensors, metadata={"format": "pt", CARD_KEY: card.to_json()}))
            with made.open("wb") as package:
                # Signals are heeded between two pieces.
                for start in range(0, len(content), _PIECE):
                    package.write(content[start : start + _PIECE])
    except (OSError, SafetensorError) as error:
        raise OutputError(f"{path} cannot be written ({error}): choose another folder") from error


def load_model(name_or_path: str | Path = DEFAULT_MODEL) -> Model:
    """A model by the name under which it is installed, or by the path of its package.

    Raises:
        ModelError: there is none, or its weights do not fit its card, or mean nothing.
    """
    path = find_model(name_or_path)
    card = read_card(path)
    try:
        network = GLNet(card.architecture)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    expected = {k: v for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")}
    found = _weights(path)
    wrong = sorted(expected.keys() ^ found.keys()) + sorted(
        name for name in expected.keys() & found.keys() if expected[name].shape != found[name].shape
    )
    if wrong:
        raise ModelError(f"the weights of {path} do not fit its card: {', '.join(wrong[:5])} and maybe more")
    check_weights(found, str(path))
    network.load_state_dict({name: tensor.to(torch.float32) for name, tensor in found.items()}, strict=False)
    return Model(network.eval(), card, path, sha256_of(path))


def _weights(path: Path) -> dict[str, torch.Tensor]:
    try:
        with safe_open(path, framework="pt") as package:
            return {name: package.get_tensor(name) for name in package.keys()}  # noqa: SIM118 - not a mapping
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path} cannot be read ({error}): rename it, or copy it again") from error


def find_model(name_or_path: str | Path) -> Path:
    """The package of a model.

    Raises:
        ModelError: no model has this name, and no file lies there.
    """
    path = Path(name_or_path)
    with looking_at(path, ModelError):
        if path.is_file():
            return path
    installed = {package.stem: package for package in installed_models()}
    if str(name_or_path) in installed:
        return installed[str(name_or_path)]
    if path.suffix == SUFFIX or path.parent != Path():
        raise ModelError(f"{path} does not exist: give the path of a model package ({SUFFIX})")
    known = ", ".join(sorted(installed)) or "none"
    raise ModelError(
        f"no model is called {name_or_path}: installed are {known}; or give the path of a package"
    )


def sha256_of(path: Path) -> str:
    """The hash of a package, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as package:
        while chunk := package.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
