//! Certificates made for a test, and clients that meet the validator by TLS.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::{http1, http2};
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertificateParams, KeyPair};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs::kx_group::{X25519, X25519MLKEM768};
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{
    ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion, version,
};

use crate::server::Server;

const NAME: &str = "vote.example";

/// A certificate that a client trusts for itself alone, and its key.
pub(crate) struct Certificate {
    der: CertificateDer<'static>,
    pub(crate) pem: String,
    pub(crate) key_pem: String,
}

impl Certificate {
    pub(crate) fn new() -> Certificate {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
        let made = params.self_signed(&key).unwrap();
        Certificate {
            der: made.der().clone(),
            pem: made.pem(),
            key_pem: key.serialize_pem(),
        }
    }

    /// Writes both files; returns the settings that name them.
    pub(crate) fn install(&self, certificate: &Path, key: &Path) -> [(&'static str, String); 2] {
        fs::write(certificate, &self.pem).unwrap();
        specimen::write_secret(key, &self.key_pem);
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        [
            ("VALIDATOR_TLS_CERTIFICATE", text(certificate)),
            ("VALIDATOR_TLS_KEY", text(key)),
        ]
    }
}

/// What a client offers.
#[derive(Clone, Copy)]
pub(crate) struct Offer {
    pub(crate) versions: &'static [&'static SupportedProtocolVersion],
    pub(crate) protocol: &'static str,
}

pub(crate) const HTTP_2: Offer = Offer {
    versions: &[&version::TLS13],
    protocol: "h2",
};
pub(crate) const HTTP_1: Offer = Offer {
    protocol: "http/1.1",
    ..HTTP_2
};
pub(crate) const OLDER: Offer = Offer {
    versions: &[&version::TLS12],
    protocol: "http/1.1",
};

/// An answer that came by TLS.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Connects and shakes hands, trusting `certificate` only.
pub(crate) async fn connect(
    server: &Server,
    certificate: &Certificate,
    offer: Offer,
) -> io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(server.public).await?;
    connect_over(stream, certificate, offer).await
}

/// Shakes hands over a connection that is there.
pub(crate) async fn connect_over(
    stream: TcpStream,
    certificate: &Certificate,
    offer: Offer,
) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.der.clone()).unwrap();
    // As browsers of today offer it.
    let provider = CryptoProvider {
        kx_groups: vec![X25519MLKEM768, X25519],
        ..aws_lc_rs::default_provider()
    };
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(offer.versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![offer.protocol.as_bytes().to_vec()];
    let name = ServerName::try_from(NAME).unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

/// The version of TLS and the protocol that were agreed on.
pub(crate) fn agreed(stream: &TlsStream<TcpStream>) -> (ProtocolVersion, String) {
    let session = stream.get_ref().1;
    let protocol = String::from_utf8_lossy(session.alpn_protocol().unwrap_or_default());
    (session.protocol_version().unwrap(), protocol.into_owned())
}

/// Sends one request by whatever protocol was agreed on.
pub(crate) async fn ask(stream: TlsStream<TcpStream>, request: Request<Full<Bytes>>) -> Answer {
    let (_, protocol) = agreed(&stream);
    let stream = TokioIo::new(stream);
    let response = if protocol == "h2" {
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), stream)
            .await
            .unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await.unwrap()
    } else {
        let (mut sender, connection) = http1::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await.unwrap()
    };
    read(response).await
}

async fn read(response: Response<hyper::body::Incoming>) -> Answer {
    let (head, body) = response.into_parts();
    Answer {
        status: head.status,
        headers: head.headers,
        body: body.collect().await.unwrap().to_bytes(),
    }
}

pub(crate) fn get(path: &str) -> Request<Full<Bytes>> {
    let request = Request::get(format!("https://{NAME}{path}")).header("host", NAME);
    request.body(Full::default()).unwrap()
}

pub(crate) fn post(path: &str, body: String) -> Request<Full<Bytes>> {
    let request = Request::post(format!("https://{NAME}{path}"))
        .header("host", NAME)
        .header("content-type", "application/json");
    request.body(Full::from(body)).unwrap()
}
