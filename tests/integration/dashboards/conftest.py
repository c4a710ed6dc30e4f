"""Fairlead installed in a cluster, for what its dashboards show of it."""

from tests.site.fixtures import site, site_base

__all__ = ["site", "site_base"]
