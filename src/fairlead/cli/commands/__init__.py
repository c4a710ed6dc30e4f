"""The commands, one group to a module.  What costs time is imported inside them."""
