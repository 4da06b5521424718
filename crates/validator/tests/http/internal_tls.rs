//! Mutual TLS of the internal listener: who shows no certificate of the authority that is named reads nothing.

use std::fs;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::authority::{Authority, Issued, NAME};
use crate::fixture::Fixture;
use crate::server::{Server, run};

/// What the internal listener says to such a client; none where it is refused.
async fn metrics(server: &Server, client: Arc<ClientConfig>) -> Option<String> {
    let stream = TcpStream::connect(server.internal).await.unwrap();
    let name = ServerName::try_from(NAME).unwrap();
    let mut stream = TlsConnector::from(client)
        .connect(name, stream)
        .await
        .ok()?;
    let request = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut said = String::new();
    stream.read_to_string(&mut said).await.ok()?;
    said.starts_with("HTTP/1.1 200").then_some(said)
}

/// Settings of `[internal_tls]` by these files.
fn settings(own: &Issued, authority: &Authority) -> [(&'static str, String); 3] {
    [
        (
            "VALIDATOR_INTERNAL_TLS_CERTIFICATE",
            own.certificate.display().to_string(),
        ),
        ("VALIDATOR_INTERNAL_TLS_KEY", own.key.display().to_string()),
        (
            "VALIDATOR_INTERNAL_TLS_CA",
            authority.file().display().to_string(),
        ),
    ]
}

#[tokio::test]
async fn who_shows_no_certificate_of_the_authority_reads_nothing() {
    let fixture = Fixture::new();
    let (ours, others) = (
        Authority::new(&fixture, "ours"),
        Authority::new(&fixture, "others"),
    );
    let (own, stranger) = (ours.issue(), others.issue());
    let settings = settings(&own, &ours);
    let settings = settings
        .each_ref()
        .map(|(name, path)| (*name, path.as_str()));
    let server = Server::start_with(&fixture.arguments("data"), &[], &settings);
    let friend = ours.issue();
    let read = metrics(&server, ours.client(Some(&friend))).await;
    assert!(read.is_some_and(|text| text.contains("connections_open")));
    assert_eq!(metrics(&server, ours.client(None)).await, None);
    assert_eq!(metrics(&server, ours.client(Some(&stranger))).await, None);
    // Nor in the clear.
    let mut plain = TcpStream::connect(server.internal).await.unwrap();
    plain
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut said = Vec::new();
    let _ = plain.read_to_end(&mut said).await; // closed, or reset
    assert!(!said.starts_with(b"HTTP"));

    // Renewed: from now on another authority's certificates count.
    fs::copy(others.file(), ours.file()).unwrap();
    let old = Authority::new(&fixture, "old");
    fs::copy(&own.certificate, old.file()).unwrap();
    server.hang_up("in use");
    assert_eq!(metrics(&server, old.client(Some(&friend))).await, None);
    assert!(!server.log().contains("PRIVATE KEY"));
}

#[test]
fn all_three_files_or_none() {
    let fixture = Fixture::new();
    let ours = Authority::new(&fixture, "ours");
    let own = ours.issue();
    let (certificate, key) = (own.certificate.display(), own.key.display());
    let nowhere = fixture.path("nowhere.pem");
    let nowhere = nowhere.display();
    for (lines, words) in [
        (
            format!("certificate = \"{certificate}\"\nkey = \"{key}\"\n"),
            "some of internal_tls.certificate",
        ),
        (
            format!("certificate = \"{certificate}\"\nkey = \"{key}\"\nca = \"{nowhere}\"\n"),
            "internal_tls.ca: ",
        ),
    ] {
        let file = fixture.path("v.toml");
        fs::write(&file, format!("[internal_tls]\n{lines}")).unwrap();
        let mut arguments = vec!["check-config".to_owned()];
        arguments.extend(fixture.arguments("data"));
        let output = run(&arguments, &["--config", file.to_str().unwrap()]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words), "{words:?} is not in: {said}");
    }
}
