"""The custom resources of Fairlead on Kubernetes: ``fairlead.dev/v1beta1``.

:class:`~fairlead.api.job.Job`, :class:`~fairlead.api.task.Task`,
:class:`~fairlead.api.release.Release`, :class:`~fairlead.api.machine.MachineSize` and
:class:`~fairlead.api.machine.MachineGroup` are pydantic models, and the only place where
their shape is written down: :mod:`fairlead.api.crds` makes the
CustomResourceDefinitions from them.  Everything here is pure; nothing talks to a cluster.
"""
