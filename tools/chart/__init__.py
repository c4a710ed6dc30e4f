"""What of the helm chart is derived from code: values, schema, roles, fence, definitions."""
