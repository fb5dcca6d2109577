"""The pytest side: every case is an item named by its id."""
