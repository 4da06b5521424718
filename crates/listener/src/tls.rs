//! TLS 1.2 and 1.3 before HTTP, by a certificate that is changed without a restart.
//!
//! Key exchange prefers X25519MLKEM768 (draft-ietf-tls-ecdhe-mlkem): whoever records votes today must
//! not read them once a large quantum computer exists. Early data stays off, because it can be
//! replayed (RFC 8446, section 8).

use std::error::Error;
use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use hyper::header::{HeaderName, HeaderValue, STRICT_TRANSPORT_SECURITY};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;

/// What a client and this server may agree on (RFC 7301), the better one first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Longest private key read: RSA keys of 16,384 bits have some 13,000 characters.
const KEY_BYTES_MAX: usize = 1 << 16;

/// The header by which an answer has browsers come by TLS only for the next year (RFC 6797): somebody
/// who types the bare name must not be led astray on the way.
pub const STAY_SECURE: (HeaderName, HeaderValue) = (
    STRICT_TRANSPORT_SECURITY,
    HeaderValue::from_static("max-age=31536000"),
);

/// Where certificate and key lie, both in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate and those between it and a root, in this order.
    pub certificate: PathBuf,
    /// Its private key: PKCS #8, PKCS #1 or SEC 1.
    pub key: PathBuf,
}

/// The certificate in use.
#[derive(Debug)]
pub struct Tls {
    files: TlsFiles,
    current: RwLock<Arc<ServerConfig>>,
}

/// What client and server agreed to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1, or HTTP/1.0 for a client that speaks only that.
    Http1,
    /// HTTP/2, behind TLS only.
    Http2,
}

impl Tls {
    /// Reads certificate and key.
    ///
    /// # Errors
    /// Every fault of both files, with what to do.
    pub fn load(files: TlsFiles) -> Result<Tls, Vec<String>> {
        let current = RwLock::new(Arc::new(read(&files)?));
        Ok(Tls { files, current })
    }

    /// Reads both files again. Connections that are open keep what they have; where a file is at
    /// fault, so do new ones.
    ///
    /// # Errors
    /// As for [`Tls::load`].
    pub fn reload(&self) -> Result<(), Vec<String>> {
        let fresh = Arc::new(read(&self.files)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// Shakes hands with a client.
    ///
    /// # Errors
    /// What the client sent is no TLS that is taken here, it hung up, or it took longer than `limit`.
    pub async fn accept(
        &self,
        stream: TcpStream,
        limit: Duration,
    ) -> io::Result<(TlsStream<TcpStream>, Protocol)> {
        let config = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner));
        let handshake = TlsAcceptor::from(config).accept(stream);
        let stream = tokio::time::timeout(limit, handshake).await??;
        let protocol = match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => Protocol::Http2,
            _ => Protocol::Http1,
        };
        Ok((stream, protocol))
    }
}

fn read(files: &TlsFiles) -> Result<ServerConfig, Vec<String>> {
    let TlsFiles { certificate, key } = files;
    let (chain, private) = match (read_chain(certificate), read_key(key)) {
        (Ok(chain), Ok(private)) => (chain, private),
        (chain, private) => {
            return Err([chain.err(), private.err()].into_iter().flatten().collect());
        }
    };
    let unfit = |error: rustls::Error| {
        vec![format!(
            "{} and {} do not serve TLS together ({error}): give a certificate and its own key",
            certificate.display(),
            key.display()
        )]
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
        .with_safe_default_protocol_versions()
        .map_err(unfit)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(unfit)?;
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(config)
}

/// rustls' own choice of ciphers, which are all of forward secrecy; key exchanges in our order.
fn provider() -> CryptoProvider {
    use aws_lc_rs::kx_group::{SECP256R1, SECP384R1, X25519, X25519MLKEM768};
    CryptoProvider {
        kx_groups: vec![X25519MLKEM768, X25519, SECP256R1, SECP384R1],
        ..aws_lc_rs::default_provider()
    }
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let at_fault = |error: &dyn Display| {
        fault(
            "tls.certificate",
            path,
            error,
            "a PEM file of certificates, the server's own first",
        )
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| at_fault(&Pem(&error)))?;
    if chain.is_empty() {
        return Err(at_fault(&"no certificate in it"));
    }
    Ok(chain)
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    const EXPECTED: &str = "the PEM file of the private key";
    let text = secrets::read(path, KEY_BYTES_MAX);
    let text = text.map_err(|error| {
        let cause = error.source().map(|cause| format!(": {cause}"));
        format!("tls.key: {error}{}", cause.unwrap_or_default())
    })?;
    let read = PrivateKeyDer::from_pem_slice(&text);
    read.map_err(|error| fault("tls.key", path, &Pem(&error), EXPECTED))
}

fn fault(setting: &str, path: &Path, error: &dyn Display, expected: &str) -> String {
    format!("{setting} is {}, {error}: give {expected}", path.display())
}

/// A fault of a PEM file without the file's bytes, which may be a key's.
struct Pem<'a>(&'a pem::Error);

impl Display for Pem<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            pem::Error::Io(error) => error.fmt(f),
            pem::Error::NoItemsFound => f.write_str("which holds none"),
            _ => f.write_str("which is no sound PEM"),
        }
    }
}
