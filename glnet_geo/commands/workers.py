"""Who computes frames, from the options of the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from glnet_geo.frames import Frames


@contextmanager
def chosen_frames(options: dict[str, Any]) -> Iterator[Frames | None]:
    """Who computes frames: processes of this computer, a running cluster, or None for this process, without Dask.

    Args:
        options: of the command line; those of `who_computes` but the work folder are taken out.

    Raises:
        click.UsageError: the options exclude each other, or Dask is missing.
        ClusterError: the cluster does not answer.
    """
    workers, threads, scheduler, resources = (
        options.pop(name) for name in ("workers", "worker_threads", "scheduler", "resources")
    )
    if workers is not None and scheduler is not None:
        raise click.UsageError(
            "--workers starts a cluster and --scheduler uses a running one: give one of them"
        )
    if resources is not None and scheduler is None:
        raise click.UsageError("--resources are those of the workers of a running cluster: add --scheduler")
    if threads is not None and workers is None:
        raise click.UsageError("--worker-threads are those of the processes of this computer: add --workers")
    # That takes some seconds to start, or to be reached.
    if options["exact"] and (workers or scheduler):
        raise click.UsageError(
            "--exact computes a scene as one frame, in one process: leave out --workers and --scheduler"
        )
    if workers is None and scheduler is None:
        yield None
        return
    try:
        from glnet_geo.cluster.clusters import local_workers, running_cluster
    except ImportError as error:
        raise click.UsageError(f"this needs Dask ({error}): pip install 'glnet_geo[batch]'") from error
    if scheduler is not None:
        with running_cluster(scheduler, resources=resources) as frames:
            yield frames
        return
    from glnet_geo.model.machine import choose_machine

    gpus = choose_machine(options["device"]).device == "cuda"
    with local_workers(workers, threads=threads or 1, gpus=gpus) as frames:
        yield frames
