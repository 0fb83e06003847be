"""Clusters to compute frames on: one of processes on this computer, or one that runs already."""

from __future__ import annotations

import logging
import os
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import dask
from distributed import Client, Nanny, Scheduler, Security, SpecCluster
from distributed.comm import parse_address, parse_host_port
from distributed.comm.registry import get_backend

from glnet_geo.cluster.dask_frames import DaskFrames
from glnet_geo.errors import ClusterError, OptionError
from glnet_geo.model.machine import gpu_count

_CONNECT_SECONDS = 20
_START_SECONDS = 120

_WITH_PORT = {"tcp", "tls"}
_PORTS = 1 << 16


@contextmanager
def local_workers(count: int, *, threads: int = 1, gpus: bool = False) -> Iterator[DaskFrames]:
    """Processes on this computer that compute frames; they end on leaving.

    Args:
        count: of processes.
        threads: with which each computes; another one reads ahead.
        gpus: whether each gets a GPU of its own.

    Raises:
        OptionError: there are fewer GPUs.
        ClusterError: the processes do not start.
    """
    if count < 1 or threads < 1:
        raise OptionError(f"{count} workers of {threads} threads were asked for: take at least 1 of 1")
    if gpus and count > gpu_count():
        raise OptionError(
            f"torch sees {gpu_count()} GPUs here and every one of the {count} workers needs its own: "
            "lower --workers, or choose --device cpu"
        )
    with ExitStack() as closing:
        scratch = closing.enter_context(tempfile.TemporaryDirectory(prefix="glnet-geo-"))
        closing.enter_context(dask.config.set({**_SETTINGS, "temporary-directory": scratch}))
        _silence()
        try:
            cluster = closing.enter_context(
                SpecCluster(
                    workers={number: _worker(number, threads, gpus=gpus) for number in range(count)},
                    scheduler={
                        "cls": Scheduler,
                        "options": {"dashboard": False, "port": 0, **_THIS_COMPUTER},
                    },
                    silence_logs=logging.CRITICAL,
                )
            )
            closing.callback(_end_at_once, cluster)
            client = closing.enter_context(Client(cluster, set_as_default=False))
            client.wait_for_workers(count, timeout=_START_SECONDS)
        except (OSError, RuntimeError) as error:
            raise ClusterError(
                f"{count} worker processes could not be started ({error}): try fewer"
            ) from error
        yield DaskFrames(client, local=True)


@contextmanager
def running_cluster(address: str, *, resources: Mapping[str, float] | None = None) -> Iterator[DaskFrames]:
    """A Dask cluster that runs already, and goes on running.

    Args:
        address: of its scheduler, such as ``tcp://node1:8786``.
        resources: what a task takes of its worker, such as ``{"GPU": 1}``.

    Raises:
        OptionError: it is no address.
        ClusterError: no scheduler answers there.
    """
    _check(address)
    _silence()
    try:
        client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, ImportError) as error:
        raise ClusterError(
            f"no Dask scheduler answers at {address} ({error}): check the address, and that it runs"
        ) from error
    with client:
        yield DaskFrames(client, resources=resources)


_SETTINGS: Mapping[str, Any] = {
    "logging": {"distributed": "critical"},
    "distributed.comm.timeouts.connect": "20s",
    # A worker that was killed is started again, which may take long: the cluster must not give it up meanwhile.
    "distributed.deploy.lost-worker-timeout": "1000 days",
    # Dask lets workers give memory back to the system at once, which costs a network nearly half of its time.
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
    # Nobody reads what it would tell, and it takes a fortieth of every core.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
}


_THIS_COMPUTER: Mapping[str, Any] = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
"""Nobody else may send work. Port 0 is any that is free: there may be other clusters."""

_LEAVE_CTRL_C = """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
"""
"""Run by every worker: a terminal sends Ctrl-C to all processes of a job, and the first of them ends the others."""


def _check(address: str) -> None:
    """Refuse what is no address at once: a client that was made for it would not end before it has tried for long."""
    try:
        fault = _fault(address)
    except ValueError as error:
        fault = str(error)
    if fault:
        raise OptionError(
            f"{address!r} is no address of a Dask scheduler ({fault}): give one like tcp://node1:8786"
        )


def _fault(address: str) -> str:
    """What is wrong with an address; empty where nothing is.

    Raises:
        ValueError: Dask says it itself.
    """
    scheme, place = parse_address(address)
    get_backend(scheme)
    if scheme not in _WITH_PORT:
        return ""
    host, port = parse_host_port(place)
    if not host or not 0 < port < _PORTS:
        return "it names no host, or a port that there is not"
    if scheme == "tls" and not Security().get_connection_args("client").get("ssl_context"):
        return "the configuration of Dask names no certificates for tls"
    return ""


def _silence() -> None:
    """Dask tells of every worker that comes or goes; a person is told what matters by this package."""
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _end_at_once(cluster: SpecCluster) -> None:
    """End the processes without waiting for what they compute: what they write appears whole, or not at all."""
    for nanny in cluster.workers.values():
        nanny.auto_restart = False
        if nanny.pid:
            with suppress(OSError):
                os.kill(nanny.pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def _worker(number: int, threads: int, *, gpus: bool) -> Mapping[str, Any]:
    counts = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))
    env = counts | ({"CUDA_VISIBLE_DEVICES": str(number)} if gpus else {})
    return {
        "cls": Nanny,
        "options": {
            **_THIS_COMPUTER,
            # One computes while the other reads.
            "nthreads": 2,
            # What fills a worker's memory is none of Dask's objects.
            "memory_limit": 0,
            "env": env,
            "config": {"distributed.nanny.pre-spawn-environ": env},
            "silence_logs": logging.CRITICAL,
            "preload": [_LEAVE_CTRL_C],
        },
    }
