"""A cluster that kind makes for a run: nodes are containers, pods are real, the controller is installed as users do."""
