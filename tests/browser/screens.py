"""Every page of the portal, once: its address, who looks at it, the rows of the features that it shows.

What must hold for all pages (accessibility, weight, phones, dead links) is tested over this list.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final
from uuid import UUID

from browser.ground import Ground


@dataclass(frozen=True)
class Screen:
    """`path` names things of the ground in braces; `who` is one of its visitors, None for nobody."""

    name: str
    path: str
    who: str | None = "provider"
    rows: tuple[str, ...] = ()
    status: int = 200


SCREENS: Final = (
    Screen("show_sign_in", "/connexion", None, ("O1",)),
    Screen("show_forgotten", "/mot-de-passe-oublie", None, ("O2",)),
    Screen("show_contacts", "/contacts", None, ("O3",)),
    Screen("show_link", "/liens/{link}", None, ("O7",)),
    Screen("show_services_sign_in", "/services/connexion", None, ("E1", "E2")),
    Screen("show_registration", "/services/inscription", None, ("E1",)),
    Screen("show_registered", "/services/inscription/envoyee", None, ("E1",)),
    Screen("show_help", "/aide", None),
    Screen("show_appearance", "/apparence", None),
    Screen("show_accessibility", "/accessibilite", None),
    Screen("show_legal_notice", "/mentions-legales", None),
    Screen("show_personal_data", "/donnees-personnelles", None),
    Screen("show_site_map", "/plan-du-site", "member"),
    Screen("nothing there", "/nulle-part", None, status=404),
    Screen("show_second_factor", "/connexion/second-facteur", "half_way"),
    Screen("show_proof", "/connexion/preuve"),
    Screen("show_terms", "/conditions", "before_terms", ("O4",)),
    Screen("show_terms again", "/conditions", rows=("O6",)),
    Screen("show_home", "/of", rows=("O10", "O11")),
    Screen("show_profile", "/profil"),
    Screen("show_email_page", "/profil/adresse"),
    Screen("show_sessions", "/profil/sessions"),
    Screen("show_password_page", "/profil/mot-de-passe"),
    Screen("show_factors_page", "/profil/second-facteur"),
    Screen("show_factors_page of staff", "/profil/second-facteur", "enrolling"),
    Screen("show_users", "/of/utilisateurs", "chief", rows=("O20",)),
    Screen("show_team", "/of/utilisateurs/{team}", "referent", ("O20",)),
    Screen("show_team of one of several", "/of/utilisateurs/{team}", "chief"),
    Screen("show_team of a state", "/of/utilisateurs/{team}?state=suspended", "referent"),
    Screen("show_team with faults", "/of/utilisateurs/{team}?state=abc", "referent", status=422),
    Screen("show_employees", "/of/utilisateurs/{team}/nouveau", "referent", ("O21",)),
    Screen("show_new_employee", "/of/utilisateurs/{team}/nouveau/salarie", "referent", ("O21",)),
    Screen("show_new_user", "/of/utilisateurs/{team}/nouveau/personne", "referent", ("O22", "O23")),
    Screen("show_user", "/of/utilisateurs/{team}/{user}", "referent", ("O22", "O23", "O25")),
    Screen("show_user of every establishment", "/of/utilisateurs/{team}/{user}?tous=1", "referent", ("O23",)),
    Screen("show_user who is invited", "/of/utilisateurs/{team}/{invited}", "referent", ("O20",)),
    Screen("show_dossiers", "/of/dossiers", rows=("O30", "O31", "O35")),
    Screen("show_dossiers of a search", "/of/dossiers?recherche={search}", rows=("O30",)),
    Screen("show_dossiers with faults", "/of/dossiers?starts_from=abc", status=422),
    Screen("show_dossiers of nobody", "/of/dossiers", "newcomer"),
    Screen("show_dossier", "/of/dossiers/{dossier}", rows=("O32",)),
    Screen("show_dossier_transfers", "/of/dossiers/{dossier}/reglements", rows=("O34",)),
    Screen("show_dossier_documents", "/of/dossiers/{dossier}/documents", rows=("O33",)),
    Screen("show_pieces", "/of/dossiers/{dossier}/pieces", rows=("E9",)),
    Screen("show_pieces of a member", "/adherent/dossiers/{filed}/pieces", "member", ("E9", "E14")),
    Screen("show_dossier_history", "/of/dossiers/{dossier}/historique"),
    Screen("show_transfers", "/of/reglements", rows=("O40", "O42")),
    Screen("show_transfers of nobody", "/of/reglements", "newcomer"),
    Screen("show_transfer", "/of/reglements/{transfer}", rows=("O41",)),
    Screen("show_months", "/of/reglements/par-mois"),
    Screen("show_months with faults", "/of/reglements/par-mois?until=abc", status=422),
    Screen("show_months of nobody", "/of/reglements/par-mois", "newcomer"),
    Screen("show_establishments", "/of/etablissements", rows=("O50",)),
    Screen("show_establishments without any", "/of/etablissements?number=zzz"),
    Screen("show_establishment", "/of/etablissements/{establishment}", rows=("O51",)),
    Screen("show_establishment_documents", "/of/etablissements/{establishment}/documents", rows=("O51",)),
    Screen("show_spaces", "/espaces", "both", ("E12",)),
    Screen("show_services", "/services", "member", ("E2", "E18")),
    Screen("show_theme", "/services/themes/alternance", "member", ("E2",)),
    Screen("show_tool", "/services/outils/tutoriels", "member", ("E2",)),
    Screen("show_favourites", "/services/favoris", "member", ("E2",)),
    Screen("show_member_home", "/adherent", "member", ("E3", "E4")),
    Screen("show_coming of the members", "/adherent/a-venir/messagerie", "member", ("E4",)),
    Screen("show_dossiers of a member", "/adherent/dossiers", "member", ("E4",)),
    Screen("show_team of a member", "/adherent/utilisateurs/{member}", "member", ("E4",)),
    Screen("show_staff_home", "/gestion", "case-manager"),
    Screen("show_staff_home of an accountant", "/gestion", "accountant"),
    Screen("show_staff_home of an auditor", "/gestion", "auditor"),
    Screen("show_staff_home of an operator", "/gestion", "operator"),
    Screen("show_coming of the staff", "/gestion/a-venir/lots", "accountant"),
    Screen("show_dossiers of the staff", "/gestion/dossiers", "case-manager"),
    Screen("show_dossier_transfers of the staff", "/gestion/dossiers/{dossier}/reglements", "accountant"),
    Screen("show_dossier_documents of a member", "/adherent/dossiers/{filed}/documents", "member", ("O33", "E9")),
    Screen("show_dossier_documents of the staff", "/gestion/dossiers/{filed}/documents", "case-manager", ("B1",)),
    Screen(
        "show_dossier_documents without any",
        "/gestion/dossiers/{filed}/documents?state=withdrawn&side=fund",
        "accountant",
    ),
    Screen("show_dossier_documents of an auditor", "/gestion/dossiers/{filed}/documents", "auditor", ("E14",)),
    Screen("show_preview", "/documents/{document}/apercu", "provider", ("O33", "E9")),
    Screen("show_withdrawal", "/gestion/documents/{document}/retrait", "case-manager", ("B1", "E14")),
    Screen("show_dossier_deposit", "/gestion/dossiers/{filed}/documents/depot", "case-manager", ("B1",)),
    Screen(
        "show_establishment_deposit", "/gestion/etablissements/{establishment}/documents/depot", "accountant", ("B1",)
    ),
    Screen("show_establishment_documents of the staff", "/gestion/etablissements/{establishment}/documents", "auditor"),
    Screen("show_establishment of the staff", "/gestion/etablissements/{establishment}", "auditor"),
)

NO_SCREENS: Final = {
    "show_entry": "leads on at once",
    "show_asset": "a file",
    "show_terms_text": "a file",
    "download_document": "a file",
    "download_receipt": "a file",
    "show_preview_page": "a file",
    "show_demo_mails": "of the demonstration alone",
    "show_demo_mail": "of the demonstration alone",
}


@dataclass
class Addresses:
    """Of the screens, on a ground."""

    ground: Ground

    @cached_property
    def _ids(self) -> dict[str, UUID | str]:
        ground = self.ground
        return {
            "dossier": ground.dossier,
            "transfer": ground.transfer,
            "filed": ground.filed,
            "document": ground.document,
            "establishment": ground.provider.establishment,
            "team": ground.firm.organisation,
            "user": ground.user,
            "invited": ground.invited,
            "member": ground.member.organisation,
            "link": ground.link,
            "search": ground.search,
        }

    def of(self, screen: Screen) -> str:
        return screen.path.format_map(self._ids)
