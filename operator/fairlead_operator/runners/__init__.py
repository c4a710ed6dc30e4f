"""Where tasks run: sizes, groups, releases, the pods made for them, and how those end.

Nothing here talks to a cluster and nothing reads a clock.  Indexes are fed with events and
answer questions; what cannot be is answered with a
:class:`~fairlead_operator.runners.refusal.Refusal` that says why and what to do.

====================  =============================================================
:mod:`.releases`      which Release runs a task
:mod:`.sizes`         what a MachineSize means for a pod
:mod:`.groups`        the runners that somebody keeps ready
:mod:`.accounts`      under which service accounts runners may run
:mod:`.allocator`     which runner a task gets, and who waits
:mod:`.pod`           the pod that is made
:mod:`.pod_record`    what is kept of a pod that is there
:mod:`.classify`      how a pod ended, or what it is stuck at
:mod:`.failures`      every way to fail: its name, its budget, its remedy
====================  =============================================================
"""
