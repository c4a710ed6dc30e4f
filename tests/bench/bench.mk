# Included by the Makefile, which knows how to make the environment named $(BASE).

.PHONY: bench
bench: $(BASE) ## Measure against six other systems and bare executors (about 12 min)
	@$(PYTHON_VENV) tests/bench/run.py $(BENCH_OPTIONS)

.PHONY: bench-quick
bench-quick: $(BASE) ## The same in one short round, to see that everything runs
	@$(PYTHON_VENV) tests/bench/run.py --quick $(BENCH_OPTIONS)

.PHONY: bench-docs
bench-docs: $(BASE) ## Measure, and put the tables into docs/performance.md
	@$(PYTHON_VENV) tests/bench/run.py --write-docs $(BENCH_OPTIONS)

BENCH_CLUSTER = build/bench
BENCH_HANDOFF = $(BENCH_CLUSTER)/handoff.json
BENCH_SCALE = $(BENCH_CLUSTER)/scale.json

.PHONY: bench-cluster
bench-cluster: $(BASE) ## Measure on a cluster: hand-off on real nodes, scale on fake ones
	@mkdir -p $(BENCH_CLUSTER)
	@$(PYTHON_VENV) tests/bench/cluster_handoff.py --json $(BENCH_HANDOFF) $(HANDOFF_OPTIONS)
	@$(PYTHON_VENV) tests/bench/operator_scale.py --json $(BENCH_SCALE) $(SCALE_OPTIONS)

.PHONY: bench-cluster-docs
bench-cluster-docs: bench-cluster ## The same, and put the tables into docs/performance.md
	@$(PYTHON_VENV) tests/bench/operator_scale.py --from-json $(BENCH_SCALE) \
		--handoff $(BENCH_HANDOFF) --docs
