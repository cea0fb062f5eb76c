"""The boxes of the users' forms: profiles, the grid of establishments, a member's entries (rows O20, O22, O23, E15).

What was ticked when the page was made goes with the form, in a hidden field `shown_<name>`: so a page that is old
changes what its reader changed and nothing else, and what a grid does not list stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Annotated, Final

from fastapi import Depends, Request

from gateway.api.team_reading import GridLine
from gateway.portal.forms import MOST_FIELDS, Form, posted
from gateway.portal.visit import Visit, posting_of
from ledger.account.events import Profile
from ledger.organisation.events import OrganisationKind

TICKED: Final = "establishment_ids"
MENUS: Final = "menus"
USER: Final = "user"
REFERENT: Final = "referent"

MOST_LINES: Final = 5_000
"""Establishments of one user, as the ledger takes them."""

_LIMIT_BYTES: Final = 524_288
_REPEATED: Final = frozenset({TICKED, MENUS, "suspended"})
_SHOWN: Final = "shown_"
_TITLES: Final = {OrganisationKind.PROVIDER: "portail OF", OrganisationKind.MEMBER: "portail adhérent"}
_NO_PROFILE: Final = "Un utilisateur a au moins le profil « Utilisateur {} »."
_NO_LINE: Final = (
    "Cochez au moins un établissement. Pour que cette personne ne voie plus rien, "
    "désactivez-la ou mettez fin à son accès."
)


async def _gridded(request: Request) -> Visit:
    form = await posted(request, limit_bytes=_LIMIT_BYTES, most_fields=MOST_LINES + MOST_FIELDS, repeated=_REPEATED)
    return await posting_of(request, form)


GridPosting = Annotated[Visit, Depends(_gridded)]
"""A form with boxes that several rows have."""


def filled(
    *, profile: str = Profile.USER, establishment_ids: Iterable[object] = (), menus: Iterable[str] = (), **fields: str
) -> Form:
    """A form as it is first shown: what is ticked, and the same once more as what was shown."""
    ids, entries = [str(each) for each in establishment_ids], list(menus)
    return Form.of(
        {
            **fields,
            USER: "1",
            REFERENT: "1" if profile == Profile.REFERENT else None,
            TICKED: ids,
            MENUS: entries,
            _SHOWN + "profile": str(profile),
            _SHOWN + TICKED: " ".join(ids),
            _SHOWN + MENUS: " ".join(entries),
        }
    )


def added(form: Form, name: str) -> frozenset[str]:
    """What the reader ticked since the page was made."""
    return frozenset(form.all(name)) - _shown(form, name)


def removed(form: Form, name: str) -> frozenset[str]:
    """What the reader unticked."""
    return _shown(form, name) - frozenset(form.all(name))


def wanted(form: Form, name: str, current: Iterable[object]) -> frozenset[str]:
    """What is ticked now, with what the reader changed and nothing else changed."""
    return (frozenset(map(str, current)) | added(form, name)) - removed(form, name)


def wanted_profile(form: Form, current: str) -> str:
    """The profile, changed only where the reader changed its box."""
    ticked = str(Profile.REFERENT if form.text(REFERENT) else Profile.USER)
    return current if ticked == form.text(_SHOWN + "profile") else ticked


def title_of(kind: OrganisationKind) -> str:
    """« Utilisateur portail OF », « Référent portail adhérent »: what follows the profile's name."""
    return _TITLES[kind]


def faults(form: Form, kind: OrganisationKind, establishment_ids: Collection[str]) -> dict[str, list[str]]:
    """What the boxes lack: the compulsory profile, and one establishment."""
    found: dict[str, list[str]] = {}
    if not form.text(USER):
        found[USER] = [_NO_PROFILE.format(title_of(kind))]
    if not establishment_ids:
        found[TICKED] = [_NO_LINE]
    return found


def listed(form: Form, lines: Iterable[GridLine], *, every: bool) -> list[GridLine]:
    """The lines that are shown: all that the reader holds, or those that are ticked, or were when the page was made."""
    kept = frozenset(form.all(TICKED)) | _shown(form, TICKED)
    return [line for line in lines if every or line.assigned or str(line.establishment_id) in kept]


def _shown(form: Form, name: str) -> frozenset[str]:
    return frozenset(form.text(_SHOWN + name).split())
