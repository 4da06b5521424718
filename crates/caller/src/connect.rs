//! From an address to a connection that takes requests.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use certificates::CertificateError;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::address::Address;
use crate::error::CallError;

/// Whom to believe about servers that speak TLS, and what to show to those that ask who calls.
#[derive(Clone)]
pub struct Authorities(Arc<ClientConfig>);

/// Where the caller's own certificate and key lie, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerFiles {
    /// The caller's certificate and those between it and an authority, in this order.
    pub certificate: PathBuf,
    /// The private key of its first certificate.
    pub key: PathBuf,
}

/// The certificate authorities cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AuthoritiesError {
    /// The file cannot be read as certificates.
    #[error("cannot read the certificate authorities {path}", path = path.display())]
    Unreadable {
        /// File that was named as authorities.
        path: PathBuf,
        /// What the reader says.
        #[source]
        source: pem::Error,
    },
    /// There is none in the file.
    #[error("{path} has no certificate: name a PEM file of certificate authorities", path = path.display())]
    None {
        /// File that was named as authorities.
        path: PathBuf,
    },
    /// The caller's own certificate or key cannot be read.
    #[error(transparent)]
    Own(#[from] CertificateError),
    /// Certificate and key do not belong together, or TLS is not built in as it is asked for.
    #[error("TLS cannot be set up: give a certificate and its own key")]
    Tls(#[source] tokio_rustls::rustls::Error),
}

impl Authorities {
    /// Reads a PEM file, such as the system's `/etc/ssl/certs/ca-certificates.crt`. The caller shows nothing.
    ///
    /// # Errors
    /// See [`AuthoritiesError`].
    pub fn read(path: &Path) -> Result<Authorities, AuthoritiesError> {
        Authorities::with(path, None)
    }

    /// Reads a PEM file of authorities, and what the caller shows to servers that ask for it.
    ///
    /// # Errors
    /// See [`AuthoritiesError`].
    pub fn with(path: &Path, own: Option<&CallerFiles>) -> Result<Authorities, AuthoritiesError> {
        let unreadable = |source| AuthoritiesError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let certificates = CertificateDer::pem_file_iter(path).map_err(unreadable)?;
        let certificates: Result<Vec<_>, _> = certificates.collect();
        let mut roots = RootCertStore::empty();
        let (added, _) = roots.add_parsable_certificates(certificates.map_err(unreadable)?);
        if added == 0 {
            let path = path.to_owned();
            return Err(AuthoritiesError::None { path });
        }
        let judging = ClientConfig::builder_with_provider(Arc::new(certificates::provider()))
            .with_safe_default_protocol_versions()
            .map_err(AuthoritiesError::Tls)?
            .with_root_certificates(roots);
        let config = match own {
            None => judging.with_no_client_auth(),
            Some(CallerFiles { certificate, key }) => {
                let (chain, key) = (certificates::chain(certificate)?, certificates::key(key)?);
                let config = judging.with_client_auth_cert(chain, key);
                config.map_err(AuthoritiesError::Tls)?
            }
        };
        Ok(Authorities(Arc::new(config)))
    }
}

pub(crate) async fn connect(
    address: &Address,
    authorities: Option<&Authorities>,
) -> Result<SendRequest<Full<Bytes>>, CallError> {
    let socket = TcpStream::connect((address.bare_host(), address.port)).await;
    let socket = socket.map_err(CallError::Connect)?;
    socket.set_nodelay(true).map_err(CallError::Connect)?;
    if !address.is_tls {
        return shake_hands(socket).await;
    }
    let Authorities(config) = authorities.ok_or(CallError::NoAuthorities)?;
    let name = ServerName::try_from(address.bare_host().to_owned());
    let name = name.map_err(|error| CallError::Connect(io::Error::other(error)))?;
    let connector = TlsConnector::from(Arc::clone(config));
    let stream = connector.connect(name, socket).await;
    shake_hands(stream.map_err(CallError::Connect)?).await
}

async fn shake_hands<S>(stream: S) -> Result<SendRequest<Full<Bytes>>, CallError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Ends with the socket; what went wrong is seen where the answer is missing.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}
