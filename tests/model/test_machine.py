from __future__ import annotations

import pytest
import torch

from glnet_geo.core.listing import counted
from glnet_geo.errors import OptionError
from glnet_geo.model.machine import Machine, choose_machine, limit_gpu_memory


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which torch sees a GPU of 8 GB that multiplies bfloat16."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Some GPU")
    properties = type("Properties", (), {"total_memory": 8_000_000_000})
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: properties)


def _says(monkeypatch: pytest.MonkeyPatch, **capabilities: bool) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)


def test_auto_takes_the_processor_where_there_is_no_gpu(
    no_gpu: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    _says(monkeypatch, avx512_bf16=False, amx_bf16=False)
    assert choose_machine() == Machine(device="cpu", dtype=torch.float32, batch=1)


@pytest.mark.parametrize("instruction", ["avx512_bf16", "amx_bf16"])
def test_a_processor_that_multiplies_bfloat16_does(
    no_gpu: None, monkeypatch: pytest.MonkeyPatch, instruction: str
) -> None:
    _says(monkeypatch, **{instruction: True})
    assert choose_machine().dtype == torch.bfloat16
    assert choose_machine(precision="fp32").dtype == torch.float32


def test_auto_takes_the_gpu_where_there_is_one(cuda: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_machine() == Machine(device="cuda", dtype=torch.bfloat16, batch=8)
    assert str(choose_machine()) == "Some GPU (cuda), bf16"
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: False)
    assert choose_machine().dtype == torch.float16
    assert choose_machine("cpu").device == "cpu"


def test_metal_computes_in_float32(no_gpu: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    machine = choose_machine()
    assert (machine.device, machine.dtype) == ("mps", torch.float32)
    assert str(machine) == "mps, fp32"


def test_the_log_says_where_and_how() -> None:
    said = str(Machine(device="cpu", dtype=torch.bfloat16))
    assert said == f"processor (cpu, {counted(torch.get_num_threads(), 'thread')}), bf16"


@pytest.mark.parametrize("batch", [1, 3])
def test_a_batch_that_is_asked_for_is_taken(batch: int) -> None:
    assert choose_machine("cpu", "fp32", batch=batch).batch == batch


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"device": "tpu"}, "there is no device 'tpu': choose one of auto, cpu, cuda, mps"),
        ({"precision": "int8"}, "there is no precision 'int8': choose one of auto, fp32, bf16, fp16"),
        ({"batch": 0}, "0 patches at a time were asked for"),
        ({"device": "cuda"}, "torch sees no cuda device here"),
        ({"device": "mps"}, "torch sees no mps device here"),
        ({"device": "cpu", "precision": "fp16"}, "processors cannot compute in fp16"),
    ],
)
def test_what_cannot_be_is_refused(no_gpu: None, options: dict[str, object], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        choose_machine(**options)  # type: ignore[arg-type]


def test_gpu_memory_is_limited_to_what_may_be_used(cuda: None, monkeypatch: pytest.MonkeyPatch) -> None:
    fractions: list[float] = []
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", fractions.append)
    limit_gpu_memory(choose_machine(gpu_memory=2_000_000_000))
    limit_gpu_memory(choose_machine())
    limit_gpu_memory(choose_machine("cpu", gpu_memory=2_000_000_000))
    assert fractions == [0.25]
    with pytest.raises(OptionError, match=r"the GPU has 8.0 GB and 9.0 were allowed"):
        limit_gpu_memory(choose_machine(gpu_memory=9_000_000_000))
