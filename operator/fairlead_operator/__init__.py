"""The operator that runs Fairlead's jobs on Kubernetes.

``observe`` tells what there is, ``jobs`` and ``runners`` decide without input or output,
``driving`` carries out what they decide through ``kube``, and ``app`` puts it together.
"""
