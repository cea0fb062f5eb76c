"""Rights in one place: one row for each action, by its operationId (or its name, where it is in no description).

API, pages, `/v1/me`, the database role of a reading and `docs/rights.md` derive from it. An action that is not in a
caller's rows is refused whatever it names: a resource and a page look absent (404), anything else is answered 403. The
five steps of a payment are not all in one role's hands (row B3): case managers decide and attest, accountants approve
to pay and pay.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from gateway.audiences import Audience, Bearer, Right, Scope, Stage, audience_of, audiences_of, fresh, reached, widest
from gateway.page_rights import PAGES
from ledger.account.events import Role as AccountRole
from ledger.kit.errors import Forbidden
from ledger.log.database import Role

_Who = Mapping[Audience, Scope]
_CASE_MANAGER: Final[_Who] = {Audience.CASE_MANAGER: Scope.FUND}
_ACCOUNTANT: Final[_Who] = {Audience.ACCOUNTANT: Scope.FUND}
_AUDITOR: Final[_Who] = {Audience.AUDITOR: Scope.FUND}
_OPERATOR: Final[_Who] = {Audience.OPERATOR: Scope.FUND}
_FUND: Final[_Who] = {**_CASE_MANAGER, **_ACCOUNTANT}
_STAFF: Final[_Who] = {**_FUND, **_AUDITOR}
_READERS: Final[_Who] = {Audience.USER: Scope.ESTABLISHMENTS, **_STAFF}
_REGISTRAR: Final[_Who] = {**_CASE_MANAGER, **_OPERATOR}
_MANAGERS: Final[_Who] = {Audience.REFERENT: Scope.TEAM, **_REGISTRAR}
_CONTROL: Final[_Who] = {**_AUDITOR, **_OPERATOR}
_EVERYBODY: Final[_Who] = dict.fromkeys(
    (Audience.USER, Audience.CASE_MANAGER, Audience.ACCOUNTANT, Audience.AUDITOR, Audience.OPERATOR), Scope.OWN
)
_STAFF_OWN: Final[_Who] = {who: Scope.OWN for who in _EVERYBODY if who is not Audience.USER}
_ANYBODY: Final[_Who] = {Audience.ANONYMOUS: Scope.PUBLIC}

_PUBLIC: Final = Right(_ANYBODY, stage=Stage.SECOND_FACTOR, before_terms=True)
_SIGNING_IN: Final = Right(_EVERYBODY, stage=Stage.SECOND_FACTOR, before_terms=True)
_ENROLLING: Final = Right(_EVERYBODY, grave=True, stage=Stage.ENROLMENT, before_terms=True)
_MINE: Final = Right(_EVERYBODY)
_MINE_GRAVE: Final = Right(_EVERYBODY, grave=True)
_READING: Final = Right(_READERS)
_READING_HR: Final = Right(_READERS, menu="hr")
_READING_ACCOUNTING: Final = Right(_READERS, menu="accounting")
_CASE: Final = Right(_CASE_MANAGER)
_ACCOUNTS: Final = Right(_ACCOUNTANT)
_BOTH: Final = Right(_FUND)
_HANDING_IN: Final = Right({Audience.USER: Scope.ESTABLISHMENTS}, menu="hr")
_TEAM: Final = Right(_MANAGERS)
_TEAM_GRAVE: Final = Right(_MANAGERS, grave=True)
_REGISTRAR_GRAVE: Final = Right(_REGISTRAR, grave=True)

_ACTIONS: Final[Mapping[str, Right]] = MappingProxyType(
    {
        # Before there is a session: whoever asks, the answer says nothing about anybody.
        "sign_in": _PUBLIC,
        "begin_passkey_sign_in": _PUBLIC,
        "sign_in_with_passkey": _PUBLIC,
        "request_password_reset": _PUBLIC,
        "look_at_link": _PUBLIC,
        "use_link": _PUBLIC,
        "register_member": _PUBLIC,
        "start_oidc": _PUBLIC,
        "finish_oidc": _PUBLIC,
        "issue_token": _PUBLIC,
        "revoke_frontend_token": _PUBLIC,
        "get_oauth_metadata": _PUBLIC,
        "get_fund": _PUBLIC,
        "show_link": _PUBLIC,
        "follow_link": _PUBLIC,
        "show_demo_mails": _PUBLIC,
        "show_demo_mail": _PUBLIC,
        # The session and what it proves.
        "get_session": _SIGNING_IN,
        "sign_out": _SIGNING_IN,
        "prove_second_factor": _SIGNING_IN,
        "extend_session": Right(_EVERYBODY, before_terms=True),
        "prove_again": Right(_EVERYBODY, before_terms=True),
        "authorize_frontend": _MINE,
        "list_sessions": _MINE,
        "end_session": _MINE,
        "end_other_sessions": _MINE,
        "change_password": _MINE_GRAVE,
        "change_email": _MINE_GRAVE,
        "list_factors": Right(_EVERYBODY, stage=Stage.ENROLMENT, before_terms=True),
        "begin_totp": _ENROLLING,
        "confirm_totp": _ENROLLING,
        "remove_totp": _MINE_GRAVE,
        "begin_passkey": _ENROLLING,
        "add_passkey": _ENROLLING,
        "remove_passkey": _MINE_GRAVE,
        "make_recovery_codes": _ENROLLING,
        # The terms come before anything else.
        "get_terms": _SIGNING_IN,
        "accept_terms": Right(_EVERYBODY, before_terms=True),
        "refuse_terms": Right(_EVERYBODY, before_terms=True),
        # About the caller, and what everybody needs to read the rest.
        "get_me": _SIGNING_IN,
        "get_reference": _MINE,
        "list_schemes": _MINE,
        "list_document_categories": _MINE,
        "list_document_sides": _MINE,
        "list_document_analyses": _MINE,
        "list_document_states": _MINE,
        "list_dossier_statuses": _MINE,
        "list_instruction_states": _MINE,
        "list_execution_states": _MINE,
        "list_financial_states": _MINE,
        "list_closing_states": _MINE,
        "list_invoice_statuses": _MINE,
        "list_transfer_statuses": _MINE,
        "list_payment_modes": _MINE,
        "list_organisation_kinds": _MINE,
        "list_roles": _MINE,
        "list_profiles": _MINE,
        "list_menus": _MINE,
        "list_user_states": _MINE,
        "list_sign_in_stages": _MINE,
        "list_civilities": _MINE,
        "list_event_labels": _MINE,
        # Tokens for programs. An operator lists and revokes anybody's; nobody makes one of another's account.
        "list_tokens": Right({**_STAFF_OWN, **_OPERATOR}),
        "create_token": Right(_STAFF_OWN, grave=True),
        "revoke_token": Right({**_STAFF_OWN, **_OPERATOR}, grave=True),
        # Reading. What is told as it happens is narrowed to the entries that are open, one thing at a time.
        "follow_changes": _READING,
        "list_dossiers": _READING_HR,
        "search_dossiers": _READING_HR,
        "get_dossier": _READING_HR,
        "list_dossier_trainees": _READING_HR,
        "list_dossier_transfers": _READING_ACCOUNTING,
        "list_dossier_documents": _READING_HR,
        "get_dossier_history": _READING_HR,
        "list_establishments": _READING,
        "search_establishments": _READING,
        "get_establishment": _READING,
        "list_establishment_documents": _READING,
        "list_transfers": _READING_ACCOUNTING,
        "get_transfer": _READING_ACCOUNTING,
        "list_transfer_months": _READING_ACCOUNTING,
        "list_invoices": _READING_ACCOUNTING,
        "get_invoice": _READING_ACCOUNTING,
        "get_document": _READING,
        "get_document_content": _READING,
        "archive_documents": _READING,
        "get_document_receipt": _READING,
        "get_document_preview": _READING,
        "get_document_preview_page": _READING,
        "list_lots": Right(_STAFF),
        "get_lot": Right(_STAFF),
        "get_organisation": Right(_STAFF),
        "get_person": Right(_STAFF),
        "get_account": Right({**_REGISTRAR, **_AUDITOR}),
        "list_projections": Right(_CONTROL),
        "list_journal": Right(_CONTROL),
        "search_journal": Right(_CONTROL),
        # A team: those who see one organisation, of one kind, and who may be among them (rows O20 to O25, E15).
        "list_team_users": _TEAM,
        "search_team_users": _TEAM,
        "get_team_user": _TEAM,
        "list_team_employees": _TEAM,
        "list_team_establishments": _TEAM,
        "register_employee": _TEAM,
        "send_invitation": _TEAM_GRAVE,
        "send_invitation_again": _TEAM_GRAVE,
        "withdraw_invitation": _TEAM_GRAVE,
        "change_membership": _TEAM_GRAVE,
        "end_membership": _TEAM_GRAVE,
        "suspend_membership": _TEAM_GRAVE,
        "resume_membership": _TEAM_GRAVE,
        "set_menu_rights": _TEAM_GRAVE,
        # Accounts of the whole deployment.
        "create_account": _REGISTRAR_GRAVE,
        "disable_account": _REGISTRAR_GRAVE,
        "enable_account": _REGISTRAR_GRAVE,
        "grant_membership": _REGISTRAR_GRAVE,
        # Organisations, establishments, people. The contact on file decides who may register: it is a matter of rights.
        "register_organisation": _CASE,
        "rename_organisation": _CASE,
        "add_organisation_kind": _CASE,
        "record_contact": Right(_CASE_MANAGER, grave=True),
        "register_establishment": _CASE,
        "rename_establishment": _CASE,
        "move_establishment": _CASE,
        "change_nda": _CASE,
        "record_bank_details": _ACCOUNTS,
        "register_person": _CASE,
        "rename_person": _CASE,
        # Dossiers: instruction, decision, life.
        "open_dossier": _CASE,
        "enrol_trainee": _CASE,
        "withdraw_trainee": _CASE,
        "issue_agreement": _CASE,
        "refuse_agreement": _CASE,
        "amend_agreement": _CASE,
        "start_execution": _CASE,
        "finish_execution": _CASE,
        "break_off_execution": _CASE,
        "settle_dossier": _BOTH,
        "close_dossier": _CASE,
        "cancel_dossier": _CASE,
        "deposit_document": _BOTH,
        "list_piece_categories": _HANDING_IN,
        "deposit_piece": _HANDING_IN,
        "withdraw_document": _BOTH,
        # Invoices and payment.
        "receive_invoice": _BOTH,
        "attest_service": _CASE,
        "approve_invoice": _ACCOUNTS,
        "dispute_invoice": _BOTH,
        "resolve_dispute": _BOTH,
        "open_lot": _ACCOUNTS,
        "prepare_transfer": _ACCOUNTS,
        "release_lot": _ACCOUNTS,
        "pay_transfer": _ACCOUNTS,
        "reject_transfer": _ACCOUNTS,
        "withdraw_transfer": _ACCOUNTS,
    }
)

RIGHTS: Final[Mapping[str, Right]] = MappingProxyType(
    {**_ACTIONS, **{page: _ACTIONS[action] for page, action in PAGES.items()}}
)

PUBLIC: Final = frozenset(action for action, right in RIGHTS.items() if Audience.ANONYMOUS in right.audiences)
"""What is asked without signing in; nothing there looks at who asks."""


def right_of(caller: Bearer | None, action: str) -> Scope | None:
    """Over what the caller has the action: the widest scope of its audiences; None where it has it not at all."""
    right = RIGHTS.get(action)
    if right is None:
        return None
    return widest([right.audiences[each] for each in audiences_of(caller) if each in right.audiences])


def refusal(caller: Bearer, action: str, now: datetime, *, terms: str | None) -> str | None:
    """The code of the problem that answers the caller, None where it may go on. `terms` is the version in force.

    In the order in which one mends: the sign-in is finished, the terms are accepted, only then is it said whether one
    has the action at all, and a fresh proof is asked for last, of those whom it would help. An action without a row is
    nobody's.
    """
    right = RIGHTS.get(action)
    held_back = _held_back(caller, action, right, terms)
    if held_back is not None or right is None:
        return held_back
    # Before the sign-in is whole there is nothing older to fall back on: enrolling a first factor is what proves.
    if right.grave and caller.stage == Stage.FULL and not fresh(caller, now):
        return "fresh-proof-required"
    return None


def actions_of(caller: Bearer, *, terms: str | None) -> list[str]:
    """What the caller may do now, by name; what is grave is among it, for a proof is one request away."""
    own = ((name, right) for name, right in _ACTIONS.items() if name not in PUBLIC)
    return sorted(name for name, right in own if _held_back(caller, name, right, terms) is None)


def _held_back(caller: Bearer, action: str, right: Right | None, terms: str | None) -> str | None:
    """All that stands between a caller and an action, but for the proof."""
    if right is not None and not reached(caller.stage, right.stage):
        return "enrolment-required" if caller.stage == Stage.ENROLMENT else "second-factor-required"
    if right is not None and _terms_wait(caller, right, terms):
        return "terms-pending"
    if right is None or right_of(caller, action) is None or _another_menu(caller, right):
        return Forbidden.code
    return None


def _terms_wait(caller: Bearer, right: Right, terms: str | None) -> bool:
    """A machine undertakes nothing: its token was made by somebody who did."""
    return not right.before_terms and caller.via != "machine" and terms is not None and caller.terms != terms


def _another_menu(caller: Bearer, right: Right) -> bool:
    return right.menu is not None and caller.role is AccountRole.PORTAL and right.menu not in caller.menus


def database_role(scope: Scope) -> Role:
    """As whom a reading of that scope asks the database: row security holds what is not the whole fund's."""
    if scope is Scope.FUND:
        return Role.STAFF
    return Role.AUTH if scope is Scope.PUBLIC else Role.GATEWAY


def may(role: AccountRole, action: str) -> bool:
    """Whether the role alone, without memberships, has the action."""
    right = RIGHTS.get(action)
    return right is not None and audience_of(role) in right.audiences
