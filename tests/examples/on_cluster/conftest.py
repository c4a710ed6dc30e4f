"""An installed Fairlead for the examples to run on."""

from tests.site.fixtures import site, site_base

__all__ = ["site", "site_base"]
