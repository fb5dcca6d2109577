"""From observations to verdicts. Pure: no clock, no network."""
