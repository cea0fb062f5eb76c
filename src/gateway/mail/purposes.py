"""What links can be for. A purpose of another package adds its line here; its links can be used from then on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.auth.by_link import ChoosePassword
from gateway.mail.using import Use
from gateway.people.email_change import ConfirmEmail
from gateway.people.invitations import JoinByInvitation
from gateway.people.registration import ConfirmRegistration

PURPOSES: Final[Mapping[str, Use]] = {
    "password": ChoosePassword(),
    "invitation": JoinByInvitation(),
    "registration": ConfirmRegistration(),
    "email-old": ConfirmEmail("email-old"),
    "email-new": ConfirmEmail("email-new"),
}
"""By the purpose of the link: `password`, `invitation`, `registration`, `email-old`, `email-new`."""
