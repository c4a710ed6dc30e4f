"""What commands know of Releases: how they read, and which of them jobs would take."""
