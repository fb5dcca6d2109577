"""A certificate for a controller that wants one for hosts without their own; it belongs to no case."""

import functools

NAME = "default-certificate.invalid"


@functools.cache
def default_certificate() -> tuple[str, str]:
    """Return certificate and key (PEM) of ``NAME``, the same for all instances of a run; made once per process."""
    import trustme  # noqa: PLC0415 - `run` only asks for the name of the file, and would wait for it

    made = trustme.CA(organization_name="ingress-conformance").issue_cert(NAME, common_name=NAME)
    return made.cert_chain_pems[0].bytes().decode(), made.private_key_pem.bytes().decode()
