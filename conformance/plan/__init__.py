"""From cases to the objects and probes of a run. Pure: values in, values out."""
