"""A fictitious fund of six years, at any size: the same seed gives the same fund.

Its NIRs are impossible (month 13): importing them needs `LEDGER_FICTITIOUS=1` in the environment.
"""

from gateway.generator.expected import Expected
from gateway.generator.files import write_files
from gateway.generator.fund import Fund
from gateway.generator.personas import Persona, personas
from gateway.generator.size import Size
from gateway.generator.style import Style

__all__ = ["Expected", "Fund", "Persona", "Size", "Style", "personas", "write_files"]
