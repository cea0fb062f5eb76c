"""Dossiers as readers see them (rows O30–O35): the list, its filters and counters, one dossier, its tabs."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from uuid import UUID, uuid4

import pytest

from ledger.dossier.aggregate import Dossier
from ledger.dossier.commands import (
    AmendAgreement,
    BreakOffExecution,
    CancelDossier,
    CloseDossier,
    EnrolTrainee,
    RefuseAgreement,
    SettleDossier,
    WithdrawTrainee,
)
from ledger.dossier.scheme import Scheme
from ledger.kit.errors import Invalid, NotFound
from ledger.log.database import Role
from ledger.organisation.events import OrganisationKind
from ledger.person.commands import RenamePerson
from projections.dossier.queries import (
    Counters,
    DossierFilters,
    DossierTrainee,
    Side,
    Sort,
    dossier,
    dossier_counters,
    dossier_documents,
    dossier_trainees,
    dossier_transfers,
    list_dossiers,
)
from projections.page import write_cursor
from projections.reader import Reader
from support.givens import DAY, ENDS, STARTS
from support.reading import STAFF, House, holder


def numbers(house: House, reader: Reader, **filters: object) -> list[str]:
    page = house.ask(reader, list_dossiers, DossierFilters(**filters))
    assert page.total == len(page.items)
    return [item.number for item in page.items]


def enrol(house: House, dossier_id: UUID, last_name: str, first_name: str) -> UUID:
    return house.do(
        EnrolTrainee(dossier_id=dossier_id, last_name=last_name, first_name=first_name, starts_on=STARTS, ends_on=ENDS)
    )


def test_a_provider_lists_its_establishments_dossiers_and_nothing_else(house: House):
    """O30: anything else is as if it did not exist."""
    mine, other = house.givens.establishment(), house.givens.establishment()
    seen = house.givens.dossier(number="A", provider_establishment_ids=(mine,))
    unseen = house.givens.dossier(number="B", provider_establishment_ids=(other,))

    assert numbers(house, holder(mine)) == ["A"]
    assert numbers(house, holder()) == []
    assert house.ask(holder(mine), dossier, seen).number == "A"
    for absent in (unseen, uuid4()):
        for query in (dossier, dossier_trainees, dossier_transfers, dossier_documents):
            with pytest.raises(NotFound):
                house.ask(holder(mine), query, absent)
    assert sorted(numbers(house, STAFF)) == ["A", "B"]


def test_a_company_lists_the_dossiers_that_it_employs_for(house: House):
    company = house.givens.establishment(OrganisationKind.MEMBER)
    house.givens.dossier(number="A", company_establishment_id=company)

    assert numbers(house, holder(company), side=Side.COMPANY) == ["A"]
    assert numbers(house, holder(company), side=Side.PROVIDER) == []


def test_the_list_has_its_columns(house: House):
    """O31: number, company, the trainee's name for one and the count for several, scheme."""
    one = house.givens.dossier(number="1", starts_on=date(2026, 1, 6))
    several = house.givens.dossier(number="2", starts_on=date(2026, 1, 5))
    enrol(house, one, "Zéphirin", "Ysolde")
    for last_name in ("Aubin", "Bastide"):
        enrol(house, several, last_name, "Ysolde")

    first, second = house.ask(STAFF, list_dossiers, DossierFilters()).items
    assert (first.trainee_count, first.trainee_last_name, first.trainee_first_name) == (1, "Zéphirin", "Ysolde")
    assert (second.trainee_count, second.trainee_last_name) == (2, None)
    assert first.company_name
    assert first.company_name.startswith("Établissement")
    assert first.scheme == "PLAN"
    assert first.agreement_document_id is None


def test_a_withdrawn_trainee_leaves_the_name_of_the_one_who_stays(house: House):
    dossier_id = house.givens.dossier()
    gone = enrol(house, dossier_id, "Aubin", "Ysolde")
    enrol(house, dossier_id, "Bastide", "Ysolde")
    house.do(WithdrawTrainee(dossier_id=dossier_id, person_id=gone, on=DAY))

    (item,) = house.ask(STAFF, list_dossiers, DossierFilters()).items
    assert (item.trainee_count, item.trainee_last_name) == (1, "Bastide")
    assert numbers(house, STAFF, trainee_name="aubin") == []


def test_a_trainee_is_shown_without_anything_but_names_and_days(house: House):
    """O32: never NIR, birth date or address on this side; a team's employees have a birth date, sealed."""
    dossier_id = house.givens.dossier()
    house.do(
        EnrolTrainee(
            dossier_id=dossier_id,
            last_name="Zéphirin",
            first_name="Ysolde",
            birth_date=date(1990, 1, 1),
            starts_on=STARTS,
            ends_on=ENDS,
        )
    )
    (trainee,) = house.ask(holder(house.givens.provider_of(dossier_id)), dossier_trainees, dossier_id)
    assert (trainee.last_name, trainee.first_name, trainee.starts_on, trainee.ends_on) == (
        "Zéphirin",
        "Ysolde",
        STARTS,
        ENDS,
    )
    shown = {field.name for field in fields(DossierTrainee)}
    assert shown == {"person_id", "last_name", "first_name", "starts_on", "ends_on"}
    with house.database.transaction(Role.STAFF) as connection:
        columns = connection.execute(
            "select column_name from information_schema.columns where table_schema = 'read' "
            "and (column_name like '%%nir%%' or column_name like '%%birth%%') and column_name not like '%%\\_sealed'"
        ).fetchall()
    assert columns == []


def test_each_filter_narrows_the_list(house: House):
    """O30: scheme, establishment, starts on or after, ends on or before, trainee's name, number."""
    first, second = house.givens.establishment(), house.givens.establishment()
    plan = house.givens.opening(
        number="1819000001.01",
        provider_establishment_ids=(first,),
        starts_on=date(2024, 1, 1),
        ends_on=date(2024, 3, 31),
    )
    long = plan.model_copy(
        update={
            "number": "1819000002.01",
            "scheme": Scheme.ALTE,
            "provider_establishment_ids": (second,),
            "starts_on": date(2024, 2, 1),
            "ends_on": date(2025, 1, 31),
        }
    )
    one, two = house.do(plan), house.do(long)
    enrol(house, one, "de La Forêt-Noire", "Anne-Lise")
    enrol(house, two, "Forestier", "Paul")
    both = holder(first, second)

    assert numbers(house, both) == ["1819000002.01", "1819000001.01"]
    assert numbers(house, both, sort=Sort.OLDEST) == ["1819000001.01", "1819000002.01"]
    assert numbers(house, both, scheme=Scheme.ALTE) == ["1819000002.01"]
    assert numbers(house, both, establishment_id=first) == ["1819000001.01"]
    assert numbers(house, both, establishment_id=uuid4()) == []
    assert numbers(house, both, starts_from=date(2024, 2, 1)) == ["1819000002.01"]
    assert numbers(house, both, starts_from=date(2024, 2, 2)) == []
    assert numbers(house, both, ends_until=date(2024, 3, 31)) == ["1819000001.01"]
    assert numbers(house, both, ends_until=date(2024, 3, 30)) == []
    assert numbers(house, both, number="1819000001.01") == ["1819000001.01"]
    assert numbers(house, both, number="18190") == ["1819000002.01", "1819000001.01"]
    assert numbers(house, both, number="1819000001.01", scheme=Scheme.ALTE) == []
    assert numbers(house, both, trainee_name="FORE") == ["1819000002.01", "1819000001.01"]
    assert numbers(house, both, trainee_name="foret") == ["1819000001.01"]
    assert numbers(house, both, trainee_name="lise, noire") == ["1819000001.01"]
    assert numbers(house, both, trainee_name="foret paul") == []
    assert numbers(house, both, trainee_name="fore", number="1819000002") == ["1819000002.01"]
    assert numbers(house, both, trainee_name="fore", establishment_id=first) == ["1819000001.01"]
    assert numbers(house, both, trainee_name="fore", side=Side.COMPANY) == []
    assert numbers(house, holder(first), trainee_name="forestier") == []
    assert numbers(house, STAFF, trainee_name="fore", starts_from=date(2024, 2, 1)) == ["1819000002.01"]
    assert numbers(house, STAFF, establishment_id=second) == ["1819000002.01"]
    assert numbers(house, STAFF, number="1819000002.01") == ["1819000002.01"]


def test_two_trainees_do_not_make_one_name(house: House):
    """Several words must all match one person."""
    dossier_id = house.givens.dossier()
    enrol(house, dossier_id, "Aubin", "Paul")
    enrol(house, dossier_id, "Bastide", "Rose")

    assert numbers(house, STAFF, trainee_name="aubin rose") == []
    assert len(numbers(house, STAFF, trainee_name="rose bast")) == 1


def test_a_name_that_says_too_little_or_too_much_is_refused(house: House):
    for name in ("", " ", "a", "é .", "-", "a b c d e f gg"):
        with pytest.raises(Invalid) as refused:
            house.ask(STAFF, list_dossiers, DossierFilters(trainee_name=name))
        assert refused.value.field == "trainee_name"


def test_a_renamed_trainee_is_found_by_the_new_name_alone(house: House):
    dossier_id = house.givens.dossier()
    person_id = enrol(house, dossier_id, "Aubin", "Ysolde")
    assert len(numbers(house, STAFF, trainee_name="aubin")) == 1

    house.do(RenamePerson(person_id=person_id, last_name="Bastide", first_name="Ysolde"))
    assert numbers(house, STAFF, trainee_name="aubin") == []
    assert len(numbers(house, STAFF, trainee_name="bastide ysolde")) == 1


def test_pages_follow_each_other_without_gap_or_repeat(house: House):
    """By key: two establishments merged, a dossier of both shown once, several of one day in the order of their ids."""
    first, second = house.givens.establishment(), house.givens.establishment()
    opened = [
        house.givens.dossier(
            number=str(n),
            starts_on=date(2026, 1, 1 + n // 3),
            provider_establishment_ids=[(first,), (second,), (first, second)][n % 3],
        )
        for n in range(12)
    ]
    for sort in Sort:
        found, cursor = [], None
        while True:
            page = house.ask(holder(first, second), list_dossiers, DossierFilters(sort=sort), cursor, 5)
            found += [item.dossier_id for item in page.items]
            assert page.total == 12
            cursor = page.next_cursor
            if cursor is None:
                break
        expected = sorted(opened, key=lambda each: (opened.index(each) // 3, each), reverse=sort is Sort.NEWEST)
        assert found == expected


def test_a_malformed_cursor_or_another_lists_is_refused(house: House):
    for _ in range(2):
        house.givens.dossier()
    other = house.ask(STAFF, list_dossiers, DossierFilters(sort=Sort.OLDEST), None, 1).next_cursor
    invented = write_cursor("dossiers:-starts_on", "2026-01-01", "not an id")
    for cursor in ("", "x", "é", "W10", "bnVsbA", "\x00", invented, other):
        with pytest.raises(Invalid) as refused:
            house.ask(STAFF, list_dossiers, DossierFilters(), cursor)
        assert refused.value.field == "cursor"


def test_a_page_has_its_bounds(house: House):
    for limit in (0, -1, 201):
        with pytest.raises(Invalid) as refused:
            house.ask(STAFF, list_dossiers, DossierFilters(), None, limit)
        assert refused.value.field == "limit"


def test_counters_cover_the_whole_scope_and_count_each_dossier_once(house: House):
    """O30: EN COURS, SOLDÉS, TOTAL; refused and cancelled apart; a broken-off one is still ongoing."""
    first, second, other = (house.givens.establishment() for _ in range(3))
    both: dict[str, object] = {"provider_establishment_ids": (first, second)}
    house.givens.dossier(**both)
    broken_off = house.givens.agreed_dossier(provider_establishment_ids=(first,))
    house.do(BreakOffExecution(dossier_id=broken_off, on=DAY))
    settled, closed = (house.givens.agreed_dossier(**both) for _ in range(2))
    for dossier_id in (settled, closed):
        house.do(SettleDossier(dossier_id=dossier_id, on=DAY))
    house.do(CloseDossier(dossier_id=closed, on=DAY))
    refused = house.givens.dossier(provider_establishment_ids=(second, other))
    house.do(RefuseAgreement(dossier_id=refused, reason="Hors champ", on=DAY))
    house.do(CloseDossier(dossier_id=refused, on=DAY))
    house.do(CancelDossier(dossier_id=house.givens.dossier(**both), on=DAY))
    house.givens.dossier(provider_establishment_ids=(other,))

    def counters(*establishments: UUID) -> Counters:
        return house.ask(holder(*establishments), dossier_counters, Side.PROVIDER)

    assert counters(first, second) == Counters(ongoing=2, settled=2, cancelled=1, refused=1)
    assert counters(first, second).total == 4
    assert counters(first) == Counters(ongoing=2, settled=2, cancelled=1, refused=0)
    assert counters(second, other) == Counters(ongoing=2, settled=2, cancelled=1, refused=1)
    assert counters() == Counters(0, 0, 0, 0)
    assert house.ask(STAFF, dossier_counters, Side.PROVIDER) == Counters(ongoing=3, settled=2, cancelled=1, refused=1)
    assert house.ask(holder(first, second), list_dossiers, DossierFilters()).total == 6
    assert house.ask(holder(first), dossier_counters, Side.COMPANY) == Counters(0, 0, 0, 0)


def test_an_amended_dossier_moves_in_the_list(house: House):
    early = house.givens.agreed_dossier(number="early", starts_on=date(2026, 1, 1))
    house.givens.dossier(number="late", starts_on=date(2026, 1, 2))
    assert numbers(house, STAFF) == ["late", "early"]

    house.do(AmendAgreement(dossier_id=early, amount_cents=120_000, starts_on=date(2026, 1, 3), on=DAY))
    assert numbers(house, STAFF) == ["early", "late"]
    assert numbers(house, STAFF, starts_from=date(2026, 1, 3)) == ["early"]
    assert house.ask(STAFF, dossier, early).agreement_cents == 120_000


def test_one_dossier_shows_its_parties_axes_and_amounts(house: House):
    provider, other = house.givens.establishment(), house.givens.establishment()
    dossier_id = house.givens.agreed_dossier(100_000, provider_establishment_ids=(provider, other))
    invoice_id = house.givens.approved_invoice(dossier_id, 40_000)

    shown = house.ask(holder(provider), dossier, dossier_id)
    assert [each.establishment_id for each in shown.providers] == [provider, other]
    assert shown.company is not None
    assert (shown.instruction, shown.execution, shown.closing) == ("agreed", "not-started", "open")
    assert (shown.agreement_cents, shown.reserved_cents, shown.paid_cents) == (100_000, 40_000, 0)
    assert (shown.status, shown.financial) == ("ongoing", "approved")

    house.givens.paid_transfer(dossier_id, invoice_id)
    house.do(SettleDossier(dossier_id=dossier_id, on=DAY))
    shown = house.ask(holder(provider), dossier, dossier_id)
    assert (shown.paid_cents, shown.released_cents, shown.settled_on) == (40_000, 60_000, DAY)
    assert (shown.status, shown.financial) == ("settled", "settled")


def test_the_version_is_the_streams(house: House):
    """What `If-Match` is checked against."""
    dossier_id = house.givens.agreed_dossier()
    enrol(house, dossier_id, "Aubin", "Ysolde")
    house.givens.approved_invoice(dossier_id)
    assert house.ask(STAFF, dossier, dossier_id).version == house.givens.state(Dossier, dossier_id).version


def test_an_unknown_filter_or_a_control_character_is_refused():
    for wrong in ({"nir": "1"}, {"number": "1\x00"}, {"scheme": "AUTRE"}, {"starts_from": "2024-02-30"}):
        with pytest.raises(ValueError, match="validation error"):
            DossierFilters(**wrong)
