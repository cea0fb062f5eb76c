"""pydantic's errors as faults in French: the field and the rule, and never the value, which may be personal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from gateway.api.problems import Fault, Place, Problem, problem

_RULES: Final[Mapping[str, str]] = {
    "missing": "Ce champ est obligatoire.",
    "extra_forbidden": "Ce champ n'existe pas.",
    "string_type": "Une chaîne de caractères est attendue.",
    "string_unicode": "Le texte contient un caractère interdit.",
    "string_too_short": "{min_length} caractère(s) au moins sont attendus.",
    "string_too_long": "{max_length} caractères au plus sont permis.",
    "string_pattern_mismatch": "Le format attendu n'est pas respecté.",
    "int_type": "Un nombre entier est attendu.",
    "int_parsing": "Un nombre entier est attendu.",
    "int_parsing_size": "Ce nombre est trop grand.",
    "int_from_float": "Un nombre entier est attendu, sans décimale.",
    "bool_type": "Vrai ou faux est attendu.",
    "bool_parsing": "Vrai ou faux est attendu.",
    "uuid_type": "Un identifiant (UUID) est attendu.",
    "uuid_parsing": "Un identifiant (UUID) est attendu.",
    "date_type": "Une date AAAA-MM-JJ est attendue.",
    "date_parsing": "Une date AAAA-MM-JJ qui existe est attendue.",
    "date_from_datetime_parsing": "Une date AAAA-MM-JJ qui existe est attendue.",
    "date_from_datetime_inexact": "Une date AAAA-MM-JJ, sans heure, est attendue.",
    "enum": "L'une de ces valeurs est attendue : {expected}.",
    "literal_error": "L'une de ces valeurs est attendue : {expected}.",
    "greater_than": "La valeur doit être supérieure à {gt}.",
    "greater_than_equal": "La valeur doit être au moins {ge}.",
    "less_than": "La valeur doit être inférieure à {lt}.",
    "less_than_equal": "La valeur doit être au plus {le}.",
    "list_type": "Une liste est attendue.",
    "tuple_type": "Une liste est attendue.",
    "set_type": "Une liste est attendue.",
    "too_short": "{min_length} élément(s) au moins sont attendus.",
    "too_long": "{max_length} éléments au plus sont permis.",
    "model_type": "Un objet JSON est attendu.",
    "model_attributes_type": "Un objet JSON est attendu.",
    "dict_type": "Un objet JSON est attendu.",
    "nul": "Le caractère nul est interdit.",
}
_OTHERWISE: Final = "La valeur n'est pas acceptée."
# pydantic joins an enum's values with « or »; its context holds the schema's constants only, never the input.
_CONSTANTS: Final = ("expected", "gt", "ge", "lt", "le", "min_length", "max_length")


def faults(errors: Iterable[Mapping[str, Any]], place: Place) -> list[Fault]:
    """The faults that pydantic's `errors()` stand for."""
    return [_fault(error, place) for error in errors]


def invalid_input(errors: Sequence[Mapping[str, Any]], place: Place) -> Problem:
    """The 422 that lists them all."""
    return problem("invalid", *faults(errors, place))


def pointer(location: Iterable[str | int]) -> str:
    """A JSON pointer (RFC 6901) of pydantic's location."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in location)


def _fault(error: Mapping[str, Any], place: Place) -> Fault:
    kind = str(error["type"])
    location = tuple(error["loc"])
    if kind == "extra_forbidden":
        # The name of an unknown field is the caller's own text: it is told where, as far as the schema is ours.
        return Fault(place, _unknown(location), "unknown-field", _RULES[kind])
    # The kit's own checks say their rule in French themselves; all other texts are pydantic's, in English.
    rule = str(error["msg"]) if kind == "rule" else _rule(kind, error.get("ctx") or {})
    return Fault(place, pointer(location), kind.replace("_", "-"), rule)


def _unknown(location: tuple[str | int, ...]) -> str:
    name = str(location[-1])
    shown = name if len(name) <= 60 and name.isascii() and name.replace("_", "").isalnum() else "…"
    return pointer((*location[:-1], shown))


def _rule(kind: str, context: Mapping[str, Any]) -> str:
    constants = {name: str(context[name]).replace(" or ", " ou ") for name in _CONSTANTS if name in context}
    try:
        return _RULES.get(kind, _OTHERWISE).format_map(constants)
    except KeyError:
        return _OTHERWISE
