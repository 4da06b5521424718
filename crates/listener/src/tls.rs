//! TLS 1.2 and 1.3 before HTTP, by a certificate that is changed without a restart.
//!
//! Early data stays off, because it can be replayed (RFC 8446, section 8). Where clients have to show a
//! certificate, sessions are not resumed, so that each connection is verified anew.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use certificates::CertificateError;
use hyper::header::{HeaderName, HeaderValue, STRICT_TRANSPORT_SECURITY};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::server::{NoServerSessionStorage, WantsServerCert, WebPkiClientVerifier};
use tokio_rustls::rustls::{self, ConfigBuilder, RootCertStore, ServerConfig, WantsVerifier};
use tokio_rustls::server::TlsStream;

use crate::expiry::expires_s;

/// What a client and this server may agree on (RFC 7301), the better one first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];
/// The same between machines of ours: one parser less.
const INTERNAL_PROTOCOLS: [&[u8]; 1] = [b"http/1.1"];

/// The header by which an answer has browsers come by TLS only for the next year (RFC 6797): somebody
/// who types the bare name must not be led astray on the way.
pub const STAY_SECURE: (HeaderName, HeaderValue) = (
    STRICT_TRANSPORT_SECURITY,
    HeaderValue::from_static("max-age=31536000"),
);

/// Where certificate and key lie, in PEM, and who vouches for clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// Section of the settings that name the files, for messages: `tls`.
    pub section: &'static str,
    /// The server's certificate and those between it and a root, in this order.
    pub certificate: PathBuf,
    /// Its private key: PKCS #8, PKCS #1 or SEC 1.
    pub key: PathBuf,
    /// Authorities of clients, each of which has to show a certificate; none where anybody may come.
    pub clients: Option<PathBuf>,
}

/// The certificate in use.
#[derive(Debug)]
pub struct Tls {
    files: TlsFiles,
    current: RwLock<Current>,
}

/// What new connections are served with.
#[derive(Debug, Clone)]
struct Current {
    config: Arc<ServerConfig>,
    /// When it ends, in seconds since 1970; none where that cannot be read.
    expires_s: Option<u64>,
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
    /// Reads certificate, key and authorities.
    ///
    /// # Errors
    /// Every fault of all files, with what to do.
    pub fn load(files: TlsFiles) -> Result<Tls, Vec<String>> {
        let current = RwLock::new(read(&files)?);
        Ok(Tls { files, current })
    }

    /// Section of the settings that name its files.
    #[must_use]
    pub fn section(&self) -> &'static str {
        self.files.section
    }

    /// Reads the files again. Connections that are open keep what they have; where a file is at
    /// fault, so do new ones.
    ///
    /// # Errors
    /// As for [`Tls::load`].
    pub fn reload(&self) -> Result<(), Vec<String>> {
        let fresh = read(&self.files)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// When the certificate in use, or one that vouches for it, ends, in seconds since 1970; none where it does not
    /// tell.
    pub(crate) fn expires_s(&self) -> Option<u64> {
        self.current().expires_s
    }

    fn current(&self) -> Current {
        let current = self.current.read();
        current.unwrap_or_else(PoisonError::into_inner).clone()
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
        let handshake = TlsAcceptor::from(self.current().config).accept(stream);
        let stream = tokio::time::timeout(limit, handshake).await??;
        let protocol = match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => Protocol::Http2,
            _ => Protocol::Http1,
        };
        Ok((stream, protocol))
    }
}

fn read(files: &TlsFiles) -> Result<Current, Vec<String>> {
    let TlsFiles {
        section,
        certificate,
        key,
        clients,
    } = files;
    let named = |name: &str, error: CertificateError| in_words(section, name, &error);
    let chain = certificates::chain(certificate).map_err(|error| named("certificate", error));
    let private = certificates::key(key).map_err(|error| named("key", error));
    let clients = clients
        .as_deref()
        .map(certificates::authorities)
        .transpose();
    let clients = clients.map_err(|error| named("ca", error));
    let (chain, private, clients) = match (chain, private, clients) {
        (Ok(chain), Ok(private), Ok(clients)) => (chain, private, clients),
        (chain, private, clients) => {
            let faults = [chain.err(), private.err(), clients.err()];
            return Err(faults.into_iter().flatten().collect());
        }
    };
    let expires_s = expires_s(&chain);
    let is_internal = clients.is_some();
    let unfit = |error: String| {
        vec![format!(
            "{} and {} do not serve TLS together ({error}): give a certificate and its own key",
            certificate.display(),
            key.display()
        )]
    };
    let versions = ServerConfig::builder_with_provider(Arc::new(certificates::provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| unfit(error.to_string()))?;
    let mut config = judging(versions, clients)
        .and_then(|judging| judging.with_single_cert(chain, private))
        .map_err(|error| unfit(error.to_string()))?;
    if is_internal {
        config.alpn_protocols = INTERNAL_PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
    } else {
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    }
    Ok(Current {
        config: Arc::new(config),
        expires_s,
    })
}

/// How clients are judged: by these authorities, or not at all.
fn judging(
    versions: ConfigBuilder<ServerConfig, WantsVerifier>,
    clients: Option<RootCertStore>,
) -> Result<ConfigBuilder<ServerConfig, WantsServerCert>, rustls::Error> {
    let Some(roots) = clients else {
        return Ok(versions.with_no_client_auth());
    };
    let provider = Arc::new(certificates::provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
    let verifier = verifier.map_err(|error| rustls::Error::General(error.to_string()))?;
    Ok(versions.with_client_cert_verifier(verifier))
}

/// A fault of one file, with its cause, under the name of its setting.
fn in_words(section: &str, name: &str, error: &CertificateError) -> String {
    let cause = error.source().map(|cause| format!(": {cause}"));
    format!("{section}.{name}: {error}{}", cause.unwrap_or_default())
}
