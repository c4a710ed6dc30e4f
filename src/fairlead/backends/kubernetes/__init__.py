"""The cluster's backend: jobs are custom resources, and Fairlead's operator runs them."""

from typing import Any

__all__ = ["KubernetesBackend"]


def __getattr__(name: str) -> Any:
    # Runners in pods use this package's client of the API server, and not the backend.
    if name == "KubernetesBackend":
        from fairlead.backends.kubernetes.backend import KubernetesBackend

        return KubernetesBackend
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
