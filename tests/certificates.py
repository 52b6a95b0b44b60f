"""Certificates for servers of tests: an issuer of our own, and what can be wrong with its work."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


class Issuer:
    """Signs certificates for servers; `trust` makes a context believe them."""

    def __init__(self, folder: Path, name: str = "Test issuer") -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _name(name)
        self.certificate = self._sign(self.key, self.name, self.name, [], is_issuer=True)

    def trust(self, context: ssl.SSLContext) -> ssl.SSLContext:
        context.load_verify_locations(cadata=_pem(self.certificate))
        return context

    def server(
        self,
        *hosts: str,
        ends: timedelta = DAY,
        self_signed: bool = False,
    ) -> ssl.SSLContext:
        """Return a server's context with a certificate for `hosts` that is valid until `ends`."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name("Test server")
        signer, issued_by = (key, subject) if self_signed else (self.key, self.name)
        certificate = self._sign(signer, issued_by, subject, list(hosts), of=key, ends=ends)
        path = self.folder / f"{certificate.serial_number}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        path.write_text(_pem(certificate) + private.decode())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _sign(
        self,
        signer: ec.EllipticCurvePrivateKey,
        issued_by: x509.Name,
        subject: x509.Name,
        hosts: list[str],
        *,
        of: ec.EllipticCurvePrivateKey | None = None,
        ends: timedelta = DAY,
        is_issuer: bool = False,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issued_by)
            .public_key((of or signer).public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 10 * DAY)
            .not_valid_after(now + ends)
            .add_extension(x509.BasicConstraints(is_issuer, None), critical=True)
        )
        if hosts:
            names = x509.SubjectAlternativeName([_host(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(signer, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
