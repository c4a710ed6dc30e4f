"""The way to the API server: its kinds, its errors, and one asynchronous client."""
