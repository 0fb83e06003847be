"""A cluster whose workers are threads of this process: it starts at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from distributed import Client, LocalCluster

from glnet_geo.cluster.dask_frames import DaskFrames


@contextmanager
def inproc(workers: int) -> Iterator[DaskFrames]:
    """Workers of two threads each."""
    with (
        LocalCluster(
            n_workers=workers,
            threads_per_worker=2,
            processes=False,
            dashboard_address="127.0.0.1:0",
            protocol="inproc://",
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield DaskFrames(client)
