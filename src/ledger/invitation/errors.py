"""What an invitation refuses."""

from __future__ import annotations

from ledger.kit.errors import RuleBroken


class InvitationClosed(RuleBroken):
    """Accepted, withdrawn, or of an e-mail that cannot join an organisation: one text for all of them."""

    code = "invitation-closed"
    template = "Cette invitation n'est plus valable."
