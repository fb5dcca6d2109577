"""A TLS handshake in memory: whether this machine's OpenSSL can speak an old version at all."""

import ssl
import warnings

from conformance.probes.trouble import CannotSend

_ROUNDS = 10


def rehearse(client: ssl.SSLContext, version: str) -> None:
    """Complete a handshake between ``client`` and a server that takes any version.

    Raises:
        CannotSend: it cannot be completed here, so a server that refuses it would prove nothing.
    """
    import trustme  # noqa: PLC0415 - slow to import, and hardly ever needed

    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    server.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # RSA: every version can use it.
        trustme.CA(key_type=trustme.KeyType.RSA).issue_cert("x.test", key_type=trustme.KeyType.RSA).configure_cert(
            server
        )
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (client.wrap_bio(to_client, to_server), server.wrap_bio(to_server, to_client, server_side=True))
    waiting = list(ends)
    try:
        for _ in range(_ROUNDS):
            waiting = [end for end in waiting if not _shaken(end)]
            if not waiting:
                return
    except ssl.SSLError as error:
        raise _cannot(version, str(error)) from error
    raise _cannot(version, "the handshake never ended")


def _shaken(end: ssl.SSLObject) -> bool:
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def _cannot(version: str, why: str) -> CannotSend:
    hint = "such probes need an OpenSSL whose build and configuration still allow that version"
    return CannotSend(f"this machine's OpenSSL cannot speak TLS {version}: {why}", hint=hint)
