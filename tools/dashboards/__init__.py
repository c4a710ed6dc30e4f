"""The Grafana dashboards of the chart: what they show, as plain data, and how that is written.

:mod:`dashboards.fleet`, :mod:`dashboards.identifier` and :mod:`dashboards.operator` say what
is shown; :mod:`dashboards.grafana` writes it in Grafana's format.
"""
