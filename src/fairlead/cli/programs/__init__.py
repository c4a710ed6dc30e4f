"""What ``fairlead run FILE[:NAME]`` is to run, and on which input."""
