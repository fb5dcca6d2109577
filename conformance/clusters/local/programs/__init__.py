"""The control-plane programs of the embedded cluster: which they are, and how this machine gets them."""

from conformance.clusters.local.programs.acquire import Programs, at_hand, ensure

__all__ = ["Programs", "at_hand", "ensure"]
