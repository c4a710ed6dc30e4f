"""An installed Fairlead that is given bad objects."""

from tests.site.fixtures import site, site_base

__all__ = ["site", "site_base"]
