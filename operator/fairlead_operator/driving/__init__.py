"""Driving jobs: events to models, actions to the API server."""
