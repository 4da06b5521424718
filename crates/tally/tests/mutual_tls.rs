//! Mutual TLS between machines of ours: a stream that is asked by https, and an internal listener that asks for a
//! certificate.

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
};

use support::Fixture;
use support::program::{Names, Running};

/// Signs certificates of `localhost`, and has them in files.
struct Authority {
    dir: PathBuf,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(fixture: &Fixture, name: &str) -> Authority {
        let dir = fixture.path(name);
        std::fs::create_dir(&dir).expect("a directory");
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).expect("a certificate").pem();
        std::fs::write(dir.join("ca.pem"), pem).expect("written");
        let issuer = Issuer::new(params, key);
        let authority = Authority { dir, issuer };
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
        let certificate = params.signed_by(&key, &authority.issuer).expect("signed");
        std::fs::write(authority.dir.join("own.pem"), certificate.pem()).expect("written");
        specimen::write_secret(&authority.dir.join("own.key"), key.serialize_pem());
        authority
    }

    fn file(&self, name: &str) -> String {
        self.dir.join(name).display().to_string()
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        let ca = CertificateDer::from_pem_file(self.file("ca.pem")).expect("a certificate");
        roots.add(ca).expect("an authority");
        roots
    }

    fn own(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let chain = CertificateDer::from_pem_file(self.file("own.pem")).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(self.file("own.key")).expect("a key");
        (vec![chain], key)
    }
}

/// A validator's internal listener with mutual TLS, which tells each path that a client it believes asks for, and
/// answers nothing.
fn validator(authority: &Authority) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let clients = WebPkiClientVerifier::builder(Arc::new(authority.roots())).build();
    let (chain, key) = authority.own();
    let config = ServerConfig::builder()
        .with_client_cert_verifier(clients.expect("authorities"))
        .with_single_cert(chain, key);
    let config = Arc::new(config.expect("a certificate and its key"));
    let (sender, asked) = channel();
    std::thread::spawn(move || {
        for socket in listener.incoming().map_while(Result::ok) {
            let session = ServerConnection::new(Arc::clone(&config)).expect("a session");
            let mut stream = StreamOwned::new(session, socket);
            let mut bytes = [0; 1_024];
            if let Ok(count) = stream.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..count]);
                let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
                if sender.send(path).is_err() {
                    return; // The test is over.
                }
            }
        }
    });
    (format!("https://localhost:{port}"), asked)
}

#[test]
fn a_stream_is_asked_by_https_with_a_certificate() {
    let fixture = Fixture::new(4);
    let names = Names::new(&fixture, "data");
    let (ours, others) = (
        Authority::new(&fixture, "ours"),
        Authority::new(&fixture, "others"),
    );
    let (url, asked) = validator(&ours);
    let run = |more: &[&str]| Running::start(&[&names.run_from(&url), more].concat());
    let (ca, others_ca) = (ours.file("ca.pem"), others.file("ca.pem"));
    let shown = |authority: &Authority| [authority.file("own.pem"), authority.file("own.key")];
    let ([own, own_key], [other, other_key]) = (shown(&ours), shown(&others));
    for more in [
        &["--from-ca", &ca][..],
        &[
            "--from-ca",
            &ca,
            "--from-certificate",
            &other,
            "--from-key",
            &other_key,
        ],
        &[
            "--from-ca",
            &others_ca,
            "--from-certificate",
            &own,
            "--from-key",
            &own_key,
        ],
    ] {
        let running = run(more);
        let heard = asked.recv_timeout(Duration::from_secs(2));
        assert!(heard.is_err(), "{more:?}: {heard:?}\n{}", running.log());
    }
    let _running = run(&[
        "--from-ca",
        &ca,
        "--from-certificate",
        &own,
        "--from-key",
        &own_key,
    ]);
    let heard = asked.recv_timeout(Duration::from_secs(20));
    assert_eq!(heard.as_deref(), Ok("/ledger/0?after=0"));
}

/// What the internal listener says to a client with this certificate, or none; nothing where it is refused.
fn metrics(
    address: SocketAddr,
    authority: &Authority,
    shown: Option<&Authority>,
) -> Option<String> {
    let judging = ClientConfig::builder().with_root_certificates(authority.roots());
    let config = match shown {
        None => judging.with_no_client_auth(),
        Some(shown) => {
            let (chain, key) = shown.own();
            judging
                .with_client_auth_cert(chain, key)
                .expect("a certificate and its key")
        }
    };
    let name = ServerName::try_from("localhost").expect("a name");
    let session = ClientConnection::new(Arc::new(config), name).expect("a session");
    let mut stream = StreamOwned::new(session, TcpStream::connect(address).expect("a listener"));
    let request = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).ok()?;
    let mut said = Vec::new();
    // Cut, or closed with a farewell.
    let _ = stream.read_to_end(&mut said);
    let said = String::from_utf8(said).ok()?;
    said.starts_with("HTTP/1.1 200").then_some(said)
}

#[test]
fn the_internal_listener_asks_for_a_certificate() {
    let fixture = Fixture::new(4);
    let names = Names::new(&fixture, "data");
    fixture.ballot_box("data").close();
    let (ours, others) = (
        Authority::new(&fixture, "ours"),
        Authority::new(&fixture, "others"),
    );
    let [certificate, key, ca] = ["own.pem", "own.key", "ca.pem"].map(|name| ours.file(name));
    let more = [
        ["--internal-certificate", &certificate],
        ["--internal-key", &key],
        ["--internal-ca", &ca],
    ];
    let running = Running::start(&names.args("run", &more.concat()));
    let address = running.internal();
    assert!(metrics(address, &ours, Some(&ours)).is_some());
    assert_eq!(metrics(address, &ours, None), None);
    assert_eq!(metrics(address, &ours, Some(&others)), None);
}
