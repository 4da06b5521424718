//! The encrypted connection to the database: always verified, by certificate and by name.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// What is wrong with the file of a certificate authority.
#[derive(Debug, thiserror::Error)]
#[error("certificate authority {path}: {reason}", path = path.display())]
pub struct AuthorityError {
    path: PathBuf,
    reason: String,
}

/// Trusts servers with a certificate that `authority` (PEM, one certificate or more) has signed for
/// the host that is connected to.
///
/// # Errors
/// The file cannot be read, or holds no certificate.
pub(crate) fn verifying(authority: &Path) -> Result<MakeRustlsConnect, AuthorityError> {
    let failed = |reason: String| AuthorityError {
        path: authority.to_owned(),
        reason,
    };
    let certificates: Result<Vec<CertificateDer<'static>>, _> =
        CertificateDer::pem_file_iter(authority).and_then(Iterator::collect);
    let certificates = certificates.map_err(|error| failed(error.to_string()))?;
    if certificates.is_empty() {
        return Err(failed(
            "no certificate in it, expected a PEM file".to_owned(),
        ));
    }
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        let added = roots.add(certificate);
        added.map_err(|error| failed(error.to_string()))?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(error.to_string()))?
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
