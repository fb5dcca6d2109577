"""A report held against its own evidence, its cases and its events. Pure."""
