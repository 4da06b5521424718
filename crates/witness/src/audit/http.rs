//! The files of a log over HTTP/1.1, with TLS or without, one connection kept.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::HOST;
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Time for one file, connecting included.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The server of a log.
pub(crate) struct Server {
    runtime: Runtime,
    host: String,
    port: u16,
    /// Path below which the files lie, without a slash at its end.
    prefix: String,
    /// None where the address begins with http://.
    tls: Option<TlsConnector>,
    connection: Option<SendRequest<Empty<Bytes>>>,
}

impl Server {
    /// Takes an address apart. Nothing is connected yet.
    ///
    /// # Errors
    /// It is no address, or the certificate authorities cannot be read.
    pub(crate) fn new(url: &str, authorities: &Path) -> Result<Server> {
        let expected =
            || format!("{url} is not an address: expected http://HOST/PATH or https://HOST/PATH");
        let uri: Uri = url.parse().with_context(expected)?;
        let host = uri.host().with_context(expected)?.to_owned();
        let tls = match uri.scheme_str() {
            Some("http") => None,
            Some("https") => Some(connector(authorities)?),
            _ => bail!(expected()),
        };
        ensure!(uri.query().is_none(), expected());
        let port = uri.port_u16().unwrap_or(match tls {
            None => 80,
            Some(_) => 443,
        });
        let runtime = Builder::new_current_thread().enable_all().build();
        Ok(Server {
            runtime: runtime.context("cannot wait for answers")?,
            host,
            port,
            prefix: uri.path().trim_end_matches('/').to_owned(),
            tls,
            connection: None,
        })
    }

    /// One file of the log, at most `bytes_max` long.
    ///
    /// # Errors
    /// The server cannot be reached, or answers otherwise.
    pub(crate) fn get(&mut self, name: &str, bytes_max: usize) -> Result<Vec<u8>> {
        let kept = self.connection.take();
        let target = format!("{}/{name}", self.prefix);
        let fetched = self.runtime.block_on(async {
            let fetch = async {
                if let Some(kept) = kept
                    && let Ok(fetched) = fetch(kept, &self.host, &target, bytes_max).await
                {
                    return Ok(fetched);
                }
                // A server may close what it kept open: once more on a new connection.
                let fresh = connect(&self.host, self.port, self.tls.as_ref()).await?;
                fetch(fresh, &self.host, &target, bytes_max).await
            };
            tokio::time::timeout(TIMEOUT, fetch)
                .await
                .map_err(|_| anyhow!("no answer within {} s", TIMEOUT.as_secs()))?
        });
        let (connection, body) =
            fetched.with_context(|| format!("cannot fetch {target} from {}", self.host))?;
        self.connection = Some(connection);
        Ok(body)
    }
}

async fn fetch(
    mut connection: SendRequest<Empty<Bytes>>,
    host: &str,
    target: &str,
    bytes_max: usize,
) -> Result<(SendRequest<Empty<Bytes>>, Vec<u8>)> {
    connection.ready().await?;
    let request = Request::get(target).header(HOST, host).body(Empty::new())?;
    let response = connection.send_request(request).await?;
    let status = response.status();
    ensure!(status.is_success(), "it answered {status}");
    let body = Limited::new(response.into_body(), bytes_max)
        .collect()
        .await;
    let body = body.map_err(|error| anyhow!(error).context("the file is too long or broke off"))?;
    Ok((connection, body.to_bytes().to_vec()))
}

async fn connect(
    host: &str,
    port: u16,
    tls: Option<&TlsConnector>,
) -> Result<SendRequest<Empty<Bytes>>> {
    let bare = host.trim_matches(['[', ']']);
    let socket = TcpStream::connect((bare, port)).await;
    let socket = socket.with_context(|| format!("cannot connect to port {port}"))?;
    match tls {
        None => shake_hands(socket).await,
        Some(tls) => {
            let name = ServerName::try_from(bare.to_owned())?;
            shake_hands(tls.connect(name, socket).await?).await
        }
    }
}

async fn shake_hands<S>(stream: S) -> Result<SendRequest<Empty<Bytes>>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Ends with the socket; what went wrong is seen where the answer is missing.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}

fn connector(authorities: &Path) -> Result<TlsConnector> {
    let path = authorities.display();
    let cannot = || format!("cannot use the certificate authorities {path}");
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(authorities).with_context(cannot)?;
    let certificates: Result<Vec<_>, _> = certificates.collect();
    let (added, _) = roots.add_parsable_certificates(certificates.with_context(cannot)?);
    ensure!(
        added > 0,
        "{path} has no certificate: name a PEM file with --authorities"
    );
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
