"""A native cluster: Kubernetes from Go modules and Debian packages, no Docker, no registry.

The control plane runs as plain processes of the host. Each node is a set of namespaces
(process tree, mounts, network, name) which holds a kubelet, a containerd and a kube-proxy
of its own. Whatever a node does to links, rules, mounts and processes stays inside and
ends with its first process, which is what makes `down` complete.
"""
