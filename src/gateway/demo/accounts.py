"""The personas' accounts and tokens: the same ones at each start, as long as their tokens live."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from gateway.demo.instance import Instance
from gateway.generator import Persona
from gateway.service import Service
from ledger.account.commands import CreateAccount, GrantMembership
from ledger.account.events import Role
from ledger.application import IdempotencyKey
from ledger.kit.clock import paris_day, system_clock
from ledger.kit.command import Command
from ledger.kit.errors import NotFound

LABEL: Final = "démonstration"
_DAYS: Final = 366
_LEAST_LEFT: Final = timedelta(days=1)


def accounts(service: Service, personas: Iterable[Persona]) -> dict[str, UUID]:
    """Each persona's account, by the persona's key; made at the first start, found again at the others."""
    return {persona.key: _account(service, persona) for persona in personas}


def tokens(
    service: Service, wanted: Mapping[str, UUID], before: Instance | None
) -> tuple[dict[str, str], dict[str, str]]:
    """Each account's token, and the token's id, by persona: those of the last start where they still live."""
    horizon = system_clock() + _LEAST_LEFT
    live = {
        str(token.token_id) for token in service.tokens.all() if token.revoked_at is None and token.expires_at > horizon
    }
    secrets: dict[str, str] = {}
    issued: dict[str, str] = {}
    for key, account_id in wanted.items():
        if before is not None and key in before.tokens and before.issued.get(key) in live:
            secrets[key], issued[key] = before.tokens[key], before.issued[key]
        else:
            secrets[key], token = service.tokens.create(account_id, label=LABEL, days=_DAYS)
            issued[key] = str(token.token_id)
    return secrets, issued


def _account(service: Service, persona: Persona) -> UUID:
    mandate_ends_on = paris_day(system_clock()) + timedelta(days=_DAYS) if persona.role is Role.AUDITOR else None
    creation = CreateAccount(
        last_name=persona.last_name,
        first_name=persona.first_name,
        civility=persona.civility,
        email=persona.email,
        role=persona.role,
        ends_on=mandate_ends_on,
    )
    account_id = _once(service, creation, f"account:{persona.key}")
    if persona.siren is not None and persona.kind is not None and persona.profile is not None:
        membership = GrantMembership(
            account_id=account_id,
            organisation_id=_holder(service, "siren", persona.siren),
            kind=persona.kind,
            profile=persona.profile,
            establishment_ids=frozenset(_holder(service, "siret", siret) for siret in persona.sirets),
        )
        _once(service, membership, f"membership:{persona.key}")
    return account_id


def _once(service: Service, command: Command, name: str) -> UUID:
    # The body is the persona's name alone: the end of a mandate moves with the day of the first start.
    key = IdempotencyKey(account_id=None, route="demo", key=name, body=name.encode())
    return service.ledger.execute(command, actor=None, key=key).resource_id


def _holder(service: Service, kind: str, value: str) -> UUID:
    found = service.ledger.log_recorder.select_claim(kind, service.keyring.digest(kind, value))
    if found is None:
        raise NotFound(field=kind)
    return found
