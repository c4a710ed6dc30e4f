"""A proxy in front of an API server that breaks chosen requests and watch events.

It speaks TLS on both sides, keeps each client's identity, and does nothing until it is
given rules. A test talks to it through :class:`tests.cluster.proxy.client.ProxyClient`.
"""
