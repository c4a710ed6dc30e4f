# --- a cluster for the tests: tests/cluster/ ----------------------------------------

.PHONY: cluster
cluster: $(DEV) ## Build and start a Kubernetes for the tests, here and now
	@$(PYTHON_VENV) -m tests.cluster up
	@$(PYTHON_VENV) -m tests.cluster status

.PHONY: cluster-down
cluster-down: $(DEV) ## End it and leave nothing of it
	@$(PYTHON_VENV) -m tests.cluster down

.PHONY: cluster-test
cluster-test: $(DEV) ## Run the tests of the cluster itself
	@$(PYTHON_VENV) -m pytest --durations=10 tests/unit/cluster tests/integration/cluster \
		$(PYTEST_OPTIONS)
