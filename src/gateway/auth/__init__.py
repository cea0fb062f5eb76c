"""Who calls: passwords, sessions, factors, tokens, in a schema with its own migrations. None of it is ever an event."""

from gateway.auth.caller import Caller
from gateway.auth.migrations import migrate
from gateway.auth.tokens import Token, TokenStore

__all__ = ["Caller", "Token", "TokenStore", "migrate"]
