"""The published rights are those that a run asks for, and no more."""

from pathlib import Path
from typing import Any

import yaml

from conformance.case.load import load_cases
from conformance.clusters.current.rights import Right, rights_for
from conformance.plan.objects import every_manifest

DOCUMENT = Path(__file__).parents[2] / "docs" / "rbac.yaml"
CLEANING = {Right("list", "namespaces"), Right("list", "ingressclasses", "networking.k8s.io")}
OPTIONAL = {Right("list", "services")}
OWN_CASES = {
    *(Right(verb, "secrets") for verb in ("create", "update", "patch", "delete")),
    *(Right(verb, "deployments", "apps") for verb in ("create", "update", "patch", "delete")),
    Right("create", "pods/proxy"),
}
"""What cases about TLS and about backends that come and go need; a user's own case files may hold some."""


def documents() -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(DOCUMENT.read_text()) if document]


def granted() -> set[Right]:
    (role,) = (document for document in documents() if document["kind"] == "ClusterRole")
    return {
        Right(verb, resource, group)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_they_are_enough_and_no_more() -> None:
    needed = {*rights_for(load_cases()), *CLEANING, *OPTIONAL}
    assert needed - granted() == set()
    assert granted() - needed - OWN_CASES == set()


def test_nothing_is_granted_wholesale() -> None:
    assert not any("*" in str(right) for right in granted())
    assert Right("get", "secrets") not in granted()
    assert Right("list", "secrets") not in granted()


def test_fewer_cases_need_fewer_rights() -> None:
    plain = [case for case in load_cases() if case.placement == "packed" and case.section == "path-types"]
    resources = {right.resource for right in rights_for(plain)}
    assert "secrets" not in resources
    assert Right("delete", "ingressclasses", "networking.k8s.io") not in rights_for(plain)


def test_only_annotations_that_name_an_address_need_services_read() -> None:
    cases = load_cases()
    about = [case for case in cases if any("@address(" in str(m) for m in every_manifest(case))]
    assert about
    read = Right("get", "services")
    assert all(read in rights_for([case]) for case in about)
    assert read not in rights_for([case for case in cases if case not in about])


def test_the_policy_speaks_of_the_account_that_is_bound() -> None:
    (policy,) = (document for document in documents() if document["kind"] == "ValidatingAdmissionPolicy")
    (account,) = (document["metadata"] for document in documents() if document["kind"] == "ServiceAccount")
    (condition,) = policy["spec"]["matchConditions"]
    assert f"'system:serviceaccount:{account['namespace']}:{account['name']}'" in condition["expression"]
