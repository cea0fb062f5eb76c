"""The demonstration: a whole service on fictitious data, from nothing, in one command."""
