"""The command line ``fairlead``: reads views from a backend, sends it requests."""
