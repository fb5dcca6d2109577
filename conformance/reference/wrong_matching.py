"""Mutants that match hosts and paths wrongly."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import unquote

from conformance.reference import matching as spec
from conformance.reference.matching import choose, host_name, path_matches, precedence, request_path
from conformance.reference.model import Backend, Path, Table
from conformance.reference.mutant import behaving, fixed, matching


def _string_prefix(rule: Path, path: str) -> bool:
    return path == rule.path if rule.kind == "Exact" else path.startswith(rule.path.removesuffix("/"))


def _strict_slash(rule: Path, path: str) -> bool:
    ends_alike = path == rule.path or path.startswith(rule.path.removesuffix("/") + "/")
    return path_matches(rule, path) and (not rule.path.endswith("/") or ends_alike)


def _lax_exact(rule: Path, path: str) -> bool:
    return path_matches(replace(rule, path=rule.path.removesuffix("/")), path.removesuffix("/"))


def _caseless(rule: Path, path: str) -> bool:
    return path_matches(replace(rule, path=rule.path.lower()), path.lower())


def _regex(rule: Path, path: str) -> bool:
    pattern = rule.path if rule.kind == "Exact" else rule.path.removesuffix("/") + "(/.*)?"
    try:
        return re.fullmatch(pattern, path) is not None
    except re.error:
        return False


def _as(kind: str) -> Callable[[Path, str], bool]:
    return lambda rule, path: path_matches(replace(rule, kind=kind), path)


def _first(rules: Sequence[Path]) -> Path:
    return rules[0]


def _last(rules: Sequence[Path]) -> Path:
    return rules[-1]


def _shortest(rules: Sequence[Path]) -> Path:
    return min(rules, key=precedence)


def _prefix_before_exact(rules: Sequence[Path]) -> Path:
    return max(rules, key=lambda rule: (len(rule.path), rule.kind != "Exact"))


def _exact_before_longer(rules: Sequence[Path]) -> Path:
    return max(rules, key=lambda rule: (rule.kind == "Exact", len(rule.path)))


def _more_characters(table: Table, authority: str, target: str) -> Backend | None:
    if choose(table, authority, target) is None:
        return None
    return matching(path_matches=_string_prefix).choose(table, authority, target)


def _wildcards(name: str) -> list[str]:
    labels = name.split(".")
    return ["*." + ".".join(labels[first:]) for first in range(1, len(labels))]


def _any_depth(hosts: Mapping[str, object], name: str) -> str:
    return next((host for host in (name, *_wildcards(name)) if host in hosts), "")


def _apex(hosts: Mapping[str, object], name: str) -> str:
    return spec.choose_host(hosts, name) or next((host for host in (f"*.{name}",) if host in hosts), "")


def _wildcard_first(hosts: Mapping[str, object], name: str) -> str:
    return next((host for host in (*_wildcards(name)[:1], name) if host in hosts), "")


def _suffix(hosts: Mapping[str, object], name: str) -> str:
    suffixes = (name.split(".", depth)[-1] for depth in range(name.count(".")))
    return spec.choose_host(hosts, name) or next((host for host in suffixes if host in hosts), "")


def _begins(hosts: Mapping[str, object], name: str) -> str:
    return spec.choose_host(hosts, name) or next((host for host in hosts if host and _begins_with(name, host)), "")


def _begins_with(name: str, host: str) -> bool:
    first, _, rest = name.partition(".")
    return bool(first) and rest.startswith(host[2:]) if host.startswith("*.") else name.startswith(host)


def _only(table: Table, host: str) -> Table:
    return Table({"": table.hosts.get(host, ())})


def _falls_through_to(level: Callable[[str], str]) -> Callable[[Table, str, str], Backend | None]:
    def choose_again(table: Table, authority: str, target: str) -> Backend | None:
        precise = choose(Table(table.hosts), authority, target)
        further = precise or choose(_only(table, level(host_name(authority))), "", target)
        return further or choose(table, authority, target)

    return choose_again


def _hostless_first(table: Table, authority: str, target: str) -> Backend | None:
    return choose(_only(table, ""), "", target) or choose(table, authority, target)


def _hostless_before_wildcard(table: Table, authority: str, target: str) -> Backend | None:
    if host_name(authority) in table.hosts:
        return choose(table, authority, target)
    return _hostless_first(table, authority, target)


def _host_ignored(table: Table, authority: str, target: str) -> Backend | None:
    everything = tuple(path for paths in table.hosts.values() for path in paths)
    return choose(Table({"": everything}, table.defaults), authority, target)


def _no_default(table: Table, authority: str, target: str) -> Backend | None:
    return choose(Table(table.hosts), authority, target)


def _global_default(table: Table, authority: str, target: str) -> Backend | None:
    return choose(table, authority, target) or table.defaults.get("")


def _default_first(table: Table, authority: str, target: str) -> Backend | None:
    host = spec.choose_host(table.hosts, host_name(authority))
    return (table.defaults.get(host) if host else None) or choose(table, authority, target)


def _default_for_named(table: Table, authority: str, target: str) -> Backend | None:
    named = {host: backend for host, backend in table.defaults.items() if host or not any(table.hosts)}
    return choose(Table(table.hosts, named), authority, target)


def _default_without_wildcards(table: Table, authority: str, target: str) -> Backend | None:
    others = {host: backend for host, backend in table.defaults.items() if not host.startswith("*.")}
    return choose(Table(table.hosts, others), authority, target)


def _first_when_unmatched(table: Table, authority: str, target: str) -> Backend | None:
    paths = table.hosts.get(spec.choose_host(table.hosts, host_name(authority)), ())
    return choose(table, authority, target) or (paths[0].backend if paths else None)


def _no_hostless(table: Table, authority: str, target: str) -> Backend | None:
    return choose(
        Table({host: paths for host, paths in table.hosts.items() if host}, table.defaults), authority, target
    )


def _dots_resolved(target: str) -> str:
    kept: list[str] = []
    for element in request_path(target).split("/"):
        if element == ".." and len(kept) > 1:
            kept.pop()
        elif element not in {".", ".."}:
            kept.append(element)
    return "/".join(kept)


def _with_port(authority: str) -> str:
    return authority.lower()


def _path(change: Callable[[str], str]) -> Callable[[str], str]:
    return lambda target: change(request_path(target))


_WRONG = {
    "string-prefix": ("Prefix compares characters: /aaa/bb matches /aaa/bbb.", matching(path_matches=_string_prefix)),
    "first-listed-wins": ("Of several matching paths the first listed wins, not the longest.", matching(pick=_first)),
    "last-listed-wins": ("Of several matching paths the last listed wins, not the longest.", matching(pick=_last)),
    "shortest-path-wins": ("Of several matching paths the shortest wins.", matching(pick=_shortest)),
    "prefix-before-exact": ("Of two equal paths Prefix wins over Exact.", matching(pick=_prefix_before_exact)),
    "exact-before-longer": (
        "Exact paths also match what is below them, and win over longer Prefix paths.",
        matching(path_matches=_as("Prefix"), pick=_exact_before_longer),
    ),
    "longest-by-characters": (
        "Once some path matches, the longest one wins that is a prefix by characters, element boundary or not.",
        behaving(choose=_more_characters),
    ),
    "trailing-slash-strict": (
        "A Prefix path that ends with a slash does not match the request without it.",
        matching(path_matches=_strict_slash),
    ),
    "exact-ignores-trailing-slash": (
        "Exact matches with and without a trailing slash.",
        matching(path_matches=_lax_exact),
    ),
    "case-insensitive-paths": ("Paths match in any letter case.", matching(path_matches=_caseless)),
    "regex-paths": ("Paths are regular expressions: a dot matches any character.", matching(path_matches=_regex)),
    "exact-as-prefix": ("Exact paths also match what is below them.", matching(path_matches=_as("Prefix"))),
    "prefix-as-exact": ("Prefix paths match only themselves.", matching(path_matches=_as("Exact"))),
    "query-in-path": ("The query counts as part of the path.", matching(request_path=lambda target: target)),
    "slashes-merged": (
        "Repeated slashes in a request count as one.",
        matching(request_path=_path(lambda path: re.sub("/+", "/", path))),
    ),
    "encoded-slash-decoded": (
        "%2F in a request counts as a slash.",
        matching(request_path=_path(lambda path: re.sub("%2[Ff]", "/", path))),
    ),
    "paths-decoded": ("Requests are matched percent-decoded.", matching(request_path=_path(unquote))),
    "dots-resolved": ("Requests are matched with their dot segments resolved.", matching(request_path=_dots_resolved)),
    "first-element-only": (
        "Only the first element of a request's path is looked at.",
        matching(request_path=_path(lambda path: "/".join(path.split("/")[:2]))),
    ),
    "unmatched-to-first-path": (
        "What no path of a host matches goes to the host's first path.",
        behaving(choose=_first_when_unmatched),
    ),
    "deep-paths-unmatched": (
        "Requests of more than 16 path elements match nothing.",
        matching(request_path=_path(lambda path: path if path.count("/") <= 16 else "")),
    ),
    "long-paths-unmatched": (
        "Requests with a path of more than 512 characters match nothing.",
        matching(request_path=_path(lambda path: path if len(path) <= 512 else "")),
    ),
    "wildcard-many-labels": ("A wildcard host matches several labels.", matching(choose_host=_any_depth)),
    "wildcard-apex": ("A wildcard host matches the domain itself too.", matching(choose_host=_apex)),
    "wildcard-first": ("A wildcard host wins over a precise one.", matching(choose_host=_wildcard_first)),
    "wildcard-ignored": (
        "Rules with a wildcard host serve nothing.",
        matching(choose_host=lambda hosts, name: name if name in hosts else ""),
    ),
    "host-as-suffix": ("A precise host also serves every host below it.", matching(choose_host=_suffix)),
    "host-as-beginning": (
        "A host also serves every name that begins with it, a wildcard's suffix likewise.",
        matching(choose_host=_begins),
    ),
    "wildcard-fallthrough": (
        "What no path of the precise host matches falls through to the wildcard host.",
        behaving(choose=_falls_through_to(lambda name: "*." + name.partition(".")[2])),
    ),
    "hostless-fallthrough": (
        "What no path of the host matches falls through to the rules without host.",
        behaving(choose=_falls_through_to(lambda _: "")),
    ),
    "hostless-ignored": ("Rules without a host serve nothing.", behaving(choose=_no_hostless)),
    "hostless-first": ("Rules without host win over rules with one.", behaving(choose=_hostless_first)),
    "hostless-before-wildcard": (
        "Rules without host win over rules with a wildcard.",
        behaving(choose=_hostless_before_wildcard),
    ),
    "host-ignored": ("Every rule applies to every host.", behaving(choose=_host_ignored)),
    "host-port-unmatched": ("A Host header with a port matches no host.", matching(host_name=_with_port)),
    "host-case-sensitive": (
        "A Host header with capitals matches no host.",
        matching(host_name=lambda authority: authority if authority != authority.lower() else host_name(authority)),
    ),
    "default-backend-ignored": ("Default backends get nothing.", behaving(choose=_no_default)),
    "default-backend-global": (
        "One Ingress's default backend gets what other Ingresses' hosts don't match.",
        behaving(choose=_global_default),
    ),
    "default-backend-shadows": (
        "An Ingress's default backend gets everything for its hosts, matched or not.",
        behaving(choose=_default_first),
    ),
    "default-backend-without-wildcards": (
        "What no path of a wildcard host matches goes to no default backend.",
        behaving(choose=_default_without_wildcards),
    ),
    "default-backend-only-named-hosts": (
        "The default backend does not get hosts that no rule names.",
        behaving(choose=_default_for_named),
    ),
}

MUTANTS = tuple(fixed(name, sentence, behaviour) for name, (sentence, behaviour) in _WRONG.items())
