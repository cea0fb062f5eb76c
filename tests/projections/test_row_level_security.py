"""Row-level security is the boundary: with the code's own filters taken out, nothing leaks.

Each query here is what a forgotten filter would be, `select * from read.x`, as the gateway's role.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from ledger.account.commands import GrantMembership, RegisterEmployee
from ledger.account.events import Role as AccountRole
from ledger.document.commands import RecordDeposit
from ledger.document.events import Category
from ledger.dossier.commands import EnrolTrainee
from ledger.invitation.commands import SendInvitation
from ledger.kit.errors import NotFound
from ledger.kit.ids import uuid7
from ledger.log.database import Database, Role
from ledger.organisation.events import OrganisationKind
from ledger.transfer.commands import PayTransfer
from projections.account.team import team_of
from projections.engine.rebuild import rebuild
from projections.engine.swap import swap
from projections.registry import ALL
from support.givens import DAY, ENDS, STARTS
from support.reading import House, house_on

TABLES = [table.name for projector in ALL for table in projector.TABLES]
OPEN_TO_ALL = {"establishment_identity", "membership"}
MANAGED = {"team_user", "team_employee"}
"""Tables of teams, which `led.managed` opens, and no scope."""
NOT_THE_GATEWAYS = {"organisation", "organisation_contact", "lot", "person_party", "document_party", "transfer_party"}
SCOPED = [name for name in TABLES if name not in OPEN_TO_ALL | NOT_THE_GATEWAYS | MANAGED | {"account"}]


@dataclass
class Two:
    """A house with two providers' dossiers, each with everything: trainee, document, invoice, paid transfer."""

    house: House
    first: UUID
    second: UUID
    teams: tuple[str, str]


@pytest.fixture(scope="module")
def two(cluster: Any) -> Iterator[Two]:
    with cluster.deployment() as databases, house_on(databases.ledger, databases.keys) as house:
        first, second = (_provider_with_everything(house) for _ in range(2))
        teams = (_team_of_everybody(house), _team_of_everybody(house))
        house.catch_up()
        yield Two(house, first, second, teams)


def _provider_with_everything(house: House) -> UUID:
    givens = house.givens
    dossier_id = givens.agreed_dossier()
    provider = givens.provider_of(dossier_id)
    house.do(EnrolTrainee(dossier_id=dossier_id, last_name="Aubin", first_name="Rose", starts_on=STARTS, ends_on=ENDS))
    lot_id = givens.lot()
    transfer_id = givens.transfer(lot_id, dossier_id, [givens.approved_invoice(dossier_id)])
    house.do(givens.releasing(lot_id))
    house.do(PayTransfer(transfer_id=transfer_id, on=DAY))
    house.do(
        RecordDeposit(
            document_id=uuid7(),
            category=Category.FUND_DOCUMENT,
            name="Courrier.pdf",
            media_type="application/pdf",
            size_bytes=1,
            stored_bytes=1,
            stored_sha256="0" * 64,
            plain_sha256="0" * 64,
            dossier_ids=(dossier_id,),
            on=DAY,
        )
    )
    return provider


def _team_of_everybody(house: House) -> str:
    """A référent, an open invitation, an employee, and the key of their team."""
    givens, kind = house.givens, OrganisationKind.PROVIDER
    organisation_id, n = givens.organisation(kind)
    place = givens.establishment_of(organisation_id, n)
    givens.referent(organisation_id, [place])
    about = {"organisation_id": organisation_id, "kind": kind}
    names = {"civility": "Mme", "last_name": "Aubin", "first_name": "Rose"}
    house.do(SendInvitation(**about, establishment_ids={place}, email=f"rose{n}@essai.example", **names))
    house.do(RegisterEmployee(**about, birth_date=DAY, **names))
    return team_of(organisation_id, kind)


def rows(
    database: Database, role: Role, table: str, scope: Iterable[UUID] = (), managed: Iterable[str] = ()
) -> list[dict[str, Any]]:
    with database.transaction(role, scope=scope, managed=managed) as connection:
        return connection.execute(f"select t.*, t::text as whole from read.{table} t".encode()).fetchall()


def check_boundary(database: Database, two: Two) -> None:
    """On whatever connection: own rows alone, none of the other's, none without a scope."""
    for table in SCOPED:
        all_rows = {row["whole"] for row in rows(database, Role.STAFF, table)}
        mine = {row["whole"] for row in rows(database, Role.GATEWAY, table, [two.first])}
        theirs = {row["whole"] for row in rows(database, Role.GATEWAY, table, [two.second])}
        assert mine, table
        assert theirs, table
        assert not mine & theirs, table
        assert mine | theirs <= all_rows, table
        assert not any(str(two.second) in row for row in mine), table
        assert rows(database, Role.GATEWAY, table, [two.first, two.second]) != [], table
        assert rows(database, Role.GATEWAY, table) == [], table
        assert rows(database, Role.GATEWAY, table, [uuid4()]) == [], table
        assert rows(database, Role.GATEWAY, table, [UUID(int=0)]) == [] or table in FUNDS, table


def check_teams(database: Database, two: Two) -> None:
    """A team's référent sees its users, invitations, employees and their names, and nobody else's; nothing else."""
    for table, count in (("team_user", 2), ("team_employee", 3), ("person", 3)):
        mine, theirs = (
            {row["whole"] for row in rows(database, Role.GATEWAY, table, managed=[team])} for team in two.teams
        )
        assert (len(mine), len(theirs)) == (count, count), table
        assert not mine & theirs, table
        both = {row["whole"] for row in rows(database, Role.GATEWAY, table, managed=two.teams)}
        assert both == mine | theirs, table
        assert not any(two.teams[1] in row for row in mine), table
        for nobodys in ((), [f"{uuid4()}:provider"], [two.teams[0].replace("provider", "member")]):
            assert rows(database, Role.GATEWAY, table, managed=nobodys) == [], table
    for table in MANAGED:
        assert rows(database, Role.GATEWAY, table, [two.first, two.second]) == [], table
    for table in {*SCOPED} - {"person"}:
        assert rows(database, Role.GATEWAY, table, managed=two.teams) == [], table
    named = {row["person_id"] for row in rows(database, Role.GATEWAY, "person", [two.first])}
    assert not named & {row["person_id"] for row in rows(database, Role.GATEWAY, "person", managed=two.teams)}


FUNDS = {"dossier_entry", "dossier_counter", "trainee_word"}
"""Tables with rows of the fund itself (nil UUID), which no membership can name: the ledger refuses an establishment
that does not exist."""


def test_a_scope_shows_its_own_rows_alone_on_reused_connections(two: Two):
    with Database(two.house.url, min_size=1, max_size=1) as one_connection:
        for _ in range(2):
            check_boundary(one_connection, two)
            check_teams(one_connection, two)


def test_the_boundary_holds_after_a_rebuild_and_a_swap(two: Two):
    house = two.house
    house.engine.step_down()
    rebuild(house.database, house.keyring, ALL)
    with Database(house.url, min_size=1, max_size=1) as one_connection:
        check_boundary(one_connection, two)
        swap(house.database, house.keyring, ALL)
        check_boundary(one_connection, two)
        check_teams(one_connection, two)
        for schema in ("read_old", "read_next", "read_past"):
            with (
                pytest.raises(psycopg.errors.InsufficientPrivilege),
                one_connection.transaction(Role.GATEWAY, scope=[two.first]) as connection,
            ):
                connection.execute(f"select * from {schema}.dossier".encode())


def test_the_scope_ends_with_its_transaction(two: Two):
    with Database(two.house.url, min_size=1, max_size=1) as database:
        assert len(rows(database, Role.GATEWAY, "dossier", [two.first], two.teams)) == 1
        with database.pool.connection() as connection:
            for name in ("led.scope", "led.managed"):
                setting = connection.execute("select current_setting(%s, true) as left_behind", (name,)).fetchone()
                assert setting
                assert not setting["left_behind"]


def test_every_table_forces_row_security_and_says_who_reads_it(two: Two):
    with psycopg.connect(two.house.url) as connection:
        found = connection.execute(
            "select relname, relrowsecurity and relforcerowsecurity, "
            "array(select distinct r.rolname::text from pg_policy p, unnest(p.polroles) as oid "
            "      join pg_roles r using (oid) where p.polrelid = c.oid order by 1) "
            "from pg_class c where relnamespace = 'read'::regnamespace and relkind = 'r' and relname <> 'position'"
        ).fetchall()
    forced = {name: (is_forced, set(roles)) for name, is_forced, roles in found}
    assert forced.keys() == set(TABLES)
    for name, (is_forced, roles) in forced.items():
        assert is_forced, name
        assert "ledger_projector" in roles, name
        assert ("ledger_gateway" in roles) == (name not in NOT_THE_GATEWAYS), name


def test_what_is_not_the_gateways_is_refused(two: Two):
    for table in NOT_THE_GATEWAYS:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            rows(two.house.database, Role.GATEWAY, table, [two.first])


def test_readers_write_nothing(two: Two):
    for role in (Role.GATEWAY, Role.STAFF):
        for table in {*SCOPED, *MANAGED}:
            with (
                pytest.raises(psycopg.errors.InsufficientPrivilege),
                two.house.database.transaction(role, scope=[two.first], managed=two.teams) as connection,
            ):
                connection.execute(f"delete from read.{table}".encode())


def test_no_establishment_is_the_fund(two: Two):
    """A membership of the nil UUID, that would see the whole fund, cannot be recorded."""
    house = two.house
    organisation_id, _ = house.givens.organisation(OrganisationKind.PROVIDER)
    with pytest.raises(NotFound):
        house.do(
            GrantMembership(
                account_id=house.givens.account(AccountRole.PORTAL),
                organisation_id=organisation_id,
                kind=OrganisationKind.PROVIDER,
                establishment_ids={UUID(int=0)},
            )
        )


def test_who_signs_people_in_reads_who_they_are_and_no_dossier(two: Two):
    """The role behind sign-in, links and mail: accounts and their teams, and nothing of a dossier or an IBAN."""
    database = two.house.database
    for table in ("account", "membership", "team_user", "organisation_contact"):
        rows(database, Role.AUTH, table)
    with database.transaction(Role.AUTH) as connection:
        connection.execute("select establishment_id, organisation_id from read.establishment")
        connection.execute("select person_id, last_name, first_name, civility_sealed from read.person")
    for forbidden in (
        "iban_sealed from read.establishment",
        "birth_date_sealed from read.person",
        "* from read.dossier",
    ):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            database.transaction(Role.AUTH) as connection,
        ):
            connection.execute(f"select {forbidden}".encode())


def test_the_log_answers_for_how_far_a_stream_went_and_nothing_else(two: Two):
    """The gateway learns a number, by which it knows that a read model is not behind; it reads no event."""
    database = two.house.database
    with database.transaction(Role.STAFF) as connection:
        accounts = connection.execute("select account_id, version from read.account").fetchall()
    assert len(accounts) == 2
    for role in (Role.GATEWAY, Role.STAFF, Role.AUTH):
        with database.transaction(role) as connection:
            for account in accounts:
                query = "select log.stream_version(%s) as version"
                row = connection.execute(query, (account["account_id"],)).fetchone()
                assert row == {"version": account["version"]}
            assert connection.execute("select log.stream_version(%s) as version", (uuid4(),)).fetchone() == {
                "version": None
            }
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.transaction(Role.GATEWAY) as connection:
        connection.execute("select * from log.events")
