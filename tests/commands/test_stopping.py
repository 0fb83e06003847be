from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_LOADS = "from glnet_geo.commands.stopping import stop_on_signals; stop_on_signals(); import torch"


def test_a_job_that_still_loads_torch_is_ended_at_once(tmp_path: Path) -> None:
    """An exception there may abort the process, or be dropped."""
    (tmp_path / "torch.py").write_text(
        "import signal\ntry:\n    signal.raise_signal(signal.SIGINT)\nexcept BaseException:\n    pass\n"
    )
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {_LOADS}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Stopped: nothing was written.\n")
