"""What each role may do: one row for each route, by its operationId. What a caller may *see* is its scope, elsewhere.

An action that is not in a role's rows is refused whatever it names: a resource looks absent (404), anything else is
answered 403. The five steps of a payment are not all in one role's hands (row B3): case managers decide and attest,
accountants approve to pay and pay.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ledger.account.events import Role

_EVERYBODY: Final = frozenset(Role)
_READERS: Final = frozenset({Role.PORTAL, Role.CASE_MANAGER, Role.ACCOUNTANT, Role.AUDITOR})
_STAFF: Final = frozenset({Role.CASE_MANAGER, Role.ACCOUNTANT, Role.AUDITOR})
_FUND: Final = frozenset({Role.CASE_MANAGER, Role.ACCOUNTANT})
_CASE_MANAGER: Final = frozenset({Role.CASE_MANAGER})
_ACCOUNTANT: Final = frozenset({Role.ACCOUNTANT})
_OPERATOR: Final = frozenset({Role.OPERATOR, Role.AUDITOR})
_REGISTRAR: Final = frozenset({Role.CASE_MANAGER, Role.OPERATOR})

RIGHTS: Final[Mapping[str, frozenset[Role]]] = MappingProxyType(
    {
        # About the caller, and what everybody needs to read the rest.
        "get_me": _EVERYBODY,
        "list_schemes": _EVERYBODY,
        "list_document_categories": _EVERYBODY,
        # Reading.
        "list_dossiers": _READERS,
        "search_dossiers": _READERS,
        "get_dossier": _READERS,
        "list_dossier_trainees": _READERS,
        "list_dossier_transfers": _READERS,
        "list_dossier_documents": _READERS,
        "get_dossier_history": _READERS,
        "list_establishments": _READERS,
        "search_establishments": _READERS,
        "get_establishment": _READERS,
        "list_establishment_documents": _READERS,
        "list_transfers": _READERS,
        "get_transfer": _READERS,
        "list_invoices": _READERS,
        "get_invoice": _READERS,
        "get_document": _READERS,
        "get_document_content": _READERS,
        "list_lots": _STAFF,
        "get_lot": _STAFF,
        "get_organisation": _STAFF,
        "get_person": _STAFF,
        "get_account": _REGISTRAR | {Role.AUDITOR},
        "list_projections": _OPERATOR,
        # Organisations, establishments, people, accounts.
        "register_organisation": _CASE_MANAGER,
        "rename_organisation": _CASE_MANAGER,
        "add_organisation_kind": _CASE_MANAGER,
        "register_establishment": _CASE_MANAGER,
        "rename_establishment": _CASE_MANAGER,
        "move_establishment": _CASE_MANAGER,
        "change_nda": _CASE_MANAGER,
        "record_bank_details": _ACCOUNTANT,
        "register_person": _CASE_MANAGER,
        "rename_person": _CASE_MANAGER,
        "create_account": _REGISTRAR,
        "disable_account": _REGISTRAR,
        "enable_account": _REGISTRAR,
        "grant_membership": _REGISTRAR,
        "change_membership": _REGISTRAR,
        "end_membership": _REGISTRAR,
        # Dossiers: instruction, decision, life.
        "open_dossier": _CASE_MANAGER,
        "enrol_trainee": _CASE_MANAGER,
        "withdraw_trainee": _CASE_MANAGER,
        "issue_agreement": _CASE_MANAGER,
        "refuse_agreement": _CASE_MANAGER,
        "amend_agreement": _CASE_MANAGER,
        "start_execution": _CASE_MANAGER,
        "finish_execution": _CASE_MANAGER,
        "break_off_execution": _CASE_MANAGER,
        "settle_dossier": _FUND,
        "close_dossier": _CASE_MANAGER,
        "cancel_dossier": _CASE_MANAGER,
        "deposit_document": _FUND,
        "withdraw_document": _FUND,
        # Invoices and payment.
        "receive_invoice": _FUND,
        "attest_service": _CASE_MANAGER,
        "approve_invoice": _ACCOUNTANT,
        "dispute_invoice": _FUND,
        "resolve_dispute": _FUND,
        "open_lot": _ACCOUNTANT,
        "prepare_transfer": _ACCOUNTANT,
        "release_lot": _ACCOUNTANT,
        "pay_transfer": _ACCOUNTANT,
        "reject_transfer": _ACCOUNTANT,
        "withdraw_transfer": _ACCOUNTANT,
    }
)


def may(role: Role, action: str) -> bool:
    """Whether the role has the action. An action without a row is nobody's (a test says that there is none)."""
    return role in RIGHTS.get(action, frozenset())
