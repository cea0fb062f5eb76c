"""What each caller sees: every column of the lists, counters that add up, and nothing of anybody else's."""

from __future__ import annotations

import re
import threading
from uuid import UUID, uuid4

import pytest

from ledger.account.events import Role
from ledger.kit.fictitious import fictitious_iban
from support.gateway import Gateway, World

UNKNOWN = uuid4()


def _ids(answer, name: str) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each[name] for each in answer.json()["items"]]


def _without_correlation(answer) -> tuple[int, dict[str, object]]:
    return answer.status_code, {name: value for name, value in answer.json().items() if name != "correlation_id"}


@pytest.fixture(scope="module")
def paid(gateway: Gateway, world: World) -> dict[str, UUID]:
    """The first provider's dossier was invoiced twice, and one invoice is paid, with its avis in two pages."""
    invoice = gateway.approved_invoice(world.dossier, world.first, 60000)
    waiting = gateway.approved_invoice(world.dossier, world.first, 20000)
    lot, transfer = gateway.paid_transfer(invoice, provider=world.first, total_cents=60000)
    avis = {"category": "remittance-advice", "establishment_id": str(world.first), "transfer_id": str(transfer)}
    first_page, _ = (
        gateway.deposited(who="accountant", name=f"Avis - Page {n}.pdf", on=f"2026-03-{19 + n}", **avis).json()
        for n in (1, 2)
    )
    agreement = gateway.deposited(name="Accord.pdf", dossier_ids=[str(world.dossier)])
    return {
        "invoice": invoice,
        "waiting": waiting,
        "lot": lot,
        "transfer": transfer,
        "first_page": UUID(first_page["id"]),
        "agreement": UUID(agreement.json()["id"]),
    }


def test_a_provider_lists_exactly_its_dossiers(gateway: Gateway, world: World):
    """O30, O31: and the counters cover the whole scope."""
    body = gateway.get("provider", "/v1/dossiers").json()
    [row] = body["items"]
    assert row["dossier_id"] == str(world.dossier)
    assert row["scheme"] == {"code": "PLAN", "label": "Plan de développement des compétences"}
    assert row["trainees"]["count"] == 1
    assert row["trainees"]["last_name"] == "Stagiaire"
    assert row["company"]["establishment_id"] == str(world.company)
    assert row["company"]["name"].startswith("Organisme")
    assert body["counters"] == {"ongoing": 1, "settled": 0, "total": 1, "cancelled": 0, "refused": 0}
    assert (body["total"], body["total_is_capped"], body["next_cursor"]) == (1, False, None)


def test_staff_see_every_dossier(gateway: Gateway, world: World):
    for who in ("case-manager", "accountant", "auditor"):
        assert {str(world.dossier), str(world.other_dossier)} <= set(
            _ids(gateway.get(who, "/v1/dossiers"), "dossier_id")
        )


def test_absent_and_forbidden_are_the_same_404(gateway: Gateway, world: World, paid: dict[str, UUID]):
    """Anything else is the same 404 as what does not exist: the whole answer, and its headers' names."""
    of_others = [
        (f"/v1/dossiers/{world.dossier}{tab}", f"/v1/dossiers/{UNKNOWN}{tab}")
        for tab in ("", "/trainees", "/transfers", "/documents", "/history")
    ]
    of_others += [
        (f"/v1/establishments/{world.first}{tab}", f"/v1/establishments/{UNKNOWN}{tab}") for tab in ("", "/documents")
    ]
    of_others += [
        (f"/v1/transfers/{paid['transfer']}", f"/v1/transfers/{UNKNOWN}"),
        (f"/v1/invoices/{paid['invoice']}", f"/v1/invoices/{UNKNOWN}"),
        (f"/v1/documents/{paid['agreement']}", f"/v1/documents/{UNKNOWN}"),
        (f"/v1/documents/{paid['agreement']}/content", f"/v1/documents/{UNKNOWN}/content"),
        (f"/v1/lots/{paid['lot']}", f"/v1/lots/{UNKNOWN}"),
    ]
    for real, unknown in of_others:
        assert gateway.get("accountant", real).status_code == 200, real
        forbidden, absent = (gateway.get("other-provider", path) for path in (real, unknown))
        assert _without_correlation(forbidden) == _without_correlation(absent)
        assert forbidden.status_code == 404
        assert set(forbidden.headers) == set(absent.headers)
        assert _without_correlation(gateway.get("operator", real)) == _without_correlation(absent)


def test_a_filter_by_anothers_establishment_shows_nothing(gateway: Gateway, world: World):
    for path in ("/v1/dossiers", "/v1/transfers", "/v1/invoices"):
        body = gateway.get("provider", path, establishment_id=str(world.second)).json()
        assert (body["items"], body["total"]) == ([], 0)


def test_filters_narrow_and_say_how_many_match(gateway: Gateway, world: World):
    """O30: Dispositif, Établissement, dates (on or after, on or before), N° de dossier."""
    number = gateway.get("provider", f"/v1/dossiers/{world.dossier}").json()["number"]
    for params, found in [
        ({"scheme": "PLAN"}, 1),
        ({"scheme": "C PRO"}, 0),
        ({"establishment_id": str(world.first)}, 1),
        ({"starts_from": "2026-03-02"}, 1),
        ({"starts_from": "2026-03-03"}, 0),
        ({"ends_until": "2026-03-06"}, 1),
        ({"ends_until": "2026-03-05"}, 0),
        ({"number": number}, 1),
        ({"number": "nulle-part"}, 0),
        ({"side": "company"}, 0),
    ]:
        body = gateway.get("provider", "/v1/dossiers", **params).json()
        assert (len(body["items"]), body["total"]) == (found, found), params
        assert body["counters"]["ongoing"] == (0 if params.get("side") == "company" else 1)


def test_a_trainees_name_is_searched_by_body_alone(gateway: Gateway, world: World):
    """O30: « Nom du stagiaire », never in a URL."""
    for name, found in [("stagiaire", 1), ("STAG", 1), ("stagiaire ariane", 1), ("durand", 0)]:
        answer = gateway.post("provider", "/v1/dossiers/search", {"trainee_name": name})
        assert len(_ids(answer, "dossier_id")) == found, name
    assert gateway.get("provider", "/v1/dossiers", trainee_name="stagiaire").status_code == 422


def test_pages_follow_each_other_without_gap_or_repeat(gateway: Gateway, world: World):
    _, place = gateway.organisation()
    organisation = gateway.get("case-manager", f"/v1/establishments/{place}").json()["organisation_id"]
    gateway.account("paging", Role.PORTAL, (UUID(organisation), place))
    made = [
        gateway.dossier(place, world.company, starts_on=f"2026-03-0{day}", ends_on="2026-03-06")
        for day in (1, 2, 2, 3, 2)
    ]
    seen: list[str] = []
    cursor = None
    while True:
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        body = gateway.get("paging", "/v1/dossiers", **params).json()
        seen += [each["dossier_id"] for each in body["items"]]
        assert body["total"] == 5
        cursor = body["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(map(str, made))
    oldest = _ids(gateway.get("paging", "/v1/dossiers", sort="starts_on"), "dossier_id")
    assert oldest == seen[::-1]


def test_a_dossier_tells_its_life_and_its_money(gateway: Gateway, world: World, paid: dict[str, UUID]):
    """O32."""
    body = gateway.get("provider", f"/v1/dossiers/{world.dossier}").json()
    assert body["title"] == "Lire un plan d'exécution"
    assert body["instruction"] == {"code": "agreed", "label": "Accordé"}
    assert (body["agreement_cents"], body["reserved_cents"], body["paid_cents"]) == (120000, 80000, 60000)
    assert body["agreement_document_id"] == str(paid["agreement"])
    assert [each["establishment_id"] for each in body["providers"]] == [str(world.first)]


def test_a_trainee_is_a_name_and_days(gateway: Gateway, world: World):
    """O32: never NIR, birth date or address on this side."""
    [trainee] = gateway.get("provider", f"/v1/dossiers/{world.dossier}/trainees").json()["items"]
    assert set(trainee) == {"person_id", "last_name", "first_name", "starts_on", "ends_on"}
    assert trainee["last_name"] == "Stagiaire"


def test_the_reglements_of_a_dossier_show_its_own_line(gateway: Gateway, world: World, paid: dict[str, UUID]):
    """O34: every column; Montant TTC is the line's, never the transfer's."""
    [row] = gateway.get("provider", f"/v1/dossiers/{world.dossier}/transfers").json()["items"]
    assert row["transfer_id"] == str(paid["transfer"])
    assert row["amount_cents"] == 60000
    assert row["paid_on"] == "2026-03-19"
    assert row["mode"] == {"code": "transfer", "label": "Virement"}
    assert row["iban"].startswith("FR76")
    assert "•" not in row["iban"]
    assert re.fullmatch(r"Organisme \d+ \(\d{14}\) - 75001 / Modèleville", row["beneficiary_label"])


def test_a_transfer_is_the_sum_of_its_lines(gateway: Gateway, paid: dict[str, UUID]):
    """O40, O41."""
    [row] = gateway.get("provider", "/v1/transfers").json()["items"]
    assert row["status"] == {"code": "paid", "label": "Payé"}
    body = gateway.get("provider", f"/v1/transfers/{paid['transfer']}").json()
    assert body["total_cents"] == sum(line["amount_cents"] for line in body["lines"]) == row["total_cents"] == 60000
    assert len(body["advice_document_ids"]) == 2
    assert body["advice_document_ids"][0] == str(paid["first_page"])
    assert gateway.get("provider", "/v1/transfers", lot=row["lot_reference"]).json()["total"] == 1
    assert gateway.get("provider", "/v1/transfers", lot="VIR-AUTRE").json()["total"] == 0


def test_the_paid_iban_is_frozen_when_the_account_changes(gateway: Gateway, world: World, paid: dict[str, UUID]):
    path = f"/v1/transfers/{paid['transfer']}"
    before = gateway.get("provider", path).json()["iban"]
    bank = {"iban": fictitious_iban(424242), "bic": "PSSTFRPP", "on": "2026-04-01"}
    gateway.done("accountant", f"/v1/establishments/{world.first}/bank-details", bank)
    assert gateway.get("provider", path).json()["iban"] == before
    assert gateway.get("provider", f"/v1/establishments/{world.first}").json()["iban"] == bank["iban"]


def test_who_need_not_see_an_iban_sees_it_masked(gateway: Gateway, world: World, paid: dict[str, UUID]):
    """B4, O50: in full for those who hold the establishment."""
    for who, masked in [("provider", False), ("accountant", False), ("case-manager", True), ("auditor", True)]:
        for path in (f"/v1/establishments/{world.first}", f"/v1/transfers/{paid['transfer']}"):
            iban = gateway.get(who, path).json()["iban"]
            assert ("•" in iban) is masked, (who, path)


def test_establishments_are_listed_and_searched(gateway: Gateway, world: World):
    """O50: N°, Raison sociale, Siret, CP, Ville, IBAN, BIC, NDA, Enseigne, and their filters."""
    [row] = gateway.get("provider", "/v1/establishments").json()["items"]
    assert row["establishment_id"] == str(world.first)
    assert row["street"] == "1 rue de l'Exemple"
    for name in ("number", "siret", "nda"):
        assert gateway.get("provider", "/v1/establishments", **{name: row[name]}).json()["total"] == 1
        assert gateway.get("provider", "/v1/establishments", **{name: "0987654321"}).json()["total"] == 0
    for search, found in [({"name": "organisme"}, 1), ({"trade_name": "enseigne"}, 1), ({"name": "autre"}, 0)]:
        answer = gateway.post("provider", "/v1/establishments/search", search)
        assert answer.json()["total"] == found, search
    assert gateway.get("provider", "/v1/establishments", name="organisme").status_code == 422


def test_invoices_are_followed_by_their_beneficiary(gateway: Gateway, world: World, paid: dict[str, UUID]):
    """B2: and by nobody else of the dossier."""
    states = {
        each["invoice_id"]: each["status"]["code"] for each in gateway.get("provider", "/v1/invoices").json()["items"]
    }
    assert states == {str(paid["invoice"]): "paid", str(paid["waiting"]): "approved"}
    assert gateway.get("provider", "/v1/invoices", status="paid").json()["total"] == 1
    assert gateway.get("other-provider", "/v1/invoices").json()["items"] == []


def test_what_waits_in_a_lot_is_the_funds_own_business(gateway: Gateway, world: World, paid: dict[str, UUID]):
    lot_id = gateway.done("accountant", "/v1/lots", {"reference": "VIR9100", "scheduled_on": "2026-04-02"})
    lines = {"beneficiary_establishment_id": str(world.first), "invoice_ids": [str(paid["waiting"])]}
    transfer_id = gateway.done("accountant", f"/v1/lots/{lot_id}/transfers", lines)
    assert gateway.get("accountant", f"/v1/transfers/{transfer_id}").json()["status"]["code"] == "prepared"
    assert gateway.get("provider", f"/v1/transfers/{transfer_id}").status_code == 404
    shown = gateway.get("accountant", f"/v1/lots/{lot_id}").json()
    assert (shown["transfer_count"], shown["total_cents"], shown["released_on"]) == (1, 20000, None)
    assert str(lot_id) in _ids(gateway.get("accountant", "/v1/lots"), "lot_id")
    gateway.done("accountant", f"/v1/transfers/{transfer_id}/withdrawal", {"on": "2026-04-01"})


def test_a_history_tells_everything_but_what_is_personal(gateway: Gateway, world: World, paid: dict[str, UUID]):
    path = f"/v1/dossiers/{world.dossier}/history"
    whole = gateway.get("auditor", path, limit=200).json()["items"]
    assert [each["position"] for each in whole] == sorted(each["position"] for each in whole)
    assert whole[0]["event"] == "dossier.opened.v1"
    assert whole[0]["label"] == "Dossier ouvert"
    assert whole[0]["actor"] == {"code": "case-manager", "label": "Gestionnaire de dossiers"}
    issued = next(each for each in whole if each["event"] == "dossier.agreement-issued.v1")
    assert (issued["amount_cents"], issued["on"]) == (120000, "2026-02-10")
    text = gateway.get("auditor", path, limit=200).text
    assert "Stagiaire" not in text.replace("Stagiaire inscrit", "")
    assert "sealed:" not in text
    seen = gateway.get("provider", path, limit=200).json()["items"]
    assert {each["event"] for each in whole} - {each["event"] for each in seen} == {
        "dossier.payment-reserved.v1",
        "invoice.scheduled.v1",
        "invoice.unscheduled.v1",
        "transfer.prepared.v1",
        "transfer.withdrawn.v1",
    } & {each["event"] for each in whole}
    paged, cursor = [], None
    while True:
        body = gateway.get("auditor", path, limit=3, **({"cursor": cursor} if cursor else {})).json()
        paged += body["items"]
        cursor = body["next_cursor"]
        if cursor is None:
            break
    assert paged == whole


def test_another_partys_invoices_are_not_in_ones_history(gateway: Gateway, world: World):
    shared = gateway.dossier(
        world.first, world.company, provider_establishment_ids=[str(world.first), str(world.second)]
    )
    mine = gateway.approved_invoice(shared, world.first, 30000)
    theirs = gateway.approved_invoice(shared, world.second, 40000)
    path = f"/v1/dossiers/{shared}/history"
    for who, own, other in [("provider", mine, theirs), ("other-provider", theirs, mine)]:
        shown = {each["invoice_id"] for each in gateway.get(who, path, limit=200).json()["items"]}
        assert str(own) in shown
        assert str(other) not in shown


def test_a_piece_of_another_party_is_not_in_ones_history(gateway: Gateway, world: World):
    """What is not in the tab DOCUMENTS is not in the history either: neither deposited nor withdrawn."""
    dossier = gateway.dossier(world.first, world.company)
    deposits = {
        "own": {"category": "other", "establishment_id": str(world.first)},
        "company's": {"category": "other", "establishment_id": str(world.company)},
        "fund's": {"category": "invoice"},
        "shared": {"category": "agreement"},
    }
    ids = {
        whose: gateway.deposited(dossier_ids=[str(dossier)], **fields).json()["id"]
        for whose, fields in deposits.items()
    }
    withdrawal = {"reason": "Erreur", "on": "2026-03-01"}
    company_piece = ids["company's"]
    gateway.done("case-manager", f"/v1/documents/{company_piece}/withdrawal", withdrawal)
    history = gateway.get("provider", f"/v1/dossiers/{dossier}/history", limit=200).json()["items"]
    assert {each["document_id"] for each in history} - {None} == {ids["own"], ids["shared"]}


def test_an_etag_spares_what_the_caller_has(gateway: Gateway, world: World):
    path = f"/v1/dossiers/{world.other_dossier}"
    first = gateway.get("other-provider", path)
    tag = first.headers["etag"]
    again = gateway.get("other-provider", path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    gateway.done("case-manager", f"{path}/execution/start", {"on": "2026-03-02"})
    changed = gateway.get("other-provider", path, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_a_change_beside_the_resource_changes_its_etag_and_not_its_version(gateway: Gateway, world: World):
    """Renaming an establishment changes what a dossier shows, not what an order on it depends on."""
    path = f"/v1/dossiers/{gateway.dossier(world.second, world.company)}"
    gateway.done("case-manager", f"{path}/execution/start", {"on": "2026-03-02"})
    tag = gateway.get("case-manager", path).headers["etag"]
    gateway.done("case-manager", f"/v1/establishments/{world.company}/name", {"name": "Organisme renommé"})
    answer = gateway.get("case-manager", path, headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert answer.json()["company"]["name"] == "Organisme renommé"
    closed = gateway.post("case-manager", f"{path}/execution/finish", {"on": "2026-03-06"}, headers={"If-Match": tag})
    assert closed.status_code == 200


def test_every_answer_says_its_position_and_waits_for_what_is_asked(gateway: Gateway, world: World):
    answer = gateway.get("provider", "/v1/dossiers")
    now = int(answer.headers["ledger-position"])
    assert gateway.get("provider", "/v1/dossiers", min_position=now).status_code == 200
    late = gateway.get("provider", "/v1/dossiers", min_position=now + 1)
    assert (late.status_code, late.json()["type"]) == (503, "/problems/read-model-late")
    assert late.headers["retry-after"] == "1"
    for who, path in [("auditor", f"/v1/dossiers/{world.dossier}/history"), ("operator", "/v1/projections"),
                      ("provider", "/v1/me"), ("provider", "/v1/schemes")]:  # fmt: skip
        assert int(gateway.get(who, path).headers["ledger-position"]) >= now


def test_one_reads_ones_own_writes(gateway: Gateway, world: World):
    """A query with the position of an order waits for the fold that is under way."""
    headers = {**gateway.headers("case-manager"), "Idempotency-Key": "relire"}
    body = {"name": "Organisme relu"}
    order = gateway.client.post(f"/v1/establishments/{world.second}/name", json=body, headers=headers)
    fold = threading.Timer(0.2, gateway.engine.catch_up)
    fold.start()
    path = f"/v1/establishments/{world.second}"
    shown = gateway.get("case-manager", path, min_position=order.headers["ledger-position"])
    fold.join()
    assert shown.json()["name"] == "Organisme relu"


def test_an_operator_sees_the_read_models_and_no_dossier(gateway: Gateway, world: World):
    shown = {each["projector"]: each for each in gateway.get("operator", "/v1/projections").json()["items"]}
    assert {"dossier", "transfer", "account"} <= set(shown)
    assert all(each["state"] == "live" for each in shown.values())
    assert gateway.get("operator", "/v1/dossiers").status_code == 403
    assert gateway.get("provider", "/v1/projections").status_code == 403


def test_reference_lists_have_codes_and_labels(gateway: Gateway, world: World):
    """O35."""
    schemes = {each["code"]: each["label"] for each in gateway.get("provider", "/v1/schemes").json()["items"]}
    assert schemes["ALTE"] == "Contrat d'apprentissage"
    assert {"PLAN", "ALTE", "C PRO", "PRO-A", "RECONV", "POEC", "POEI"} == set(schemes)
    assert gateway.get("provider", "/v1/document-categories").json()["items"]
