//! Nodes that are frozen or cut off: nobody says that they are gone.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::authority::Authority;
use crate::fixture::{HELLO, Server, assert_not_sent, assert_unknown, peer, unserved, wait_until};
use crate::logged::Logged;
use crate::raw::Raw;

/// How soon silence must have been noticed.
const NOTICED_MAX: Duration = Duration::from_secs(4);

#[tokio::test]
async fn a_server_that_never_shakes_hands_is_given_up() {
    let authority = Authority::new();
    let (_listener, peer) = unserved(&authority).await;
    let answered = timeout(NOTICED_MAX, peer.ask(b"question".to_vec())).await;
    assert_not_sent(answered.expect("in time"), "within 2 s");
    // From now on nobody waits.
    let at_once = timeout(Duration::from_millis(20), peer.ask(b"question".to_vec())).await;
    assert_not_sent(at_once.expect("at once"), "within 2 s");
}

#[tokio::test]
async fn a_server_that_stops_answering_is_given_up_and_no_sooner() {
    let authority = Authority::new();
    let (listener, peer) = unserved(&authority).await;
    let mut raw = Raw::server(&listener, &authority.certify(&["v1"])).await;
    let asking = {
        let peer = peer.clone();
        tokio::spawn(async move { peer.ask(b"question".to_vec()).await })
    };
    raw.next().await.expect("the question");
    // It answers nothing, and is there.
    for _ in 0..5 {
        sleep(Duration::from_secs(1)).await;
        raw.send(0, b"").await;
    }
    assert!(!asking.is_finished());
    let silent = Instant::now();
    let answered = timeout(NOTICED_MAX, asking).await.expect("in time");
    assert_unknown(answered.unwrap(), "nothing was heard for 3 s");
    assert!(silent.elapsed() > Duration::from_secs(2));
}

#[tokio::test]
async fn an_idle_connection_is_kept_and_a_client_that_is_silent_is_not() {
    let (logged, _guard) = Logged::start();
    let authority = Authority::new();
    let server = Server::start(authority.identity("v1"), HELLO).await;
    let idle = peer("v1", server.address, authority.identity("v2"));
    idle.ask(b"question".to_vec()).await.unwrap();
    let mut silent = Raw::client(server.address, &authority.certify(&["v3"])).await;
    silent.send(1, b"never mind").await;
    let mut half = Raw::client(server.address, &authority.certify(&["v3"])).await;
    half.send_bytes(&[9, 0, 0, 0, 1]).await;
    let begun = Instant::now();
    assert_eq!(silent.next().await, None);
    assert_eq!(half.next().await, None);
    let noticed = begun.elapsed();
    assert!((2_000..4_000).contains(&noticed.as_millis()), "{noticed:?}");
    sleep(Duration::from_secs(1)).await;
    idle.ask(b"question".to_vec()).await.unwrap();
    let told = logged.text();
    assert!(
        !told.contains("the connection to a node has ended"),
        "{told}"
    );
}

/// A server that answers slowly is no silent one, even where it reads nothing.
#[tokio::test]
async fn slow_answers_are_waited_for() {
    let authority = Authority::new();
    let server = Server::start(authority.identity("v1"), HELLO).await;
    let peer = peer("v1", server.address, authority.identity("v2"));
    let answered = peer.ask(b"wait 4500".to_vec()).await;
    assert_eq!(answered.unwrap(), b"v2: wait 4500");
}

/// Which questions count as unsent: exactly those of which the connection took no byte.
#[tokio::test]
async fn of_a_connection_that_is_stuck_only_what_it_never_took_counts_as_not_sent() {
    const QUESTIONS: u32 = 600;
    const LENGTH: usize = 50_000;
    let authority = Authority::new();
    let (listener, peer) = unserved(&authority).await;
    let mut raw = Raw::server(&listener, &authority.certify(&["v1"])).await;
    let mut asked = JoinSet::new();
    for number in 0..QUESTIONS {
        let peer = peer.clone();
        let mut question = vec![0; LENGTH];
        question[..4].copy_from_slice(&number.to_le_bytes());
        asked.spawn(async move { (number, peer.ask(question).await) });
    }
    let mut unknown = Vec::new();
    let noticed = Instant::now() + 2 * NOTICED_MAX;
    while let Some(answered) = timeout_at(noticed, asked.join_next()).await.unwrap() {
        match answered.unwrap() {
            (number, Err(relay::NoAnswer::Unknown(_))) => unknown.push(number),
            (_, Err(relay::NoAnswer::NotSent(_))) => {}
            (_, Ok(_)) => panic!("nobody answers"),
        }
    }
    unknown.sort_unstable();
    // The server wakes up and reads what had come.
    let mut received = Vec::new();
    while let Some(frame) = raw.next().await {
        received.push(u32::from_le_bytes(*frame.content.first_chunk().unwrap()));
    }
    if raw.pending() > 0 {
        // Questions were asked in the order of their numbers.
        received.push(received.iter().max().unwrap() + 1);
    }
    received.sort_unstable();
    assert!(received.iter().all(|number| unknown.contains(number)));
    // What is not there and counts as sent was in the buffer of TLS, which holds 64 KiB.
    assert!(
        unknown.len() <= received.len() + 2,
        "{} of {}",
        unknown.len(),
        received.len()
    );
    assert!(
        unknown.len() < QUESTIONS as usize,
        "the connection was never stuck"
    );
    assert!(!received.is_empty());
}

/// The server does not wait for ever for somebody who takes no answers.
#[tokio::test]
async fn a_client_that_takes_no_answers_is_given_up() {
    let authority = Authority::new();
    let server = Server::start(authority.identity("v1"), HELLO).await;
    let mut raw = Raw::client(server.address, &authority.certify(&["v2"])).await;
    let question = vec![b'x'; 8_000];
    let flood = async {
        let mut bytes = Vec::new();
        for id in 1..=6_000 {
            bytes.clear();
            relay::frame::encode(id, &question, &mut bytes).unwrap();
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                match tokio::io::AsyncWriteExt::write(&mut raw.stream, rest).await {
                    Ok(count) => rest = &rest[count..],
                    Err(_) => return,
                }
            }
        }
    };
    // The server stops reading when 4,096 answers wait, and hangs up when none of them goes.
    timeout(Duration::from_secs(30), flood)
        .await
        .expect("it hangs up");
    wait_until("begun", || server.begun() > 0).await;
}
