"""Fairlead installed in a cluster, for the tests of the installation itself."""

from tests.site.fixtures import site, site_base

__all__ = ["site", "site_base"]
