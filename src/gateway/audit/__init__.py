"""What an auditor does: replay a dossier, event by event, as it stood on any day, instant or position.

It reads the log alone, as the auditor's database role, and shares no code with the projections: where the two disagree,
one of them is wrong, and a test says so.
"""
