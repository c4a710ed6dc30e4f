# --- a cluster for the tests: tests/cluster/ ----------------------------------------

.PHONY: cluster
cluster: $(DEV) ## Build and start a Kubernetes for the tests, here and now
	@$(PYTHON_VENV) -m tests.cluster up
	@$(PYTHON_VENV) -m tests.cluster status

.PHONY: cluster-down
cluster-down: $(DEV) ## End it and leave nothing of it
	@$(PYTHON_VENV) -m tests.cluster down

.PHONY: cluster-test
cluster-test: $(DEV) ## Run only the tests that need a cluster
	@$(PYTHON_VENV) -m pytest -m cluster --durations=10 $(PYTEST_OPTIONS)

.PHONY: prometheus
prometheus: $(DEV) ## Fetch the Prometheus that tests scrape and check with; installs nothing
	@$(PYTHON_VENV) -m tests.cluster.prometheus_package

.PHONY: checkers
checkers: $(DEV) ## Get the programs that judge the chart and the code: kube-score, checkov, bandit
	@$(PYTHON_VENV) -m tests.cluster.checkers
