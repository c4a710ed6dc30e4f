"""``isolation: Sidecar``: the task's code in a container of its own, without a token.

The *agent* stays what it is; in place of a zygote of its own it has a *keeper*, the first
process of the other container (``python -m fairlead.runner.pod.sidecar``), which does there
what the agent does itself otherwise: it unpacks the release, starts the zygote, watches the
memory, hands over files and cleans up.  ``docs/adr/0037-isolation.md`` says why it is so.
"""
