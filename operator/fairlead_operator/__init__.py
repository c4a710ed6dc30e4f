"""The operator that runs Fairlead's jobs on Kubernetes.

This release runs jobs locally only; the package holds its place among the layers, so
that the import contract covers the second source root from the start.
"""
