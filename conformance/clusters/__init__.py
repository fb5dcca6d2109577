"""Where cases run: the embedded cluster, kind, or whatever a kubeconfig points at."""
