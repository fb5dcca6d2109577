"""Sending one request and keeping what came back, within limits of time and size."""
