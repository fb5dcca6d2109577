"""Carries a plan out: applies objects, watches the answers, asks the judge, reports each verdict as an event."""
