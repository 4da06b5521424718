//! The encrypted connection to the database: always verified, by certificate and by name.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, ensure};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Trusts servers with a certificate that `authority` (PEM, one certificate or more) has signed for
/// the host that is connected to.
pub(super) fn verifying(authority: &Path) -> anyhow::Result<MakeRustlsConnect> {
    let named = || format!("certificate authority {}", authority.display());
    let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(authority)
        .and_then(Iterator::collect)
        .with_context(named)?;
    ensure!(
        !certificates.is_empty(),
        "{}: no certificate in it, expected a PEM file",
        named()
    );
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate).with_context(named)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(provider()))
        .with_safe_default_protocol_versions()
        .with_context(named)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// The hybrid key exchange first: what is recorded on the way today tells who voted, and must stay
/// secret when large quantum computers exist.
fn provider() -> CryptoProvider {
    use aws_lc_rs::kx_group::{SECP256R1, SECP384R1, X25519, X25519MLKEM768};
    CryptoProvider {
        kx_groups: vec![X25519MLKEM768, X25519, SECP256R1, SECP384R1],
        ..aws_lc_rs::default_provider()
    }
}
