# --- images, and Fairlead installed in a test cluster: tests/site/ ---------------------

.PHONY: images
images: $(DEV) ## Build the images of runner, operator and store, and helm; print where they are
	@$(PYTHON_VENV) -m tests.site images

.PHONY: sbom
sbom: $(DEV) ## Write what is in each image, as CycloneDX in JSON, to build/sbom/
	@$(PYTHON_VENV) -m tests.site.sbom

.PHONY: cluster-demo
cluster-demo: $(DEV) ## Run a job on a Kubernetes started for it: see its pods and its results
	@$(PYTHON_VENV) -m tests.site demo
