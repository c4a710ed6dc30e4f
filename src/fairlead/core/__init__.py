"""The semantics of Fairlead: pure, incremental, and the only implementation there is.

Nothing here reads a clock, draws a random number, logs, or does I/O.  A driver hands
events to a :class:`~fairlead.core.graph.JobGraph` and carries out the effects it
returns; two drivers that do so behave alike, whatever they stand on.
"""
