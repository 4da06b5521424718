"""Asks the real programs whether they take what a manifest tells them.

SCRUTIN_PROGRAMS names their directory. A program that is given files which are not there ends with 1; one that is given a
flag or a setting that it does not know ends with 2, before it opens anything.
"""

import datetime
import os
import subprocess
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

SECONDS_MAX = 60


def run(program, arguments, environment=None):
    """Exit status and messages of a program with these arguments and no environment but this one."""
    directory = os.environ.get("SCRUTIN_PROGRAMS")
    if not directory:
        raise AssertionError("SCRUTIN_PROGRAMS names no directory: cargo test -p rehearsal --test containers sets it")
    ended = subprocess.run(
        [Path(directory) / program, *arguments],
        env=environment or {}, capture_output=True, text=True, timeout=SECONDS_MAX, check=False,
    )
    return ended.returncode, ended.stderr


def make_certificate(certificate, key):
    """A certificate that nobody signs but itself, for what reads certificates before anything else."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "specimen")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("specimen")]), critical=False)
        .sign(private, hashes.SHA256())
    )
    Path(certificate).write_bytes(made.public_bytes(serialization.Encoding.PEM))
    Path(key).write_bytes(private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    Path(key).chmod(0o600)


def check_validator(text, environment, directory):
    """`validator check-config` on a configuration of a container, whose secrets are made here.

    Raises AssertionError with the program's words where it finds a fault.
    """
    secrets = Path(directory) / "secrets"
    secrets.mkdir(exist_ok=True)
    make_certificate(secrets / "server.pem", secrets / "server.key")
    for name in ("relay", "internal-ca", "relay-ca", "database-ca", "witness-ca"):
        (secrets / f"{name}.pem").write_bytes((secrets / "server.pem").read_bytes())
    (secrets / "relay.key").write_bytes((secrets / "server.key").read_bytes())
    (secrets / "relay.key").chmod(0o600)
    file = Path(directory) / "validator.toml"
    file.write_text(text.replace("/run/secrets", str(secrets)))
    status, told = run("validator", ["check-config", "--config", str(file)], environment)
    assert status == 0, told


def check_arguments(program, arguments, environment):
    """The program's own reading of a command line: it knows every flag, and finds files missing."""
    status, told = run(program, arguments, environment)
    assert status == 1, f"{program} ended with {status}: {told}"
