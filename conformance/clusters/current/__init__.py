"""A cluster that the user runs, with a controller that is there: nothing is touched that a run did not make."""
