//! Who a node is, and whom it believes: certificate, key and authority.
//!
//! A node's certificate has exactly one DNS name, which is the node's. It serves both ways: the node shows it
//! where it asks, and where it is asked. Sessions are not resumed, so that each connection is verified anew.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use certificates::CertificateError;
use tokio_rustls::rustls::client::danger::ServerCertVerifier;
use tokio_rustls::rustls::client::{Resumption, WebPkiServerVerifier};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use tokio_rustls::rustls::version::TLS13;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore, ServerConfig};
use webpki::EndEntityCert;

/// Where certificate, key and authority of a node lie, all in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityFiles {
    /// The node's certificate and those between it and the authority, in this order.
    pub certificate: PathBuf,
    /// Its private key: PKCS #8, PKCS #1 or SEC 1. No other user may be able to read it.
    pub key: PathBuf,
    /// Certificates of the nodes' own authority: whoever has one of its certificates may ask and answer.
    pub authority: PathBuf,
}

/// What a node proves itself with, read and checked; shared by server and peers.
#[derive(Debug)]
pub struct Identity {
    name: String,
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
}

/// Why a node cannot prove who it is. No error quotes a file.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A file cannot be read, or holds nothing that can be used.
    #[error(transparent)]
    File(#[from] CertificateError),
    /// A certificate must have one DNS name, and no wildcard.
    #[error(
        "{} must have one DNS name, the node's, and has {}: have it signed anew",
        path.display(),
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    )]
    Name {
        /// The file as it was named.
        path: PathBuf,
        /// The DNS names in the certificate.
        names: Vec<String>,
    },
    /// Certificate and key do not belong together, or the authority's certificate is no authority's.
    #[error("{} cannot be used ({source}): give a certificate and its own key", path.display())]
    Unfit {
        /// The certificate's file as it was named.
        path: PathBuf,
        /// What TLS says of it.
        source: rustls::Error,
    },
    /// Other nodes would refuse this one.
    #[error(
        "{} is not vouched for by {} ({source}): give a valid certificate that this authority has signed",
        path.display(),
        authority.display()
    )]
    Untrusted {
        /// The certificate's file as it was named.
        path: PathBuf,
        /// The authority's file as it was named.
        authority: PathBuf,
        /// What TLS says of it.
        source: rustls::Error,
    },
}

impl Identity {
    /// Reads the files and tries whether other nodes of the same authority would believe this one.
    ///
    /// # Errors
    /// See [`IdentityError`].
    pub fn read(files: &IdentityFiles) -> Result<Identity, IdentityError> {
        let chain = certificates::chain(&files.certificate)?;
        let key = certificates::key(&files.key)?;
        let roots = certificates::authorities(&files.authority)?;
        let name = match &*names_in(&chain[0]) {
            [name] => name.clone(),
            names => {
                let (path, names) = (files.certificate.clone(), names.to_vec());
                return Err(IdentityError::Name { path, names });
            }
        };
        let verifiers = Verifiers::new(roots, &files.authority)?;
        let untrusted = |source| IdentityError::Untrusted {
            path: files.certificate.clone(),
            authority: files.authority.clone(),
            source,
        };
        verifiers.try_both(&chain, &name).map_err(untrusted)?;
        let unfit = |source| IdentityError::Unfit {
            path: files.certificate.clone(),
            source,
        };
        let (server, client) = configs(verifiers, chain, key).map_err(unfit)?;
        Ok(Identity {
            name,
            server: Arc::new(server),
            client: Arc::new(client),
        })
    }

    /// The node's name, from its certificate, in lower case.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn server(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.server)
    }

    pub(crate) fn client(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.client)
    }
}

/// The name of the node that showed these certificates, which TLS has verified.
pub(crate) fn name_of(shown: Option<&[CertificateDer<'_>]>) -> Result<String, String> {
    let own = shown.and_then(<[_]>::first);
    let names = own.map(names_in).unwrap_or_default();
    match &*names {
        [name] => Ok(name.clone()),
        names => Err(format!(
            "its certificate has {} DNS names, one is expected",
            names.len()
        )),
    }
}

/// Hosts that a certificate names. A wildcard names no node and counts as none.
fn names_in(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok(parsed) = EndEntityCert::try_from(certificate) else {
        return Vec::new();
    };
    let names = parsed.valid_dns_names().filter(|name| !name.contains('*'));
    names.map(str::to_ascii_lowercase).collect()
}

/// How certificates of other nodes are judged, on either side of a connection.
struct Verifiers {
    of_servers: Arc<WebPkiServerVerifier>,
    of_clients: Arc<dyn ClientCertVerifier>,
}

impl Verifiers {
    fn new(roots: RootCertStore, authority: &Path) -> Result<Verifiers, IdentityError> {
        let roots = Arc::new(roots);
        let unfit = |error: VerifierBuilderError| {
            IdentityError::File(CertificateError::Certificates {
                path: authority.to_owned(),
                reason: error.to_string(),
            })
        };
        let provider = Arc::new(certificates::provider());
        let of_servers =
            WebPkiServerVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(&provider));
        let of_clients = WebPkiClientVerifier::builder_with_provider(roots, provider);
        Ok(Verifiers {
            of_servers: of_servers.build().map_err(unfit)?,
            of_clients: of_clients.build().map_err(unfit)?,
        })
    }

    /// What other nodes will do with this node's certificate, here and now.
    fn try_both(&self, chain: &[CertificateDer<'_>], name: &str) -> Result<(), rustls::Error> {
        let (own, between) = (&chain[0], &chain[1..]);
        let host = ServerName::try_from(name.to_owned())
            .map_err(|error| rustls::Error::General(error.to_string()))?;
        let now = UnixTime::now();
        self.of_clients.verify_client_cert(own, between, now)?;
        self.of_servers
            .verify_server_cert(own, between, &host, &[], now)?;
        Ok(())
    }
}

fn configs(
    verifiers: Verifiers,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<(ServerConfig, ClientConfig), rustls::Error> {
    let mut server = ServerConfig::builder_with_provider(Arc::new(certificates::provider()))
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(verifiers.of_clients)
        .with_single_cert(chain.clone(), key.clone_key())?;
    server.send_tls13_tickets = 0;
    let mut client = ClientConfig::builder_with_provider(Arc::new(certificates::provider()))
        .with_protocol_versions(&[&TLS13])?
        .with_webpki_verifier(verifiers.of_servers)
        .with_client_auth_cert(chain, key)?;
    client.resumption = Resumption::disabled();
    Ok((server, client))
}
