//! Answers of a server that keeps connections, closes them, sends too much, or says nothing.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use caller::{Address, CallError, Caller};

const PATIENCE: Duration = Duration::from_millis(300);

fn read_request(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        text.push(byte[0]);
    }
    let text = String::from_utf8(text).unwrap();
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.parse::<usize>().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).unwrap();
    text + &String::from_utf8(body).unwrap()
}

/// A server that takes so many connections one after the other, and answers each request on them with these bytes,
/// one a connection.
fn server(answers: &[&'static str]) -> (Caller, std::thread::JoinHandle<Vec<String>>) {
    let (_, caller, serving) = server_at(answers);
    (caller, serving)
}

/// The same with its `HOST:PORT`.
fn server_at(answers: &[&'static str]) -> (String, Caller, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let url = format!("http://{authority}/below");
    let answers = answers.to_vec();
    let serving = std::thread::spawn(move || {
        let answer = |answer: &str| {
            let (mut stream, _) = listener.accept().unwrap();
            let request = read_request(&mut stream);
            stream.write_all(answer.as_bytes()).unwrap();
            if answer.is_empty() {
                std::thread::sleep(2 * PATIENCE);
            }
            request
        };
        answers.into_iter().map(answer).collect()
    });
    let caller = Caller::new(Address::parse(&url).unwrap(), None);
    (authority, caller, serving)
}

#[tokio::test]
async fn a_connection_that_was_closed_is_made_again() {
    let good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    let (mut caller, serving) = server(&[good, good]);
    let first = caller.get("a", 100, PATIENCE).await.unwrap();
    assert_eq!((first.status.as_u16(), &first.body[..]), (200, &b"hi"[..]));
    let second = caller.post("b", "body".into(), 100, PATIENCE).await;
    assert_eq!(second.unwrap(), first);
    let requests = serving.join().unwrap();
    assert!(
        requests[0].starts_with("GET /below/a HTTP/1.1"),
        "{requests:?}"
    );
    assert!(
        requests[1].starts_with("POST /below/b HTTP/1.1"),
        "{requests:?}"
    );
    assert!(requests[1].ends_with("\r\n\r\nbody"), "{requests:?}");
}

/// A server of several names at one port tells them apart by host and port (RFC 9110 7.2).
#[tokio::test]
async fn a_request_names_host_and_port() {
    let (authority, mut caller, serving) = server_at(&["HTTP/1.1 200 OK\r\n\r\n"]);
    caller.get("a", 100, PATIENCE).await.unwrap();
    let request = serving.join().unwrap().remove(0);
    let host = request.lines().find_map(|line| line.strip_prefix("host: "));
    assert_eq!(host, Some(&*authority), "{request}");
}

#[tokio::test]
async fn what_is_no_answer_is_told_apart() {
    let too_long = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345";
    let (mut caller, _) = server(&[too_long]);
    let error = caller.get("a", 4, PATIENCE).await.unwrap_err();
    assert!(
        matches!(error, CallError::Body { bytes_max: 4 }),
        "{error:?}"
    );

    let (mut caller, _) = server(&[""]);
    let error = caller.get("a", 4, PATIENCE).await.unwrap_err();
    assert!(matches!(error, CallError::Late { .. }), "{error:?}");

    let (mut caller, _) = server(&["rubbish\r\n\r\n"]);
    let error = caller.get("a", 4, PATIENCE).await.unwrap_err();
    assert!(matches!(error, CallError::Broken(_)), "{error:?}");

    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut caller = Caller::new(Address::parse(&format!("http://{closed}")).unwrap(), None);
    let error = caller.get("a", 4, PATIENCE).await.unwrap_err();
    assert!(matches!(error, CallError::Connect(_)), "{error:?}");
}

#[test]
fn what_is_no_address_is_refused() {
    for text in [
        "",
        "paper",
        "ftp://paper/",
        "http://",
        "http://paper/?x=1",
        "https:///x",
    ] {
        assert!(Address::parse(text).is_err(), "{text}");
    }
    assert!(Address::parse("https://paper.example/w/").unwrap().is_tls());
}
