"""Authorization code with PKCE for the portal's frontends on other origins (RFC 6749, 7636), giving short tokens."""
