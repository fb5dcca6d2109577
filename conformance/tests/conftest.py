"""Settings of the whole test suite."""

from hypothesis import HealthCheck, settings

# How long an example takes says something about the machine, not about the code: timing is measured elsewhere.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
