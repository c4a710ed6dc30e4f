# A real Kubernetes for the tests. To be included by the Makefile of the project.
PYTHON ?= python3

.PHONY: cluster cluster-down cluster-status

cluster: ## Build and start the test cluster (native, kind, or FAIRLEAD_CLUSTER=existing)
	$(PYTHON) -m tests.cluster up
	$(PYTHON) -m tests.cluster status

cluster-down: ## End the test cluster and leave nothing of it
	$(PYTHON) -m tests.cluster down

cluster-status: ## Show what runs of the test cluster
	$(PYTHON) -m tests.cluster status
