"""The multi-controller conformance test suite for Kubernetes Ingress."""

__version__ = "0.1.0"
