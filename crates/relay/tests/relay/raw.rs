//! Ends of a connection that do only what a test tells them to.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use relay::IdentityFiles;
use relay::frame::{Decoder, Frame, LINE_ID, encode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::version::TLS13;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use crate::fixture::HELLO;

/// Longest wait for a frame in a test.
const PATIENCE: Duration = Duration::from_secs(8);

pub(crate) struct Raw {
    pub(crate) stream: TlsStream<TcpStream>,
    decoder: Decoder,
}

impl Raw {
    fn new(stream: impl Into<TlsStream<TcpStream>>) -> Raw {
        Raw {
            stream: stream.into(),
            decoder: Decoder::default(),
        }
    }

    /// Connects to the node `v1` by that version of TLS, and with that certificate, if any.
    pub(crate) async fn connect(
        address: SocketAddr,
        authority: &std::path::Path,
        own: Option<&IdentityFiles>,
        version: &'static SupportedProtocolVersion,
    ) -> io::Result<Raw> {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(authority).unwrap())
            .unwrap();
        let config =
            ClientConfig::builder_with_protocol_versions(&[version]).with_root_certificates(roots);
        let config = match own.map(certificate_and_key) {
            Some((chain, key)) => config.with_client_auth_cert(chain, key).unwrap(),
            None => config.with_no_client_auth(),
        };
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::try_from("v1").unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        Ok(Raw::new(connector.connect(name, stream).await?))
    }

    /// A client that has said hello.
    pub(crate) async fn client(address: SocketAddr, own: &IdentityFiles) -> Raw {
        let connected = Raw::connect(address, &own.authority, Some(own), &TLS13).await;
        let mut raw = connected.unwrap();
        raw.greet(1, HELLO).await;
        raw.next().await.expect("the server says hello");
        raw
    }

    /// Takes one connection and shakes hands, without asking for a certificate.
    pub(crate) async fn accept(listener: &TcpListener, own: &IdentityFiles) -> io::Result<Raw> {
        let (stream, _) = listener.accept().await?;
        let (chain, key) = certificate_and_key(own);
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok(Raw::new(acceptor.accept(stream).await?))
    }

    /// A server that has said hello to its one client.
    pub(crate) async fn server(listener: &TcpListener, own: &IdentityFiles) -> Raw {
        let mut raw = Raw::accept(listener, own).await.unwrap();
        raw.greet(1, HELLO).await;
        raw.next().await.expect("the client says hello");
        raw
    }

    pub(crate) async fn greet(&mut self, version: u32, hello: &[u8]) {
        let content = [&version.to_le_bytes(), hello].concat();
        self.send(LINE_ID, &content).await;
    }

    pub(crate) async fn send(&mut self, id: u64, content: &[u8]) {
        let mut bytes = Vec::new();
        encode(id, content, &mut bytes).unwrap();
        self.send_bytes(&bytes).await;
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// The next frame that is no ping; none where the connection ends first, however it ends.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        let read = timeout(PATIENCE, self.read_frame());
        read.await.expect("a frame or an end in time")
    }

    async fn read_frame(&mut self) -> Option<Frame> {
        loop {
            match self.decoder.next_frame().unwrap() {
                Some(frame) if frame.id == LINE_ID && frame.content.is_empty() => {}
                Some(frame) => return Some(frame),
                None => {
                    let mut bytes = vec![0; 1 << 16];
                    let count = self.stream.read(&mut bytes).await.ok().filter(|n| *n > 0)?;
                    self.decoder.push(&bytes[..count]);
                }
            }
        }
    }

    /// Bytes of a frame that never came whole.
    pub(crate) fn pending(&self) -> usize {
        self.decoder.pending()
    }
}

fn certificate_and_key(
    files: &IdentityFiles,
) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let chain = CertificateDer::pem_file_iter(&files.certificate).unwrap();
    let key = PrivateKeyDer::from_pem_file(&files.key).unwrap();
    (chain.map(Result::unwrap).collect(), key)
}
