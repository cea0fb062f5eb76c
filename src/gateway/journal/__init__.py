"""The security journal: sign-in, refusals, rights, tokens, mandates. Mutable rows with a retention, never events."""
