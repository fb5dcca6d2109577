"""A certificate belongs to the Secret that holds it, whatever the report says."""

import base64
import hashlib

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord, Expected, ObjectRecord, Observed
from conformance.tests.reports import case_record, probe_record
from conformance.tests.rich_report import CERTIFICATE
from conformance.tests.sound_report import attempts
from conformance.verify.certificates import certificate_problems

PEM = trustme.CA().issue_cert("foo.test").cert_chain_pems[0].bytes()
PRINT = hashlib.sha256(x509.load_pem_x509_certificate(PEM).public_bytes(Encoding.DER)).hexdigest()


def shown(sha256: str, secret: str, data: object = None, attempt: str = "") -> CaseRecord:
    """A case that holds a certificate in the Secret main, and was shown one that is said to be of ``secret``."""
    seen = Observed(outcome="a", certificate=CERTIFICATE.model_copy(update={"sha256": sha256, "secret": secret}))
    tries = tuple(one.model_copy(update={"certificate": attempt or sha256}) for one in attempts("a", "a", "a"))
    more = {"certificate": {"secret": "main"}}
    probe = probe_record(Verdict.PASS, expected=Expected(outcome="a", more=more), observed=seen, attempts=tries)
    held = {"tls.crt": base64.b64encode(PEM).decode()} if data is None else data
    manifest = {"kind": "Secret", "metadata": {"name": "s-case-main"}, "data": held}
    return case_record("s/case", probes=(probe,), objects=(ObjectRecord(manifest=manifest),))


def said(case: CaseRecord) -> str:
    return "; ".join(problem.what for problem in certificate_problems(case))


def test_the_certificate_of_the_secret_is_accepted() -> None:
    assert said(shown(PRINT, "main")) == ""
    assert said(shown("ab" * 32, "")) == ""


def test_after_a_step_an_old_certificate_may_belong_to_no_secret() -> None:
    made = shown(PRINT, "")
    later = made.probes[0].model_copy(update={"step": 1})
    assert said(made.model_copy(update={"probes": (later,)})) == ""


def test_another_one_is_not() -> None:
    assert "does not hold" in said(shown("ab" * 32, "main"))
    assert "does not hold" in said(shown(PRINT, "another"))
    assert "holds it" in said(shown(PRINT, ""))
    assert "deciding attempt" in said(shown(PRINT, "main", attempt="ab" * 32))


@pytest.mark.parametrize("data", [{}, {"tls.crt": "!!!"}, {"tls.crt": 7}, {"tls.crt": "AAAA"}, [], "x"])
def test_a_secret_that_holds_garbage_holds_no_certificate(data: object) -> None:
    assert "does not hold" in said(shown(PRINT, "main", data=data))
