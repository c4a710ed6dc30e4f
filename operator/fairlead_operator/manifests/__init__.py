"""Pure builders of the Kubernetes objects that an installation consists of, as plain dicts."""
