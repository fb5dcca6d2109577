"""A small Ingress controller written for reading, and mutants of it that are each wrong in one named way.

It is the suite's yardstick: the suite must pass the reference and fail the mutants. It shares no code with the
suite, so that one mistake cannot hide in both.
"""
