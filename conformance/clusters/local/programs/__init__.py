"""The control-plane programs of the embedded cluster: which they are, and how this machine gets them."""

from conformance.clusters.local.programs.acquire import Programs, ensure

__all__ = ["Programs", "ensure"]
