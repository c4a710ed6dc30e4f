"""Jobs and tasks described in a few lines, each with what to do next."""
