"""The identifiers of French training funding: pydantic types that check and normalise, and the checks behind them.

The types are for commands and queries, where a person's input comes in. Events hold plain `str`: what was accepted once
must be readable in ten years, whatever a registry of banks or a rule says by then. A refusal gives the rule, in French,
and never the value, which may be personal.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable
from typing import Annotated, Any, Final, NoReturn

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError
from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException
from stdnum import luhn

from ledger.kit.errors import Invalid

_SPACES: Final = re.compile(r"[ \u00a0\u202f]+")
_LA_POSTE: Final = "356000000"
_LA_POSTE_HEAD_OFFICE: Final = "35600000000048"
_NIR: Final = re.compile(r"[123478][0-9]{2}(?P<month>[0-9]{2})([0-9]{2}|2[AB])[0-9]{6}(?P<key>[0-9]{2})?")
_NIR_MONTHS: Final = {*range(1, 13), *range(20, 43), *range(50, 100)}  # 20–42, 50–99: incomplete civil records
_NIR_FICTITIOUS_MONTH: Final = 13
_MAILBOX: Final = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN: Final = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")


def check_siren(text: str, *, field: str = "siren") -> str:
    """The 9 digits of a SIREN. La Poste's own passes Luhn; 000000000 does too, and is nobody's."""
    digits = _digits(text)
    if not _is_number(digits, 9) or digits == "000000000" or not luhn.is_valid(digits):
        _refuse(field, "Le SIREN comporte 9 chiffres dont le dernier est une clé de contrôle : il contient une erreur.")
    return digits


def check_siret(text: str, *, field: str = "siret") -> str:
    """The 14 digits of a SIRET.

    La Poste ran out of Luhn numbers: the sum of the digits of its establishments is a multiple of 5, but for its head
    office. Source: INSEE, SIRENE; checked against `stdnum.fr.siret`.
    """
    digits = _digits(text)
    if not _is_number(digits, 14):
        _refuse(field, "Le SIRET comporte 14 chiffres.")
    by_sum = digits.startswith(_LA_POSTE) and digits != _LA_POSTE_HEAD_OFFICE
    right = sum(map(int, digits)) % 5 == 0 if by_sum else luhn.is_valid(digits)
    siren = digits[:9]
    if not right or siren == "000000000" or not luhn.is_valid(siren):
        _refuse(field, "La clé de contrôle du SIRET est fausse : il contient une erreur.")
    return digits


def check_nir(text: str, *, field: str = "nir", fictitious: bool | None = None) -> str:
    """The 13 characters of a NIR, without its key; the key is checked where it is given.

    Sex 1 or 2 (3, 4, 7, 8 while temporary), month 01–12, or 20–42 and 50–99 for incomplete civil records, Corsica
    2A and 2B (counted as 19 and 18 in the key). Month 13, which no person has, marks test data: it is accepted where
    `fictitious` is true, or by default where the environment has LEDGER_FICTITIOUS=1.
    """
    nir = _digits(text).upper()
    match = _NIR.fullmatch(nir)
    if match is None:
        _refuse(field, "Le NIR comporte 13 caractères, ou 15 avec sa clé.")
    month = int(match["month"])
    allowed = fictitious if fictitious is not None else os.environ.get("LEDGER_FICTITIOUS") == "1"
    if month not in _NIR_MONTHS and not (allowed and month == _NIR_FICTITIOUS_MONTH):
        _refuse(field, "Le mois de naissance porté par le NIR n'existe pas.")
    if match["key"] is not None and match["key"] != nir_key(nir[:13]):
        _refuse(field, "La clé du NIR est fausse : il contient une erreur.")
    return nir[:13]


def nir_key(nir: str) -> str:
    """The two digits that follow a NIR of 13 characters: 97 less the number modulo 97."""
    department = {"2A": "19", "2B": "18"}.get(nir[5:7], nir[5:7])
    return f"{97 - int(nir[:5] + department + nir[7:]) % 97:02d}"


def check_iban(text: str, *, field: str = "iban") -> str:
    """An IBAN without spaces. The French RIB key is checked as well: modulo 97 alone lets a wrong one through."""
    try:
        return str(IBAN(_digits(text).upper(), validate_bban=True))
    except SchwiftyException:
        _refuse(field, "L'IBAN contient une erreur : recopiez-le depuis le RIB, clé comprise.")


def check_bic(text: str, *, field: str = "bic") -> str:
    """A BIC of 8 or 11 characters that belongs to a known bank."""
    try:
        bic = BIC(_digits(text).upper())
    except SchwiftyException:
        _refuse(field, "Le BIC comporte 8 ou 11 caractères.")
    if not bic.exists:
        _refuse(field, "Ce BIC ne correspond à aucune banque connue.")
    return str(bic)


def check_nda(text: str, *, field: str = "nda") -> str:
    """The 11 digits of a training provider's declaration number; it has no check digit."""
    digits = _digits(text)
    if not _is_number(digits, 11):
        _refuse(field, "Le numéro de déclaration d'activité comporte 11 chiffres.")
    return digits


def check_email(text: str, *, field: str = "email") -> str:
    """An address in lower case. Stricter than RFC 5321 on purpose: no quotes, no comment, no literal, ASCII only.

    ASCII as it is written: another alphabet's letter that folds to one of these (the Kelvin sign to k, ß to ss) would
    be somebody else's mailbox.
    """
    address = text.strip().lower() if text.isascii() else ""
    mailbox, _, domain = address.rpartition("@")
    well_formed = _MAILBOX.fullmatch(mailbox) and _DOMAIN.fullmatch(domain)
    if not well_formed or len(mailbox) > 64 or len(address) > 254:
        _refuse(field, "L'adresse électronique s'écrit nom@domaine.fr, sans accent ni espace.")
    return address


def check_postcode(text: str, *, field: str = "postcode") -> str:
    """The 5 digits of a French postcode."""
    digits = _digits(text)
    if not _is_number(digits, 5):
        _refuse(field, "Le code postal comporte 5 chiffres.")
    return digits


def check_dossier_number(text: str, *, field: str = "number") -> str:
    """A dossier number, opaque: other funds' differ. 1 to 40 printable characters, no space at either end."""
    if not 1 <= len(text) <= 40 or not text.isprintable() or text != text.strip():
        _refuse(field, "Le numéro de dossier comporte 1 à 40 caractères, sans espace au début ni à la fin.")
    return text


def check_short_number(text: str, *, field: str = "number") -> str:
    """A request, member or establishment number: opaque digits, leading zeros kept, 12 at most."""
    digits = _digits(text)
    if not 1 <= len(digits) <= 12 or not _is_number(digits, len(digits)):
        _refuse(field, "Le numéro comporte 1 à 12 chiffres.")
    return digits


def check_invoice_reference(text: str, *, field: str = "reference") -> str:
    """A provider's own reference of its invoice: one line of 1 to 60 characters with a letter or a digit in it."""
    reference = check_one_line(text, field=field)
    if len(reference) > 60 or not normalise_reference(reference):
        _refuse(field, "La référence comporte 1 à 60 caractères, dont au moins une lettre ou un chiffre.")
    return reference


def normalise_reference(text: str) -> str:
    """The part of a reference that tells two invoices apart: letters without accents, and digits, in lower case.

    `Fac. n° É-12` and `FAC N° e12` are one invoice sent twice. Claims are rebuilt by replay from this: never change it.
    """
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text).casefold()))


def check_one_line(text: str, *, field: str = "text") -> str:
    """A line of text of 1 to 300 printable characters: composed form, plain spaces, none at either end."""
    line = _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip(" ")
    if not 1 <= len(line) <= 300 or not line.isprintable():
        _refuse(field, "Le texte comporte 1 à 300 caractères, sur une ligne, sans caractère de contrôle.")
    return line


def _digits(text: str) -> str:
    return _SPACES.sub("", text)


def _is_number(text: str, length: int) -> bool:
    # `isdigit` alone would let other scripts' digits and superscripts through.
    return len(text) == length and text.isascii() and text.isdigit()


def _refuse(field: str, rule: str) -> NoReturn:
    # `from None`: the libraries' own errors quote the value.
    raise Invalid(field=field, rule=rule) from None


def _by(check: Callable[[str], str]) -> AfterValidator:
    def validate(text: str) -> str:
        try:
            return check(text)
        except Invalid as refusal:
            raise PydanticCustomError("rule", "{rule}", {"rule": refusal.message}) from None

    return AfterValidator(validate)


def _schema(**properties: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **properties})


Siren = Annotated[str, _by(check_siren), _schema(pattern="^[0-9]{9}$")]
Siret = Annotated[str, _by(check_siret), _schema(pattern="^[0-9]{14}$")]
Nir = Annotated[str, _by(check_nir), _schema(pattern="^[0-9]{6}[0-9AB][0-9]{6}([0-9]{2})?$")]
Iban = Annotated[str, _by(check_iban), _schema(pattern="^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$")]
Bic = Annotated[str, _by(check_bic), _schema(pattern="^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$")]
Nda = Annotated[str, _by(check_nda), _schema(pattern="^[0-9]{11}$")]
Email = Annotated[str, _by(check_email), _schema(format="email", maxLength=254)]
Postcode = Annotated[str, _by(check_postcode), _schema(pattern="^[0-9]{5}$")]
DossierNumber = Annotated[str, _by(check_dossier_number), _schema(minLength=1, maxLength=40)]
RequestNumber = Annotated[str, _by(check_short_number), _schema(pattern="^[0-9]{1,12}$")]
MemberNumber = Annotated[str, _by(check_short_number), _schema(pattern="^[0-9]{1,12}$")]
EstablishmentNumber = Annotated[str, _by(check_short_number), _schema(pattern="^[0-9]{1,12}$")]
InvoiceReference = Annotated[str, _by(check_invoice_reference), _schema(minLength=1, maxLength=60)]
OneLine = Annotated[str, _by(check_one_line), _schema(minLength=1, maxLength=300)]
