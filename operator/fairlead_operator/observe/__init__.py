"""Where events about objects come from."""
