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
