"""Figures for an operator's Prometheus, on a listener of their own. No label holds anything personal."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, get_args

import psycopg
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from psycopg_pool import PoolTimeout

from ledger.log.database import Role

if TYPE_CHECKING:
    from gateway.service import Service

VaultFault = Literal["damaged", "absent", "unavailable"]
_PROJECTIONS = "select projector, position, state from read.position"
_HEAD = "select coalesce(max(position), 0) as head from log.events"
_LOG = """
select read_only is not null as closed,
       coalesce((select extract(epoch from recorded_at - clock_timestamp())::float8 from log.events
                 order by position desc limit 1), 0) as ahead
from log.deployment
"""
_MAIL = """
select count(*) as waiting, coalesce(extract(epoch from now() - min(made_at)), 0)::float8 as oldest,
       (select count(*) from auth.mail where gave_up_at > now() - interval '1 day') as given_up
from auth.mail where sent_at is null and gave_up_at is null
"""
_SCANS = """
select count(*) filter (where failure is null) as waiting, count(*) filter (where failure is not null) as failing,
       coalesce(extract(epoch from now() - min(asked_at) filter (where verdict is null)), 0)::float8 as oldest
from auth.scan where due_at is not null
"""
_QUARANTINED = "select count(*) as documents from read.document where analysis = 'infected' and withdrawn_on is null"
_POLICIES = """
select name, greatest(0, (select coalesce(max(position), 0) from log.events) - position) as lag
from auth.policy where name <> ''
"""


class Metrics:
    """One process's figures. Routes are named by their template: a path would hold ids."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "ledger_http_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "ledger_http_request_seconds", "Time to the end of the answer.", ["route"], registry=self.registry
        )
        self._streams = Gauge("ledger_streams", "Who listens to changes, now.", registry=self.registry)
        self._streams_ended = Counter(
            "ledger_streams_ended", "Streams of changes that ended, by why.", ["reason"], registry=self.registry
        )
        self._commands = Counter(
            "ledger_commands", "Commands by outcome.", ["command", "outcome"], registry=self.registry
        )
        self._vault_faults = Counter(
            "ledger_vault_faults", "Documents that could not be sent or stored.", ["fault"], registry=self.registry
        )
        # From the start at 0: what appears at 1 has, for Prometheus, not increased.
        for fault in get_args(VaultFault):
            self._vault_faults.labels(fault)

    def answered(self, method: str, route: str, status: int, seconds: float | None) -> None:
        """`seconds` is None where the answer lasts as long as its client likes: it says nothing of how fast we are."""
        self._requests.labels(method, route, str(status)).inc()
        if seconds is not None:
            self._seconds.labels(route).observe(seconds)

    @contextmanager
    def streaming(self, ended: Callable[[], str]) -> Iterator[None]:
        """Count one who listens while the block runs, and why it ended."""
        self._streams.inc()
        try:
            yield
        finally:
            self._streams.dec()
            self._streams_ended.labels(ended()).inc()

    def commanded(self, command: str, outcome: str) -> None:
        """`outcome` is `recorded`, `replayed`, or the code of a refusal."""
        self._commands.labels(command, outcome).inc()

    def vault_fault(self, fault: VaultFault) -> None:
        """A document was found damaged or absent, or the store did not do its work."""
        self._vault_faults.labels(fault).inc()

    @contextmanager
    def listening(self, host: str, port: int) -> Iterator[None]:
        """A listener of its own while the block runs; port 0 opens none."""
        if port == 0:
            yield
            return
        server, thread = start_http_server(port, host, self.registry)
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join(timeout=5)


class StateCollector(Collector):
    """What the database and the pools say at the moment of the scrape."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterable[Metric]:
        yield from self._projections()
        yield from self._log()
        yield from self._mail()
        yield from self._scans()
        yield self._pools()
        yield self._room()

    def _projections(self) -> Iterator[Metric]:
        position = GaugeMetricFamily("ledger_projection_position", "Last position folded.", labels=["projection"])
        lag = GaugeMetricFamily("ledger_projection_lag", "Events not folded yet.", labels=["projection"])
        failed = GaugeMetricFamily("ledger_projection_stopped", "1 when failed or waiting.", labels=["projection"])
        up = GaugeMetricFamily("ledger_database_up", "1 when the database answered this scrape.")
        appended = GaugeMetricFamily("ledger_log_position", "The log's highest position: events appended so far.")
        try:
            head, rows = self._read()
        except (psycopg.Error, PoolTimeout):
            up.add_metric([], 0)
        else:
            up.add_metric([], 1)
            appended.add_metric([], head)
            for row in rows:
                position.add_metric([row["projector"]], row["position"])
                lag.add_metric([row["projector"]], max(0, head - row["position"]))
                failed.add_metric([row["projector"]], row["state"] in {"failed", "waiting"})
        yield from (up, appended, position, lag, failed)

    def _read(self) -> tuple[int, list[dict[str, Any]]]:
        with self._service.database.transaction(Role.PROJECTOR) as connection:
            rows = connection.execute(_PROJECTIONS).fetchall()
            row = connection.execute(_HEAD).fetchone()
        return int(row["head"]) if row else 0, rows

    def _log(self) -> Iterator[Metric]:
        closed = GaugeMetricFamily("ledger_log_read_only", "1 when the log takes nothing until an operator decides.")
        ahead = GaugeMetricFamily("ledger_clock_back_seconds", "How far the last event lies in the server's future.")
        try:
            with self._service.database.transaction(Role.PROJECTOR) as connection:
                row = connection.execute(_LOG).fetchone()
        except (psycopg.Error, PoolTimeout):
            row = None
        if row is not None:
            closed.add_metric([], row["closed"])
            ahead.add_metric([], max(0.0, row["ahead"]))
        yield from (closed, ahead)

    def _mail(self) -> Iterator[Metric]:
        mails = GaugeMetricFamily("ledger_mails", "Mails that wait, or were given up since a day.", labels=["state"])
        oldest = GaugeMetricFamily("ledger_mail_oldest_seconds", "How long the mail has waited that waits longest.")
        lag = GaugeMetricFamily("ledger_policy_lag", "Events that a policy has not passed yet.", labels=["policy"])
        try:
            with self._service.database.transaction(Role.AUTH) as connection:
                row = connection.execute(_MAIL).fetchone()
                policies = connection.execute(_POLICIES).fetchall()
        except (psycopg.Error, PoolTimeout):
            row, policies = None, []
        if row is not None:
            mails.add_metric(["waiting"], row["waiting"])
            mails.add_metric(["given-up"], row["given_up"])
            oldest.add_metric([], row["oldest"])
        for policy in policies:
            lag.add_metric([policy["name"]], policy["lag"])
        yield from (mails, oldest, lag)

    def _scans(self) -> Iterator[Metric]:
        scans = GaugeMetricFamily("ledger_scans", "Documents that wait for their analysis.", labels=["state"])
        oldest = GaugeMetricFamily("ledger_scan_oldest_seconds", "How long the first has waited that never had one.")
        held = GaugeMetricFamily("ledger_documents_quarantined", "Documents in which something was found.")
        try:
            with self._service.database.transaction(Role.AUTH) as connection:
                row = connection.execute(_SCANS).fetchone()
            with self._service.database.transaction(Role.STAFF) as connection:
                quarantined = connection.execute(_QUARANTINED).fetchone()
        except (psycopg.Error, PoolTimeout):
            row, quarantined = None, None
        if row is not None:
            scans.add_metric(["waiting"], row["waiting"])
            scans.add_metric(["failing"], row["failing"])
            oldest.add_metric([], row["oldest"])
        if quarantined is not None:
            held.add_metric([], quarantined["documents"])
        yield from (scans, oldest, held)

    def _room(self) -> Metric:
        room = GaugeMetricFamily("ledger_data_bytes", "Room where documents are kept.", labels=["state"])
        usage = shutil.disk_usage(self._service.settings.data_dir)
        room.add_metric(["free"], usage.free)
        room.add_metric(["total"], usage.total)
        return room

    def _pools(self) -> Metric:
        pools = GaugeMetricFamily("ledger_pool_connections", "Database connections.", labels=["pool", "state"])
        for name, pool in (("commands", self._service.database.pool), ("queries", self._service.queries.pool)):
            figures = pool.get_stats()
            pools.add_metric([name, "open"], figures.get("pool_size", 0))
            pools.add_metric([name, "idle"], figures.get("pool_available", 0))
            pools.add_metric([name, "waiting"], figures.get("requests_waiting", 0))
        return pools
