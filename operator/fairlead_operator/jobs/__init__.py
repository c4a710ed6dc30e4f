"""What is to be done about a job: records of what was seen in, actions out.  No I/O, no clock."""
