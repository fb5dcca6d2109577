"""Everything that is told of a migration, from what was read, planned and answered. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator

from conformance.compare.runs import run_identity
from conformance.migrate.changes import Pair, changes_of
from conformance.migrate.claimed import UNSEEN
from conformance.migrate.found import Reading, Trouble
from conformance.migrate.ledger import Ledger
from conformance.migrate.model import WORST_FIRST, Migration, Omission, Problem, unasked_among
from conformance.migrate.never_asked import NEVER_ASKED
from conformance.migrate.plan import Plan
from conformance.migrate.question import LeftOut
from conformance.migrate.restoring import Restores
from conformance.migrate.wording import summary_of
from conformance.visible import visible

EXAMPLES = 5


def migration_of(reading: Reading, plan: Plan, pair: Pair) -> Migration:
    """Return what changes for the Ingresses that were read."""
    ledger = Ledger()
    changes = changes_of(plan, pair, Restores(pair.new.controller.name), ledger)
    ingresses = tuple(ledger.ingresses(plan))
    counted = Counter(record.sort for record in ingresses)
    counts = {sort: counted[sort] for sort in WORST_FIRST if counted[sort]}
    names = tuple(f"{report.controller.name} {report.controller.version}" for report in (pair.old, pair.new))
    everyone = [f for asked in plan.asked for g in (asked.group, *asked.alike) for f in g.ingresses]
    everyone += [found for found, _ in plan.refused]
    spaces = len({record.namespace for record in ingresses})
    annotations = tuple(ledger.annotations(everyone))
    unseen = () if ledger.claim_seen else (UNSEEN,)
    return Migration(
        old=run_identity(pair.old.controller.name, pair.old),
        new=run_identity(pair.new.controller.name, pair.new),
        basis="objects",
        summary=summary_of(counts, spaces, ledger.compared, (names[0], names[1]), unasked_among(annotations)),
        counts=counts,
        requests=ledger.compared,
        changes=changes,
        annotations=annotations,
        ingresses=ingresses,
        left_out=tuple(omissions([*reading.left_out, *plan.left_out, *unseen, *NEVER_ASKED])),
        problems=tuple(problems((*reading.troubles, *plan.troubles))),
    )


def omissions(left_out: Iterable[LeftOut]) -> Iterator[Omission]:
    """Yield what was left out, the same things together."""
    together: dict[tuple[str, str], list[LeftOut]] = {}
    for one in left_out:
        together.setdefault((one.kind, one.why), []).append(one)
    for (kind, why), several in sorted(together.items()):
        examples = tuple(dict.fromkeys(visible(one.ingress) for one in several if one.ingress))[:EXAMPLES]
        yield Omission(kind=kind, why=visible(why), count=sum(one.count for one in several), examples=examples)


def problems(troubles: Iterable[Trouble]) -> Iterator[Problem]:
    """Yield what could not be used of the input."""
    for one in troubles:
        yield Problem(
            where=visible(str(one.origin)), kind=one.kind, message=visible(one.message), hint=visible(one.hint)
        )
