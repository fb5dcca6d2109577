"""The node agent of the embedded cluster: what a kubelet does, as little of it as the suite needs."""
