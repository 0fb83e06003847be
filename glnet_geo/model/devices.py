"""Where this computer can compute, for programs that let a person choose."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from glnet_geo.core.listing import counted


@dataclass(frozen=True, slots=True)
class AvailableDevice:
    """A device that torch can use here.

    Attributes:
        kind: value of the option ``--device``: ``cpu``, ``cuda`` or ``mps``.
        name: what it calls itself.
        memory: bytes of its own memory; None where it shares the computer's.
    """

    kind: str
    name: str
    memory: int | None


def available_devices() -> tuple[AvailableDevice, ...]:
    """Every kind of device that torch can use here, the one that ``auto`` would take first."""
    found = []
    if torch.cuda.is_available():
        properties = torch.cuda.get_device_properties(0)
        found.append(AvailableDevice("cuda", properties.name, properties.total_memory))
    if torch.backends.mps.is_available():
        found.append(AvailableDevice("mps", "Apple GPU", None))
    found.append(AvailableDevice("cpu", f"processor, {counted(torch.get_num_threads(), 'thread')}", None))
    return tuple(found)
