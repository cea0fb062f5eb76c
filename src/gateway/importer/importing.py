"""The import of a back office's files, from their examination to the summary."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gateway.importer import kinds
from gateway.importer.documents import DocumentImport
from gateway.importer.milestones import import_milestones
from gateway.importer.plans import PLANS
from gateway.importer.progress import Follower, Silent
from gateway.importer.references import References
from gateway.importer.report import Report, Summary
from gateway.importer.run import Run, import_lines
from gateway.importer.sources import Source, find_sources
from gateway.importer.transfers import import_transfers
from ledger.application import Ledger
from ledger.kit.keyring import Keyring
from ledger.vault.vault import Vault


def import_files(
    ledger: Ledger,
    keyring: Keyring,
    vault: Vault,
    paths: Iterable[Path],
    *,
    report: Path,
    progress: Follower | None = None,
) -> Summary:
    """Import files and directories of files, in the order of their kinds, whatever order is given.

    Every line is accepted or refused by itself, and the refused ones are written to `report`. Where a file cannot be
    used at all, nothing is imported. The import may be killed at any moment and run again: what is there already is
    told from what is new, nothing is doubled, nothing is lost.
    """
    summary = Summary()
    sources, summary.unusable = find_sources(paths, report=report)
    with Report(report) as written:
        for reason in summary.unusable:
            written.unusable(reason)
        if not summary.unusable:
            run = Run(ledger, References(ledger, keyring), written, summary, progress or Silent())
            _import(run, DocumentImport(run, keyring, vault), sources)
    return summary


def _import(run: Run, documents: DocumentImport, sources: list[Source]) -> None:
    by_kind = {kind.name: [source for source in sources if source.kind is kind] for kind in kinds.KINDS}
    for plan in PLANS:
        for source in by_kind[plan.kind.name]:
            run.follower.begin(source.path.name, source.lines)
            import_lines(run, source, plan)
    import_transfers(run, by_kind[kinds.TRANSFERS.name])
    for source in by_kind[kinds.DOCUMENTS.name]:
        run.follower.begin(source.path.name, source.lines)
        documents(source)
    for source in by_kind[kinds.DOSSIERS.name]:
        run.follower.begin(f"{source.path.name} (étapes)", source.lines)
        import_milestones(run, source)
