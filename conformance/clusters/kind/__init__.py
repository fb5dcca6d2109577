"""A cluster that the tool kind makes for a run: real nodes in containers, real pods, the controller as it is installed."""
