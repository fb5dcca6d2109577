"""``python -m conformance`` is ``ingress-conformance``."""

from conformance.cli import main

if __name__ == "__main__":
    main()
