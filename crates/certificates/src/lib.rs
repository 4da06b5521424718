//! Certificates, keys and authorities from PEM files, for whoever speaks TLS, and how keys are exchanged.
//!
//! No error quotes a file: it may be a key's.

use std::path::{Path, PathBuf};

use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Longest private key read: RSA keys of 16,384 bits have some 13,000 characters.
const KEY_BYTES_MAX: usize = 1 << 16;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file of certificates cannot be read.
    #[error("{}, {reason}: give a PEM file of certificates", path.display())]
    Certificates {
        /// The file as it was named.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The key's file cannot be read, or others can read it.
    #[error(transparent)]
    KeyFile(#[from] secrets::SecretFileError),
    /// The key's file holds no private key.
    #[error("{} holds no sound private key: give the PEM file of the certificate's key", path.display())]
    NoKey {
        /// The file as it was named.
        path: PathBuf,
    },
}

/// rustls' own choice of ciphers, which are all of forward secrecy. Of key exchanges the hybrid one comes
/// first (draft-ietf-tls-ecdhe-mlkem): what somebody records today must stay secret when large quantum
/// computers exist.
#[must_use]
pub fn provider() -> CryptoProvider {
    use aws_lc_rs::kx_group::{SECP256R1, SECP384R1, X25519, X25519MLKEM768};
    CryptoProvider {
        kx_groups: vec![X25519MLKEM768, X25519, SECP256R1, SECP384R1],
        ..aws_lc_rs::default_provider()
    }
}

/// Reads a certificate and those between it and an authority, in this order: one at least.
///
/// # Errors
/// The file cannot be read, is no sound PEM, or holds no certificate.
pub fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let fault = |reason: String| fault(path, reason);
    let read: Result<Vec<_>, pem::Error> =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let certificates = read.map_err(|error| match error {
        pem::Error::Io(error) => fault(error.to_string()),
        _ => fault("no sound PEM".to_owned()),
    })?;
    if certificates.is_empty() {
        return Err(fault("no certificate in it".to_owned()));
    }
    Ok(certificates)
}

/// Reads the certificates of authorities: one at least, and every one sound.
///
/// # Errors
/// As for [`chain`]; a certificate is none that an authority can have.
pub fn authorities(path: &Path) -> Result<RootCertStore, CertificateError> {
    let mut roots = RootCertStore::empty();
    for certificate in chain(path)? {
        let added = roots.add(certificate);
        added.map_err(|error| fault(path, error.to_string()))?;
    }
    Ok(roots)
}

/// Reads a private key: PKCS #8, PKCS #1 or SEC 1.
///
/// # Errors
/// The file cannot be read, other users can read it, or it holds no private key.
pub fn key(path: &Path) -> Result<PrivateKeyDer<'static>, CertificateError> {
    let text = secrets::read(path, KEY_BYTES_MAX)?;
    // What the parser says of a key could quote it.
    PrivateKeyDer::from_pem_slice(&text).map_err(|_| CertificateError::NoKey {
        path: path.to_owned(),
    })
}

fn fault(path: &Path, reason: String) -> CertificateError {
    CertificateError::Certificates {
        path: path.to_owned(),
        reason,
    }
}
