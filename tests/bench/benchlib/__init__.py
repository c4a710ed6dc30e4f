"""The harness of the benchmarks: environments, plan, launching, statistics, reports."""
