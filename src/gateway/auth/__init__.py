"""Who calls: bearer tokens, in a mutable schema with its own migrations. Nothing of it is ever an event."""

from gateway.auth.migrations import migrate
from gateway.auth.tokens import Caller, Token, TokenStore

__all__ = ["Caller", "Token", "TokenStore", "migrate"]
