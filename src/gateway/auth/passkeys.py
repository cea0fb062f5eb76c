"""Passkeys (WebAuthn): the device shows that it is there and that its owner unlocked it, and so counts as both factors.

Nothing is asked about the device's make. Challenges are rows, good once, for five minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

import orjson
import webauthn
from psycopg.errors import UniqueViolation
from starlette.concurrency import run_in_threadpool
from webauthn.helpers import options_to_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from gateway.auth import opaque
from gateway.auth.holder import Holder
from ledger.kit.ids import uuid7
from ledger.log.database import Role

if TYPE_CHECKING:
    from gateway.service import Service

Kind = Literal["sign-in", "enrolment"]
MINUTES: Final = 5
MOST: Final = 20
"""Passkeys of one account: enough for every device that a person has."""

_TAKE: Final = """
update auth.challenge set used_at = now()
 where challenge_id = %s and kind = %s and session_id is not distinct from %s and used_at is null and expires_at > now()
returning challenge"""
_SERVED: Final = """
update auth.passkey set sign_count = %(count)s, used_at = now()
 where credential_id = %(id)s and sign_count = %(before)s returning 1 as n"""


@dataclass(frozen=True)
class Offer:
    """`options` are what a page gives to `navigator.credentials`; the answer comes back with the challenge's id."""

    challenge_id: UUID
    options: dict[str, Any]


@dataclass(frozen=True)
class Passkey:
    """One passkey as its owner's list shows it."""

    credential_id: bytes
    label: str
    created_at: Any
    used_at: Any


class Passkeys:
    """Registers passkeys and verifies what they sign, for the host of PUBLIC_URL alone."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._host = service.settings.public_host
        self._origin = service.settings.public_origin

    async def offer_registration(self, holder: Holder, session_id: UUID) -> Offer:
        """What a browser needs to make a passkey that the account does not have yet."""
        email = str(await run_in_threadpool(self._service.keyring.open, holder.email))
        options = webauthn.generate_registration_options(
            rp_id=self._host,
            rp_name=self._service.settings.fund_name,
            user_id=holder.account_id.bytes,
            user_name=email,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=each.credential_id) for each in await self.of(holder.account_id)
            ],
        )
        return await self._offered("enrolment", session_id, options.challenge, options)

    async def register(
        self, holder: Holder, session_id: UUID, challenge_id: UUID, credential: Mapping[str, Any], label: str
    ) -> bool:
        """Whether the answer is a passkey's; it is the account's from now on."""
        challenge = await self._taken(challenge_id, "enrolment", session_id)
        made = None if challenge is None else self._registered(credential, challenge)
        if made is None or len(await self.of(holder.account_id)) >= MOST:
            return False
        try:
            async with self._service.queries.transaction(Role.AUTH) as connection:
                await connection.execute(
                    "insert into auth.passkey (credential_id, account_id, public_key, sign_count, label, created_at) "
                    "values (%s, %s, %s, %s, %s, now())",
                    (made.credential_id, holder.account_id, made.credential_public_key, made.sign_count, label),
                )
        except UniqueViolation:
            return False
        return True

    async def offer_sign_in(self) -> Offer:
        """A challenge for whoever comes: the passkey itself says whose it is."""
        options = webauthn.generate_authentication_options(
            rp_id=self._host, user_verification=UserVerificationRequirement.REQUIRED
        )
        return await self._offered("sign-in", None, options.challenge, options)

    async def verify(self, challenge_id: UUID, credential: Mapping[str, Any]) -> UUID | None:
        """Whose passkey has answered; None where none has, where its owner was not verified, or where its count of
        signatures went back, as a copy's does.
        """
        challenge = await self._taken(challenge_id, "sign-in", None)
        row = None if challenge is None else await self._stored(credential)
        if challenge is None or row is None:
            return None
        count = self._answered(credential, challenge, row)
        if count is None:
            return None
        values = {"count": count, "before": row["sign_count"], "id": row["credential_id"]}
        async with self._service.queries.transaction(Role.AUTH) as connection:
            cursor = await connection.execute(_SERVED, values)
        account_id: UUID = row["account_id"]
        return account_id if await cursor.fetchone() is not None else None

    async def of(self, account_id: UUID) -> list[Passkey]:
        """The account's, oldest first."""
        columns = "credential_id, label, created_at, used_at"
        query = f"select {columns} from auth.passkey where account_id = %s order by created_at"
        async with self._service.queries.transaction(Role.AUTH) as connection:
            cursor = await connection.execute(query.encode(), (account_id,))
            return [Passkey(**{**row, "credential_id": bytes(row["credential_id"])}) for row in await cursor.fetchall()]

    def _registered(self, credential: Mapping[str, Any], challenge: bytes) -> Any:
        try:
            return webauthn.verify_registration_response(
                credential=dict(credential),
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except Exception:  # noqa: BLE001 - what its parsers raise on a forged answer is their own affair: it is none
            return None

    def _answered(self, credential: Mapping[str, Any], challenge: bytes, row: Mapping[str, Any]) -> int | None:
        """The passkey's new count of signatures; None where the answer is not its own."""
        try:
            answered = webauthn.verify_authentication_response(
                credential=dict(credential),
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                credential_public_key=bytes(row["public_key"]),
                credential_current_sign_count=row["sign_count"],
                require_user_verification=True,
            )
            handle = credential["response"].get("userHandle")
            whose = None if handle is None else opaque.from_base64url(handle)
        except Exception:  # noqa: BLE001 - as above
            return None
        return answered.new_sign_count if whose in (None, row["account_id"].bytes) else None

    async def _stored(self, credential: Mapping[str, Any]) -> Mapping[str, Any] | None:
        try:
            credential_id = opaque.from_base64url(str(credential.get("id", "")))
        except ValueError:
            return None
        query = "select credential_id, account_id, public_key, sign_count from auth.passkey where credential_id = %s"
        async with self._service.queries.transaction(Role.AUTH) as connection:
            cursor = await connection.execute(query, (credential_id,))
        return await cursor.fetchone()

    async def _offered(self, kind: Kind, session_id: UUID | None, challenge: bytes, options: Any) -> Offer:
        challenge_id = uuid7()
        async with self._service.queries.transaction(Role.AUTH) as connection:
            await connection.execute(
                "insert into auth.challenge (challenge_id, session_id, kind, challenge, expires_at) "
                "values (%s, %s, %s, %s, now() + make_interval(mins => %s))",
                (challenge_id, session_id, kind, challenge, MINUTES),
            )
        return Offer(challenge_id, orjson.loads(options_to_json(options)))

    async def _taken(self, challenge_id: UUID, kind: Kind, session_id: UUID | None) -> bytes | None:
        """The challenge, for this one answer."""
        async with self._service.queries.transaction(Role.AUTH) as connection:
            cursor = await connection.execute(_TAKE, (challenge_id, kind, session_id))
        row = await cursor.fetchone()
        return bytes(row["challenge"]) if row else None
