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
    if version_here() != wanted:
        raise stranger(platform.node(), f"version {version_here()}", wanted)


def stranger(worker: str, has: str, wanted: str) -> ClusterError:
    """The error for a worker that cannot compute for a job.

    Args:
        worker: where it is.
        has: what it has of this package.
        wanted: the version of the job.
    """
    return ClusterError(
        f"the worker on {worker} has {has} of glnet_geo, and this job is of version {wanted}: install one version for all "
        "workers and here"
    )
