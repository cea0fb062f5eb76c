"""What people do about themselves and each other: invitations, a first account, a change of address."""
