"""Pictures of a job's task tree: text for terminals, SVG for notebooks and pages, data.

Everything here is a pure function of the records in :mod:`fairlead.sdk.backend`.
"""
