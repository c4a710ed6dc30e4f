"""Fairlead installed in a test cluster: its images, its objects, and a running operator.

``python -m tests.site --help`` for people; :mod:`tests.site.fixtures` for tests.
"""
