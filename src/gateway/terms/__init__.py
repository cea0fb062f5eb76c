"""What whoever signs in undertakes: the privacy policy and the conditions of use, versioned."""

from gateway.terms.texts import Terms, TermsText

__all__ = ["Terms", "TermsText"]
