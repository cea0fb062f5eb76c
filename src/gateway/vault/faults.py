"""Why a deposit is not received, beside what is wrong with the file: whoever answers people says it in their words."""

from __future__ import annotations


class TooManyDeposits(Exception):
    """As many files are received by the process as it can hold: in a few seconds there is room again."""


class TooSlow(Exception):
    """The file came so slowly, or for so long, that it kept others from their place."""
