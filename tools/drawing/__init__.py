"""Draws Grafana's dashboards as SVG pictures, from answers that a Prometheus gave.

For the documentation: what a dashboard looks like with real numbers, without a Grafana.
"""
