"""Authorization code with PKCE for the portal frontends of other origins (RFC 6749, 7636), giving short opaque tokens."""
