"""The proof of the suite: the right controller must pass it, and each of many wrong ones must fail it, and rightly."""
