"""The control plane's certificates: a private authority, one server certificate, and one client each.

Every connection is authenticated on both sides, for other users of the machine can reach its loopback ports too.
"""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAYS: Final = 3650
SERVICE_ADDRESS: Final = "10.96.0.1"
"""The address of the Service `kubernetes`, first of the range that the API server is given."""
CLIENTS: Final = {
    "admin": ("platc-local-admin", "system:masters"),
    "kube-controller-manager": ("system:kube-controller-manager", ""),
    "kube-scheduler": ("system:kube-scheduler", ""),
    "kwok": ("kwok", "system:masters"),
    "etcd-client": ("kube-apiserver", ""),
    "kubelet-client": ("kube-apiserver", "system:masters"),
}
"""Certificates of clients by name: user and group."""


def write_certificates(folder: Path) -> None:
    """Write `ca`, `server`, every client and `service-account` as `<name>.crt` and `<name>.key` (PEM)."""
    folder.mkdir(parents=True, mode=0o700)
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _sign("platc-local-ca", "", authority_key.public_key(), "platc-local-ca", authority_key, authority=True)
    _write(folder / "ca", authority_key, authority)
    for name, (user, group) in {"server": ("127.0.0.1", ""), **CLIENTS}.items():
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _sign(user, group, key.public_key(), "platc-local-ca", authority_key)
        _write(folder / name, key, certificate)
    _write(folder / "service-account", ec.generate_private_key(ec.SECP256R1()), None)


def _sign(
    user: str,
    group: str,
    public: ec.EllipticCurvePublicKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    authority: bool = False,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    subject = [x509.NameAttribute(NameOID.COMMON_NAME, user)]
    if group:
        subject.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, group))
    names = [x509.DNSName("localhost"), x509.DNSName("kubernetes.default.svc")]
    addresses = [x509.IPAddress(ipaddress.ip_address(text)) for text in ("127.0.0.1", SERVICE_ADDRESS)]
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(subject))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=DAYS))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if not authority:
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        builder = builder.add_extension(x509.SubjectAlternativeName([*names, *addresses]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _write(stem: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate | None) -> None:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    file = stem.with_suffix(".key")
    file.touch(mode=0o600)
    file.write_bytes(private)
    if certificate is not None:
        stem.with_suffix(".crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
