"""Certificates with their keys, from memory into OpenSSL, which only reads files."""

import os
import ssl


def load_pair(context: ssl.SSLContext, chain: bytes, key: bytes) -> None:
    """Let ``context`` present a chain with its key, both PEM.

    The file that OpenSSL reads exists in memory only: no key reaches a disk, and no disk need be writable.

    Raises:
        ssl.SSLError: the chain or the key makes no sense, or they do not belong together.
    """
    with os.fdopen(os.memfd_create("pair"), "wb") as file:
        file.write(chain.rstrip() + b"\n" + key)
        file.flush()
        # Without a password an encrypted key would make OpenSSL ask for one on the terminal.
        context.load_cert_chain(f"/proc/self/fd/{file.fileno()}", password="")
