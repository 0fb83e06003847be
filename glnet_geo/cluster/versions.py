"""Which version of this package a worker has: another one may compute other numbers."""

from __future__ import annotations

import platform

import glnet_geo
from glnet_geo.errors import ClusterError


def version_here() -> str:
    """That of this process."""
    return glnet_geo.__version__


def refuse_another_version(wanted: str) -> None:
    """Refuse to compute for a job of another version.

    Args:
        wanted: that of the job.

    Raises:
        ClusterError: this process has another one.
    """
    refuse_stranger(f"the worker on {platform.node()}", version_here(), wanted)


def refuse_stranger(who: str, answer: object, wanted: str) -> None:
    """Refuse a process of a cluster that cannot take part in a job.

    Args:
        who: the process, for a person.
        answer: its version, or the error with which it tried to tell; one of the network says nothing of its version.
        wanted: the version of the job.

    Raises:
        ClusterError: it has another version, or none.
    """
    if answer == wanted or isinstance(answer, OSError | TimeoutError):
        return
    has = f"version {answer}" if isinstance(answer, str) else f"no usable copy ({answer})"
    raise ClusterError(
        f"{who} has {has} of glnet_geo, and this job is of version {wanted}: install one version for the scheduler, all "
        "workers and here"
    )
