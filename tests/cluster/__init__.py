"""A real Kubernetes cluster for the tests, on any Linux machine with root.

One interface (:mod:`tests.cluster.provider`), three providers: an existing kubeconfig, kind,
and a native cluster built from Go modules and Debian packages. ``python -m tests.cluster``
is the command line, ``tests.cluster.fixtures`` the plugin for pytest.
"""
