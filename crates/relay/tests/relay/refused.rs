//! Who is not listened to, and in which words it is told.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use relay::frame::{CONTENT_BYTES_MAX, encode};
use relay::{Greeted, Identity, IdentityFiles, Peer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::rustls::SupportedProtocolVersion;
use tokio_rustls::rustls::version::{TLS12, TLS13};

use crate::authority::Authority;
use crate::fixture::{HELLO, Server, assert_not_sent, assert_unknown, peer, unserved, wait_until};
use crate::logged::Logged;
use crate::raw::Raw;

/// Shows `own` to a server and asks something. The connection must end without a word, and the log say why.
async fn check_refused(
    authority: &Authority,
    own: Option<&IdentityFiles>,
    version: &'static SupportedProtocolVersion,
    logged_words: &str,
) {
    let (logged, _guard) = Logged::start();
    let server = Server::start(authority.identity("v1"), HELLO).await;
    let connected = Raw::connect(server.address, &authority.file(), own, version).await;
    if let Ok(mut raw) = connected {
        let mut bytes = Vec::new();
        encode(0, &[&[1, 0, 0, 0], HELLO].concat(), &mut bytes).unwrap();
        encode(1, b"question", &mut bytes).unwrap();
        // The server may have hung up by now.
        let _ = raw.stream.write_all(&bytes).await;
        assert_eq!(raw.next().await, None);
    }
    wait_until("a refusal", || logged.text().contains("a node was refused")).await;
    let told = logged.text();
    assert!(told.contains(logged_words), "{told}");
    assert_eq!(server.begun(), 0);
}

#[tokio::test]
async fn strangers_are_refused_by_a_server() {
    let (ours, strangers) = (Authority::new(), Authority::new());
    let stranger = strangers.certify(&["v2"]);
    let expired = ours.certify_for("v2", Duration::ZERO);
    let nameless = ours.certify(&["10.0.0.1"]);
    let two_names = ours.certify(&["v2", "v3"]);
    let any_name = ours.certify(&["*.example.org"]);
    sleep(Duration::from_secs(2)).await;
    check_refused(&ours, Some(&stranger), &TLS13, "BadSignature").await;
    check_refused(&ours, Some(&expired), &TLS13, "expired").await;
    check_refused(&ours, None, &TLS13, "no certificates").await;
    check_refused(&ours, Some(&nameless), &TLS13, "0 DNS names").await;
    check_refused(&ours, Some(&two_names), &TLS13, "2 DNS names").await;
    check_refused(&ours, Some(&any_name), &TLS13, "0 DNS names").await;
    let sound = ours.certify(&["v2"]);
    check_refused(&ours, Some(&sound), &TLS12, "Tls12NotOfferedOrEnabled").await;
    // And what is sound is not refused.
    let server = Server::start(ours.identity("v1"), HELLO).await;
    Raw::client(server.address, &sound).await;
}

#[tokio::test]
async fn bytes_that_are_no_tls_are_refused_and_slow_ones_too() {
    let authority = Authority::new();
    let server = Server::start(authority.identity("v1"), HELLO).await;
    let mut plain = TcpStream::connect(server.address).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    let started = Instant::now();
    for stream in [&mut plain, &mut slow] {
        let mut bytes = Vec::new();
        let read = timeout(Duration::from_secs(4), stream.read_to_end(&mut bytes)).await;
        let _ = read.expect("the server hangs up");
    }
    let waited = started.elapsed();
    assert!((1_500..3_500).contains(&waited.as_millis()), "{waited:?}");
}

/// What a peer called `v1` says of a server that shows `own`.
async fn check_not_asked(authority: &Authority, own: &IdentityFiles, words: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let peer = peer("v1", address, authority.identity("v2"));
    let (answered, accepted) =
        tokio::join!(peer.ask(b"question".to_vec()), Raw::accept(&listener, own));
    assert_not_sent(answered, words);
    assert!(accepted.is_err(), "{words}");
}

#[tokio::test]
async fn servers_that_cannot_prove_who_they_are_are_not_asked() {
    let (ours, strangers) = (Authority::new(), Authority::new());
    let expired = ours.certify_for("v1", Duration::ZERO);
    sleep(Duration::from_secs(2)).await;
    check_not_asked(&ours, &strangers.certify(&["v1"]), "BadSignature").await;
    check_not_asked(&ours, &ours.certify(&["v3"]), "not valid for name \"v1\"").await;
    check_not_asked(&ours, &expired, "expired").await;
}

/// Both sides refuse a certificate that expires while they run.
#[tokio::test]
async fn a_certificate_that_expires_later_is_refused_from_then_on() {
    let authority = Authority::new();
    let brief = authority.certify_for("v1", Duration::from_secs(2));
    let brief = Arc::new(Identity::read(&brief).unwrap());
    let server = Server::start(Arc::clone(&brief), HELLO).await;
    sleep(Duration::from_secs(3)).await;
    let asking = peer("v1", server.address, authority.identity("v2"));
    assert_not_sent(asking.ask(b"question".to_vec()).await, "expired");
    let server = Server::start(authority.identity("v3"), HELLO).await;
    let asking = peer("v3", server.address, brief);
    assert_not_sent(asking.ask(b"question".to_vec()).await, "CertificateExpired");
    assert_eq!(server.begun(), 0);
}

#[tokio::test]
async fn another_hello_is_refused_in_words_on_both_sides() {
    let (logged, _guard) = Logged::start();
    let authority = Authority::new();
    let server = Server::start(authority.identity("v1"), b"manifest 9").await;
    let peer = peer("v1", server.address, authority.identity("v2"));
    assert_not_sent(
        peer.ask(b"question".to_vec()).await,
        r#"its hello is "manifest 9", this node's is "manifest 1234""#,
    );
    let words = r#"v2: its hello is \"manifest 1234\", this node's is \"manifest 9\""#;
    wait_until("words", || logged.text().contains(words)).await;
    assert_eq!(server.begun(), 0);
}

#[tokio::test]
async fn another_version_or_no_hello_is_refused_by_a_peer() {
    let authority = Authority::new();
    for (version, words) in [(Some(2), "version 2"), (None, "no hello")] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let peer = peer("v1", address, authority.identity("v2"));
        let serving = async {
            let own = authority.certify(&["v1"]);
            let mut raw = Raw::accept(&listener, &own).await.unwrap();
            match version {
                Some(version) => raw.greet(version, HELLO).await,
                None => raw.send(5, b"answer").await,
            }
            raw.next().await.expect("the peer says hello");
            assert_eq!(raw.next().await, None, "and nothing else");
        };
        let (answered, ()) = tokio::join!(peer.ask(b"question".to_vec()), serving);
        assert_not_sent(answered, words);
    }
}

#[tokio::test]
async fn a_frame_that_is_too_long_ends_the_connection() {
    let authority = Authority::new();
    let server = Server::start(authority.identity("v1"), HELLO).await;
    let own = authority.certify(&["v2"]);
    let too_long = u32::try_from(CONTENT_BYTES_MAX + 1).unwrap().to_le_bytes();
    let mut raw = Raw::client(server.address, &own).await;
    raw.send_bytes(&too_long).await;
    assert_eq!(raw.next().await, None);
    // A frame about the line that means nothing does, too.
    let mut raw = Raw::client(server.address, &own).await;
    raw.send(0, b"nonsense").await;
    assert_eq!(raw.next().await, None);

    let (listener, peer) = unserved(&authority).await;
    let serving = async {
        let mut raw = Raw::server(&listener, &authority.certify(&["v1"])).await;
        raw.next().await.expect("the question");
        raw.send_bytes(&too_long).await;
        assert_eq!(raw.next().await, None);
    };
    let (answered, ()) = tokio::join!(peer.ask(b"question".to_vec()), serving);
    assert_unknown(answered, "65537 bytes");
}

#[tokio::test]
async fn a_name_that_is_none_is_told() {
    let authority = Authority::new();
    for name in ["", "v 1", "10.0.0.1"] {
        let identity = authority.identity("v2");
        let peer = Peer::new(name.to_owned(), "127.0.0.1:1".to_owned(), identity, vec![]);
        assert_not_sent(peer.ask(vec![]).await, "no DNS name");
    }
}

#[test]
fn an_identity_that_nobody_would_believe_is_refused_when_it_is_read() {
    let (ours, strangers) = (Authority::new(), Authority::new());
    let sound = ours.certify(&["v1"]);
    assert_eq!(Identity::read(&sound).unwrap().name(), "v1");
    let other = ours.certify(&["v1"]);
    let open_to_all = ours.certify(&["v1"]);
    fs::set_permissions(&open_to_all.key, PermissionsExt::from_mode(0o644)).unwrap();
    let change = |change: &dyn Fn(&mut IdentityFiles)| {
        let mut files = sound.clone();
        change(&mut files);
        files
    };
    let cases = [
        (change(&|f| f.key = other.key.clone()), "KeyMismatch"),
        (
            change(&|f| f.key = f.certificate.clone()),
            "no sound private key",
        ),
        (
            change(&|f| f.key = "/nowhere".into()),
            "cannot read /nowhere",
        ),
        (
            change(&|f| f.certificate = f.key.clone()),
            "no certificate in it",
        ),
        (
            change(&|f| f.certificate = "/nowhere".into()),
            "No such file",
        ),
        (change(&|f| f.authority = strangers.file()), "BadSignature"),
        (
            change(&|f| f.authority = "/dev/null".into()),
            "no certificate in it",
        ),
        (open_to_all, "open to other users"),
        (ours.certify(&[]), "has none"),
        (ours.certify(&["v1", "v2"]), "has v1, v2"),
        (ours.certify(&["*.example.org"]), "has none"),
        (ours.certify_for("v1", Duration::ZERO), "expired"),
    ];
    std::thread::sleep(Duration::from_secs(2));
    for (files, words) in cases {
        let told = Identity::read(&files).expect_err(words).to_string();
        assert!(told.contains(words), "{told}, expected {words}");
    }
}

/// Before a node joins others, it greets them: whoever speaks another version is told from whoever is not there.
#[tokio::test]
async fn a_greeting_tells_another_version_from_nobody() {
    let authority = Authority::new();
    let server = Server::start(authority.identity("v1"), HELLO).await;
    let identity = authority.identity("v2");
    let greet = |address: SocketAddr, hello: &'static [u8]| {
        let identity = Arc::clone(&identity);
        async move { relay::greet("v1".to_owned(), address.to_string(), identity, hello).await }
    };
    assert_eq!(greet(server.address, HELLO).await, Greeted::Agrees);
    let other = greet(server.address, b"manifest 5678").await;
    assert!(
        matches!(&other, Greeted::Differs(why) if why.contains("same election")),
        "{other:?}"
    );
    server.kill().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let newer = async {
        let mut raw = Raw::accept(&listener, &authority.certify(&["v1"]))
            .await
            .unwrap();
        raw.greet(2, HELLO).await;
        raw.next().await
    };
    let (told, _) = tokio::join!(greet(address, HELLO), newer);
    let words = "speaks version 2 of the relay's protocol, this node version 1";
    assert!(
        matches!(&told, Greeted::Differs(why) if why.contains(words)),
        "{told:?}"
    );
    drop(listener);
    let nobody = greet(address, HELLO).await;
    assert!(matches!(nobody, Greeted::Unheard(_)), "{nobody:?}");
}
