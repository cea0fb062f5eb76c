"""Policies: what follows from events. Each follows the log with a position of its own, moved with what it writes."""
