"""What a deployment sets for its people: where they reach it, how they sign in, what is sent to them."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from gateway.settings import Settings, SettingsError, SmtpServer

DATABASES = {"DATABASE_URL": "postgresql://a/ledger", "KEYS_DATABASE_URL": "postgresql://a/keys"}


def read(**variables: str) -> Settings:
    return Settings.from_environment({**DATABASES, **variables})


def test_what_nobody_sets_is_safe():
    """Without a PUBLIC_URL the loopback alone is answered, nothing is believed of a proxy, no mail leaves."""
    settings = read(PORT="8123")
    assert settings.public_url is None
    assert settings.public_origin == "http://localhost:8123"
    assert settings.sender == "no-reply@localhost"
    assert settings.answers_to("127.0.0.1")
    assert not settings.answers_to("espace.example")
    assert settings.trusted_proxies == ()
    assert (settings.smtp, settings.oidc, settings.frontends) == (None, None, ())
    assert (settings.session_idle_minutes, settings.session_hours, settings.journal_months) == (30, 10, 12)
    assert (settings.argon2_concurrency, settings.argon2_memory_kib) == (2, 65_536)
    assert settings.demo is False


def test_a_whole_deployment_is_read(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("mot-secret\n")
    settings = read(
        PUBLIC_URL="https://Espace.Example:443/",
        ALLOWED_HOSTS="interne.example, AUTRE.example.",
        TRUSTED_PROXIES="10.0.0.0/8, ::1",
        SESSION_IDLE_MINUTES="15",
        SESSION_HOURS="8",
        ARGON2_CONCURRENCY="4",
        SMTP_URL="smtp://envoi:m%40t@mail.example:465?tls=implicit",
        MAIL_FROM="ne-pas-repondre@espace.example",
        FUND_NAME="Fonds d'essai",
        OIDC_ISSUER="https://identite.example",
        OIDC_CLIENT_ID="ledger",
        OIDC_CLIENT_SECRET_FILE=str(secret),
        FRONTENDS="app=https://app.example/retour,app=http://localhost:5173/retour",
        JOURNAL_MONTHS="24",
    )
    assert settings.public_origin == "https://espace.example"
    assert settings.answers_to("autre.example")
    assert not settings.answers_to("localhost")
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
    assert settings.smtp == SmtpServer("mail.example", 465, "envoi", "m@t", "implicit")
    assert settings.oidc is not None
    assert settings.oidc.client_secret == "mot-secret"
    assert [each.origin for each in settings.frontends] == ["https://app.example", "http://localhost:5173"]
    assert settings.journal_months == 24


def test_no_secret_is_shown(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("mot-secret")
    settings = read(
        SMTP_URL="smtp://envoi:motdepasse@mail.example",
        OIDC_ISSUER="https://identite.example",
        OIDC_CLIENT_ID="ledger",
        OIDC_CLIENT_SECRET_FILE=str(secret),
    )
    assert "motdepasse" not in repr(settings)
    assert "mot-secret" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PUBLIC_URL", "http://espace.example"),
        ("PUBLIC_URL", "https://espace.example/portail"),
        ("PUBLIC_URL", "espace.example"),
        ("PUBLIC_URL", "https://moi:secret@espace.example"),
        ("PUBLIC_URL", "https://espace.example:port"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", "tous"),
        ("SESSION_IDLE_MINUTES", "0"),
        ("SESSION_HOURS", "25"),
        ("SESSION_HOURS", "-1"),
        ("ARGON2_CONCURRENCY", "beaucoup"),
        ("ARGON2_MEMORY_KIB", "8192"),
        ("SMTP_URL", "mail.example"),
        ("SMTP_URL", "smtp://mail.example?tls=perhaps"),
        ("SMTP_URL", "smtp://envoi:secret@mail.example?tls=none"),
        ("MAIL_FROM", "personne"),
        ("MAIL_FROM", "a@b.example\nBcc: c@d.example"),
        ("OIDC_ISSUER", "http://identite.example"),
        ("FRONTENDS", "https://app.example/retour"),
        ("FRONTENDS", "app=http://app.example/retour"),
        ("FRONTENDS", "app=https://app.example/retour#ici"),
        ("JOURNAL_MONTHS", "0"),
    ],
)
def test_a_setting_that_would_not_hold_is_refused_by_name(name: str, text: str):
    """The text names the variable and quotes nothing of it: it may hold a password."""
    with pytest.raises(SettingsError) as refused:
        read(**{name: text})
    assert name in str(refused.value)
    assert "secret" not in str(refused.value)


def test_cheap_passwords_are_for_fictitious_deployments():
    assert read(ARGON2_MEMORY_KIB="8192", LEDGER_FICTITIOUS="1").argon2_memory_kib == 8192


def test_an_openid_provider_is_whole_or_none():
    with pytest.raises(SettingsError, match="OIDC_CLIENT_ID"):
        read(OIDC_ISSUER="https://identite.example")
    with pytest.raises(SettingsError, match="OIDC_CLIENT_SECRET_FILE"):
        read(OIDC_ISSUER="https://i.example", OIDC_CLIENT_ID="l", OIDC_CLIENT_SECRET_FILE="/nulle/part")
    assert read(OIDC_CLIENT_ID="ledger").oidc is None


def test_an_smtp_server_has_the_port_of_its_kind():
    assert SmtpServer.parse("smtp://mail.example") == SmtpServer("mail.example", 587, tls="required")
    assert SmtpServer.parse("smtp://mail.example?tls=implicit").port == 465
    assert SmtpServer.parse("smtp://127.0.0.1:2525?tls=none") == SmtpServer("127.0.0.1", 2525, tls="none")


def test_the_demonstration_cannot_be_set_from_outside():
    """A page of everybody's mails is for a process that `demo` started: no variable opens it."""
    for name in ("DEMO", "LEDGER_DEMO", "demo"):
        assert read(**{name: "1"}).demo is False
