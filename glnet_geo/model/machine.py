"""Chooses where and how to compute, and says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import torch

from glnet_geo.core.listing import counted
from glnet_geo.errors import OptionError

Device: TypeAlias = Literal["auto", "cpu", "cuda", "mps"]
Precision: TypeAlias = Literal["auto", "fp32", "bf16", "fp16"]

_DTYPES: dict[str, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
_BY_SPEED: tuple[Device, ...] = ("cuda", "mps", "cpu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where and how to compute.

    Attributes:
        device: ``cpu``, ``cuda`` or ``mps``.
        dtype: of weights and maps.
        batch: patches at a time.
        gpu_memory: bytes of GPU memory that may be used; None for what is free.
    """

    device: str
    dtype: torch.dtype
    batch: int = 1
    gpu_memory: int | None = None

    def __str__(self) -> str:
        """For the log: the device by its own name, and the precision."""
        precision = next(name for name, dtype in _DTYPES.items() if dtype == self.dtype)
        if self.device == "cuda" and torch.cuda.is_available():
            return f"{torch.cuda.get_device_name()} (cuda), {precision}"
        if self.device == "cpu":
            return f"processor (cpu, {counted(torch.get_num_threads(), 'thread')}), {precision}"
        return f"{self.device}, {precision}"


def choose_machine(
    device: Device = "auto",
    precision: Precision = "auto",
    *,
    gpu_memory: int | None = None,
    batch: int | None = None,
    here: bool = True,
) -> Machine:
    """The machine that the options ask for.

    ``auto`` takes the GPU where torch sees one, and the shortest numbers that the device multiplies natively.

    Args:
        device: where to compute.
        precision: of weights and maps.
        gpu_memory: bytes of GPU memory that may be used.
        batch: patches at a time; None for one on a processor and eight on a GPU.
        here: whether this process computes; else a device that is asked for by name may be elsewhere.

    Raises:
        OptionError: the device is not there, or an option has no such value.
    """
    if device not in get_args(Device):
        raise OptionError(f"there is no device {device!r}: choose one of {', '.join(get_args(Device))}")
    if precision not in get_args(Precision):
        raise OptionError(
            f"there is no precision {precision!r}: choose one of {', '.join(get_args(Precision))}"
        )
    if batch is not None and batch < 1:
        raise OptionError(f"{batch} patches at a time were asked for: take at least 1")
    if device == "auto":
        device = next(kind for kind in _BY_SPEED if is_present(kind))
    elif here and not is_present(device):
        raise OptionError(f"torch sees no {device} device here: choose --device cpu, or install its driver")
    dtype = _native_dtype(device) if precision == "auto" else _DTYPES[precision]
    if device == "cpu" and dtype == torch.float16:
        raise OptionError("processors cannot compute in fp16: choose --precision bf16 or fp32")
    return Machine(
        device=device, dtype=dtype, batch=batch or (1 if device == "cpu" else 8), gpu_memory=gpu_memory
    )


def is_present(device: str) -> bool:
    """Whether torch sees a device in this process."""
    if device == "cuda":
        return torch.cuda.is_available()
    return device == "cpu" or torch.backends.mps.is_available()


def gpu_count() -> int:
    """How many GPUs torch sees in this process."""
    return torch.cuda.device_count()


def limit_gpu_memory(machine: Machine) -> None:
    """Keep torch below the machine's share of GPU memory; going beyond it is then an error, not a slow-down.

    Raises:
        OptionError: the GPU has less memory than may be used.
    """
    if machine.device != "cuda" or machine.gpu_memory is None:
        return
    total = torch.cuda.get_device_properties(0).total_memory
    if machine.gpu_memory > total:
        raise OptionError(
            f"the GPU has {total / 1e9:.1f} GB and {machine.gpu_memory / 1e9:.1f} were allowed: lower --max-gpu-memory"
        )
    torch.cuda.set_per_process_memory_fraction(machine.gpu_memory / total)


def _native_dtype(device: str) -> torch.dtype:
    if device == "cuda":
        if not torch.cuda.is_available():
            # It is elsewhere: all that were made since 2020 have these instructions.
            return torch.bfloat16
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    if device == "cpu":
        # Without these instructions bfloat16 is emulated, and slower than float32.
        capabilities = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
        native = capabilities.get("avx512_bf16") or capabilities.get("amx_bf16")
        return torch.bfloat16 if native else torch.float32
    return torch.float32
