"""Import of a back office's CSV files (row B7). The columns are in `docs/import.md`."""

from gateway.importer.importing import import_files
from gateway.importer.progress import Bars, Follower, Notes, Silent, follow
from gateway.importer.report import EXIT_ALL_IMPORTED, EXIT_SOME_REFUSED, EXIT_UNUSABLE, Report, Summary, Tally

__all__ = [
    "EXIT_ALL_IMPORTED",
    "EXIT_SOME_REFUSED",
    "EXIT_UNUSABLE",
    "Bars",
    "Follower",
    "Notes",
    "Report",
    "Silent",
    "Summary",
    "Tally",
    "follow",
    "import_files",
]
