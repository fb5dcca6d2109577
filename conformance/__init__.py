"""The multi-controller conformance test suite for Kubernetes Ingress."""

__version__ = "0.2.0"
