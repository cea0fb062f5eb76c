"""Signing in with a password. One path, whoever is named: what it costs says nothing about whether there is anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from gateway.auth import devices
from gateway.auth.holder import Holder, account_of, current_holder, holder_of, normalised
from gateway.auth.limits import Counted, admit, forgive, of_sign_in
from gateway.auth.sessions import Method, Opened, SessionOver
from gateway.journal.journal import RequestFacts, note

if TYPE_CHECKING:
    from gateway.service import Service


@dataclass(frozen=True)
class Refused:
    """`wait` seconds before the next attempt is looked at; 0 where this one was, and is wrong."""

    wait: float = 0.0


@dataclass(frozen=True)
class SignedIn:
    """A session, and the device's secret once the sign-in is whole."""

    opened: Opened
    holder: Holder
    device: str | None = None


class AccountLate(Exception):
    """The account's own events are not folded yet: whoever signs in comes back in a moment."""


class SignIn:
    """Every way in ends here: a session of a new row, at the stage that what was shown brings it to."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def by_password(
        self, email: str, password: str, facts: RequestFacts, *, device: str | None = None
    ) -> SignedIn | Refused:
        """`device` is the text of the browser's own cookie. AccountLate; Busy, where too many passwords wait.

        The attempt is counted before the password is looked at, so that those that come at once all count.
        """
        service = self._service
        identifier = normalised(email)
        account_id = await account_of(service, identifier)
        known = await devices.known(service, account_id, device)
        counted = of_sign_in(identifier, str(facts.address), device=str(known) if known else None)
        wait = await admit(service, counted)
        if wait:
            await note(service, "sign-in", "throttled", account_id=account_id, request=facts)
            return Refused(wait)
        return await self._verified(await holder_of(service, account_id), password, facts, counted, device)

    async def _verified(
        self, holder: Holder, password: str, facts: RequestFacts, counted: Sequence[Counted], device: str | None
    ) -> SignedIn | Refused:
        service = self._service
        right = await service.passwords.verify(holder.password_hash, password)
        if right and not holder.current:
            holder = await current_holder(service, holder.account_id)
        if right and not holder.current:
            raise AccountLate
        if not right or holder.over or holder.password_hash is None:
            await note(service, "sign-in", "refused", account_id=holder.known_id, request=facts, method="password")
            return Refused()
        await forgive(service, counted)
        try:
            signed_in = await self.open(holder, "password", facts, device=device, whole=False)
        except SessionOver:  # the password was changed while it was verified
            return Refused()
        await service.passwords.raise_cost(holder.account_id, holder.password_hash, password)
        return signed_in

    async def open(
        self, holder: Holder, method: Method, facts: RequestFacts, *, device: str | None, whole: bool
    ) -> SignedIn:
        """A new session. `whole`: what was shown counts as both factors."""
        stage = "full" if whole else holder.stage
        verified = holder.password_hash if method == "password" else None
        if stage != "full":
            opened = await self._service.sessions.open(
                holder.account_id, stage=stage, method=method, label=facts.label, password_hash=verified
            )
            await self._note(holder.account_id, stage, facts, opened.session.session_id, method)
            return SignedIn(opened, holder)
        found = await devices.signed_in(self._service, holder, device, facts.label)
        opened = await self._service.sessions.open(
            holder.account_id,
            stage="full",
            method=method,
            device_id=found.device_id,
            label=facts.label,
            password_hash=verified,
        )
        await self._note(holder.account_id, "accepted", facts, opened.session.session_id, method)
        return SignedIn(opened, holder, found.secret)

    async def complete(
        self, session_id: UUID, holder: Holder, facts: RequestFacts, *, device: str | None, factor: str
    ) -> SignedIn:
        """The session becomes whole: a second factor was shown, or enrolled. SessionOver where it has ended."""
        found = await devices.signed_in(self._service, holder, device, facts.label)
        opened = await self._service.sessions.rise(session_id, stage="full", proved=True, device_id=found.device_id)
        await self._note(holder.account_id, "accepted", facts, session_id, factor)
        return SignedIn(opened, holder, found.secret)

    async def _note(self, account_id: UUID, outcome: str, facts: RequestFacts, session_id: UUID, method: str) -> None:
        await note(
            self._service, "sign-in", outcome, account_id=account_id, actor_id=account_id, target_id=session_id,
            request=facts, method=method,
        )  # fmt: skip
