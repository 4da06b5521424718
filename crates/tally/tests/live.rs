//! The live stream over real WebSockets: what it tells, what it must not tell, whom it lets go.

mod support;

use std::net::TcpStream;
use std::time::{Duration, Instant};

use election::Choice;
use serde_json::{Value, json};
use tungstenite::{HandshakeError, Message, WebSocket};

use support::program::{Names, Running};
use support::{Fixture, LATER, LIVE, STEPS};

type Client = WebSocket<TcpStream>;

fn connect(running: &Running, topics: &str) -> Client {
    let address = running.address();
    let socket = TcpStream::connect(address).expect("connects");
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a timeout");
    let url = format!("ws://{address}/api/v1/stream?topics={topics}");
    tungstenite::client(url, socket).expect("a WebSocket").0
}

/// The next message of updates.
fn next(client: &mut Client) -> Value {
    loop {
        if let Message::Text(text) = client.read().expect("a message") {
            return serde_json::from_str(&text).expect("JSON");
        }
    }
}

/// Reads until an update of `topic` satisfies `until`; its data.
fn wait(client: &mut Client, topic: &str, until: impl Fn(&Value) -> bool) -> Value {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(10) {
        let message = next(client);
        let updates = message["updates"].as_array().expect("updates").clone();
        let mut updates = updates.into_iter();
        if let Some(found) =
            updates.find(|update| update["topic"] == topic && until(&update["data"]))
        {
            return found["data"].clone();
        }
    }
    panic!("{topic} does not come");
}

fn reason_of_close(client: &mut Client) -> String {
    loop {
        match client.read() {
            Ok(Message::Close(Some(frame))) => return frame.reason.to_string(),
            Ok(_) => {}
            Err(error) => panic!("closed without a reason: {error}"),
        }
    }
}

#[test]
fn a_snapshot_comes_first_then_what_changes_as_the_api_shows_it() {
    let fixture = Fixture::new(60);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    ballots.vote(LIVE, 0, Choice::Oui);
    let running = Running::start(&names.args("run", &[]));
    running.wait("/api/v1/health", |health| health["status"] == "healthy");
    let mut client = connect(&running, "law:LIVE,turnout");
    let first = next(&mut client);
    assert_eq!(first["type"], "snapshot");
    let topics: Vec<&str> = first["updates"]
        .as_array()
        .expect("updates")
        .iter()
        .filter_map(|update| update["topic"].as_str())
        .collect();
    assert_eq!(topics, ["law:LIVE", "turnout"]);
    assert_eq!(first["updates"][0]["href"], "/api/v1/results/LIVE");
    for nth in 1..10 {
        ballots.vote(LIVE, nth, Choice::Non);
    }
    let told = wait(&mut client, "law:LIVE", |data| data["total_votes"] == 10);
    let asked = running.json("/api/v1/results/LIVE");
    assert_eq!(told, asked);
    client
        .send(Message::text(
            json!({"subscribe": ["system"], "unsubscribe": ["law:LIVE"]}).to_string(),
        ))
        .expect("sent");
    wait(&mut client, "system", |data| {
        data["caught_up"] == true && data["votes"] == 10
    });
    ballots.vote(LIVE, 10, Choice::Non);
    let message = next(&mut client);
    let told = message["updates"].to_string();
    assert!(!told.contains("law:LIVE"), "unsubscribed: {told}");
}

#[test]
fn the_results_policy_holds_on_the_stream_too() {
    let fixture = Fixture::new(60);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    let running = Running::start(&names.args("run", &[]));
    running.wait("/api/v1/health", |health| health["status"] == "healthy");
    let mut client = connect(&running, "law:STEPS,law:LATER,turnout");
    next(&mut client);
    for nth in 0..19 {
        ballots.vote(STEPS, nth, Choice::Oui);
        ballots.vote(LATER, nth, Choice::Oui);
    }
    let is_told = |turnout: &Value| {
        let ballots = turnout["ballots"].as_array().expect("ballots");
        ballots
            .iter()
            .filter(|ballot| ballot["votes"] == 19)
            .count()
            == 2
    };
    // Until turnout shows all of them, no count of either law may.
    let started = Instant::now();
    loop {
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "turnout does not come"
        );
        let message = next(&mut client);
        let updates = message["updates"].as_array().expect("updates");
        for update in updates {
            let data = &update["data"];
            match update["topic"].as_str() {
                Some("law:STEPS") => assert_eq!(data["oui_count"], 0, "{data}"),
                Some("law:LATER") => assert_eq!(data["oui_count"], Value::Null, "{data}"),
                _ => {}
            }
        }
        if updates
            .iter()
            .any(|update| update["topic"] == "turnout" && is_told(&update["data"]))
        {
            break;
        }
    }
    ballots.vote(STEPS, 19, Choice::Oui);
    wait(&mut client, "law:STEPS", |data| data["oui_count"] == 10);
}

#[test]
fn messages_are_few_however_fast_votes_come() {
    let fixture = Fixture::new(2_000);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    let running = Running::start(&names.args("run", &[]));
    running.wait("/api/v1/health", |health| health["status"] == "healthy");
    let mut client = connect(&running, "turnout,law,election,system");
    next(&mut client);
    let started = Instant::now();
    let mut messages = 0;
    for nth in 0..1_500 {
        ballots.vote(LIVE, nth, Choice::Oui);
    }
    let took = started.elapsed();
    client
        .get_mut()
        .set_read_timeout(Some(Duration::from_millis(700)))
        .expect("a timeout");
    while client.read().is_ok() {
        messages += 1;
    }
    let allowed = 2 + (took + Duration::from_secs(1)).as_millis() / 300;
    assert!(
        (1..=allowed).contains(&messages),
        "{messages} messages in {took:?}"
    );
}

#[test]
fn who_breaks_the_rules_is_told_why() {
    let fixture = Fixture::new(4);
    fixture.ballot_box("data").close();
    let names = Names::new(&fixture, "data");
    let running = Running::start(&names.args("run", &[]));
    running.wait("/api/v1/health", |health| health["status"] == "healthy");
    for (message, expected) in [
        (Message::text("no JSON"), "expected {\"subscribe\""),
        (
            Message::text(r#"{"subscribe":["nonsense"]}"#),
            "does not have",
        ),
        (Message::text(r#"{"else":[]}"#), "expected {\"subscribe\""),
        (Message::binary(vec![1, 2]), "JSON text"),
    ] {
        let mut client = connect(&running, "turnout");
        client.send(message).expect("sent");
        let reason = reason_of_close(&mut client);
        assert!(reason.contains(expected), "{reason}");
    }
    let mut client = connect(&running, "turnout");
    for _ in 0..200 {
        // The server may have closed already.
        let _ = client.send(Message::text("{}"));
    }
    assert_eq!(reason_of_close(&mut client), "too many messages");
    // Who speaks no WebSocket gets the snapshot; topics that are none are none.
    let snapshot = running.json("/api/v1/stream?topics=turnout");
    assert_eq!(snapshot["type"], "snapshot");
    assert_eq!(
        snapshot["updates"][0]["data"],
        running.json("/api/v1/turnout")
    );
    let socket = TcpStream::connect(running.address()).expect("connects");
    let url = format!("ws://{}/api/v1/stream?topics=law:NONE", running.address());
    match tungstenite::client(url, socket) {
        Err(HandshakeError::Failure(tungstenite::Error::Http(answer))) => {
            assert_eq!(answer.status(), 404);
        }
        other => panic!("a topic that is none: {:?}", other.is_ok()),
    }
}

#[test]
fn a_stopping_tally_says_so() {
    let fixture = Fixture::new(4);
    fixture.ballot_box("data").close();
    let names = Names::new(&fixture, "data");
    let mut running = Running::start(&names.args("run", &[]));
    running.wait("/api/v1/health", |health| health["status"] == "healthy");
    let mut client = connect(&running, "turnout");
    next(&mut client);
    running.terminate();
    assert!(reason_of_close(&mut client).contains("stops"));
    assert_eq!(running.wait_for_end(), Some(0));
}

/// Pages are told only that something changed, by a message that 10,000 of them can be sent.
#[test]
fn pages_are_told_of_changes_in_few_bytes_and_not_of_each_vote() {
    let fixture = Fixture::new(60);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    ballots.vote(LIVE, 0, Choice::Oui);
    let running = Running::start(&names.args("run", &[]));
    running.wait("/api/v1/turnout/LIVE", |turnout| turnout["votes"] == 1);
    let mut client = connect(&running, "changes");
    let number = |message: &Value| {
        let update = &message["updates"][0];
        assert_eq!(update["topic"], "changes");
        assert_eq!(update["data"]["spread_ms"], 1, "one page, one millisecond");
        assert!(message.to_string().len() < 150, "{message}");
        update["data"]["number"].as_u64().expect("a number")
    };
    let mut last = number(&next(&mut client));
    let started = Instant::now();
    for nth in 1..30 {
        ballots.vote(LIVE, nth, Choice::Oui);
        std::thread::sleep(Duration::from_millis(100));
    }
    running.wait("/api/v1/turnout/LIVE", |turnout| turnout["votes"] == 30);
    let mut told = 0;
    // The last one tells of the last vote, however soon it came after the one before.
    while told < 2 {
        let now = number(&next(&mut client));
        assert!(now > last, "{now} after {last}");
        (last, told) = (now, told + 1);
    }
    assert!(started.elapsed() > Duration::from_secs(3));
    let mut other = connect(&running, "changes");
    let snapshot = next(&mut other);
    assert_eq!(snapshot["updates"][0]["data"]["number"], last);
}
