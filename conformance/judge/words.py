"""The closed lists that every report is written in."""

from enum import StrEnum


class Verdict(StrEnum):
    """What became of a case or a probe; never merged with one another."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    UNSUPPORTED = "unsupported"
    SKIPPED = "skipped"
    ERROR = "error"


class Reason(StrEnum):
    """Why a verdict is not ``pass``."""

    WRONG_BACKEND = "wrong-backend"
    WRONG_STATUS = "wrong-status"
    UNEXPECTED_MATCH = "unexpected-match"
    NO_MATCH = "no-match"
    WRONG_CERTIFICATE = "wrong-certificate"
    WRONG_HEADER = "wrong-header"
    REDIRECTED = "redirected"
    NOT_PROGRAMMED = "not-programmed"
    NOT_REMOVED = "not-removed"
    UNSTABLE = "unstable"
    NO_ANSWER = "no-answer"
    CONTROLLER_CRASHED = "controller-crashed"
    HARNESS = "harness"
