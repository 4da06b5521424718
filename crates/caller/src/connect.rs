//! From an address to a connection that takes requests.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::address::Address;
use crate::error::CallError;

/// Whom to believe about servers that speak TLS.
#[derive(Clone)]
pub struct Authorities(Arc<ClientConfig>);

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
    /// The versions of TLS that are asked for are not built in.
    #[error("TLS cannot be set up")]
    Tls(#[source] tokio_rustls::rustls::Error),
}

impl Authorities {
    /// Reads a PEM file, such as the system's `/etc/ssl/certs/ca-certificates.crt`.
    ///
    /// # Errors
    /// See [`AuthoritiesError`].
    pub fn read(path: &Path) -> Result<Authorities, AuthoritiesError> {
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
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(AuthoritiesError::Tls)?
            .with_root_certificates(roots)
            .with_no_client_auth();
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
