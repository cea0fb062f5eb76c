"""Ways of sending: a mail server that asks for TLS and a password, and a private directory."""

from __future__ import annotations

import asyncio
import ssl
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.mail.transports import Directory, Smtp, Undelivered, transport_of
from gateway.settings import Settings, SmtpServer
from support.mailbox import Mailbox, open_mailbox
from support.programs import free_port


def mail() -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Essai"
    message["From"] = "no-reply@portail.example"
    message["To"] = "zelie@example.org"
    message["Message-ID"] = "<1@essai.example>"
    message.set_content("Bonjour,\nLien suivant é\n", cte="quoted-printable")
    return message


def sent(server: SmtpServer, **options: float) -> None:
    asyncio.run(Smtp(server, local_hostname="portail.example", **options).send("1", mail()))


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with open_mailbox() as opened:
        yield opened


def test_a_server_without_tls_gets_nothing_where_tls_is_asked_for(mailbox):
    """A link in clear on the network would be anybody's: better late than read by others."""
    with pytest.raises(Undelivered):
        sent(SmtpServer("127.0.0.1", mailbox.port, tls="required"))
    with pytest.raises(Undelivered):
        sent(SmtpServer("127.0.0.1", mailbox.port, tls="implicit"), timeout_seconds=2)
    assert mailbox.mails == []


def test_nobody_there_is_a_reason_to_try_again():
    with pytest.raises(Undelivered) as trouble:
        sent(SmtpServer("127.0.0.1", free_port(), tls="none"))
    assert trouble.value.code == "unreachable"


@pytest.fixture
def guarded(tmp_path) -> Iterator[tuple[Mailbox, list[bool]]]:
    """A server that offers STARTTLS with a certificate of nobody's making, and asks for a password."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256())
    file = tmp_path / "server.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    box, asked = Mailbox(free_port()), []

    def judge(*_: object) -> AuthResult:
        asked.append(True)
        return AuthResult(success=False)

    controller = Controller(
        box, hostname="127.0.0.1", port=box.port, tls_context=context, authenticator=judge, auth_require_tls=True
    )
    controller.start()
    yield box, asked
    controller.stop()


def test_a_certificate_that_nobody_vouches_for_gets_neither_password_nor_mail(guarded):
    box, asked = guarded
    with pytest.raises(Undelivered):
        sent(SmtpServer("127.0.0.1", box.port, "ledger", "secret", tls="required"))
    assert (box.mails, asked) == ([], [])


def test_a_password_that_is_refused_is_ours_to_mend_and_mails_wait():
    """535 is no answer about the recipient: nothing is given up."""
    box = Mailbox(free_port())
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=box.port,
        authenticator=lambda *_: AuthResult(success=False, handled=False, message="535 5.7.8 refus"),
        auth_require_tls=False,
    )
    controller.start()
    try:
        with pytest.raises(Undelivered) as trouble:
            sent(SmtpServer("127.0.0.1", box.port, "ledger", "wrong", tls="none"))
    finally:
        controller.stop()
    assert trouble.value.code == "535"
    assert box.mails == []


def test_a_directory_holds_whole_private_files(tmp_path):
    place = tmp_path / "mails"
    transport = Directory(place)
    for _ in range(2):
        asyncio.run(transport.send("01890a5d-ac96-774b-bcce-b302099a8001", mail()))
    (file,) = place.iterdir()
    assert file.name == "01890a5d-ac96-774b-bcce-b302099a8001.eml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    message = message_from_bytes(file.read_bytes(), policy=default)
    assert message["To"] == "zelie@example.org"
    assert "Lien suivant é" in message.get_content()


def test_a_server_comes_before_a_directory_and_neither_means_that_mails_wait(tmp_path):
    smtp = SmtpServer.parse("smtp://mail.example:2525?tls=required")
    urls = ("postgresql://here/ledger", "postgresql://here/keys")
    assert isinstance(transport_of(Settings(*urls, smtp=smtp, mail_dir=tmp_path)), Smtp)
    assert isinstance(transport_of(Settings(*urls, mail_dir=tmp_path)), Directory)
    assert transport_of(Settings(*urls)) is None
