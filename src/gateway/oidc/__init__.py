"""Signing in with the fund's OpenID provider, for its staff (OpenID Connect Core 1.0)."""
