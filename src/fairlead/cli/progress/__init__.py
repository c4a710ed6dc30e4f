"""Following a job: a snapshot of its progress, and two ways to show it."""
