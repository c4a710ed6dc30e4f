"""The embedded backend: jobs kept in one SQLite file, run by this very process."""

from fairlead.backends.local.backend import LocalBackend

__all__ = ["LocalBackend"]
