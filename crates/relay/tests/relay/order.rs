//! Questions and answers between nodes in good order, and how many of them are carried.

use std::time::Duration;

use relay::OPEN_QUESTIONS_MAX;
use relay::frame::CONTENT_BYTES_MAX;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::authority::Authority;
use crate::fixture::{
    HELLO, Server, ask_until_sent, assert_not_sent, assert_unknown, peer, unserved, wait_until,
};
use crate::raw::Raw;

#[tokio::test]
async fn answers_come_in_any_order_and_to_who_asked() {
    let authority = Authority::new();
    let server = Server::start(authority.identity("v1"), HELLO).await;
    let peer = peer("v1", server.address, authority.identity("V2"));
    let mut asked = JoinSet::new();
    for milliseconds in [300, 200, 100, 0] {
        let peer = peer.clone();
        asked.spawn(async move { peer.ask(format!("wait {milliseconds}").into()).await });
    }
    let mut answers = Vec::new();
    while let Some(answered) = asked.join_next().await {
        answers.push(String::from_utf8(answered.unwrap().unwrap()).unwrap());
    }
    let expected = ["v2: wait 0", "v2: wait 100", "v2: wait 200", "v2: wait 300"];
    assert_eq!(answers, expected);
}

#[tokio::test]
async fn contents_of_all_lengths_are_carried_and_longer_ones_never_leave() {
    let authority = Authority::new();
    let server = Server::start(authority.identity("v1"), HELLO).await;
    let peer = peer("v1", server.address, authority.identity("v2"));
    let longest = CONTENT_BYTES_MAX - "v2: ".len();
    for length in [0, 1, 16_384, longest] {
        let question = "x".repeat(length);
        let expected = format!("v2: {question}").into_bytes();
        assert!(
            peer.ask(question.into()).await.unwrap() == expected,
            "{length}"
        );
    }
    let too_long = peer.ask(vec![0; CONTENT_BYTES_MAX + 1]).await;
    assert_not_sent(too_long, "65537 bytes, at most 65536");
    // Its answer would be too long.
    assert_unknown(peer.ask(vec![b'x'; CONTENT_BYTES_MAX]).await, "closed");
    assert_unknown(ask_until_sent(&peer, "long answer").await, "closed");
    ask_until_sent(&peer, "and on")
        .await
        .expect("connected again");
}

#[tokio::test]
async fn more_questions_than_the_bound_are_not_sent_and_given_up_ones_leave_nothing_behind() {
    let authority = Authority::new();
    let server = Server::start(authority.identity("v1"), HELLO).await;
    let peer = peer("v1", server.address, authority.identity("v2"));
    let mut asked = JoinSet::new();
    for _ in 0..OPEN_QUESTIONS_MAX {
        let peer = peer.clone();
        asked.spawn(async move { peer.ask(b"wait 1500".to_vec()).await });
    }
    wait_until("all begun", || server.begun() == OPEN_QUESTIONS_MAX).await;
    assert_not_sent(peer.ask(b"one more".to_vec()).await, "4096 questions");
    // Whoever gives up makes room; what the server answers to them is ignored.
    asked.shutdown().await;
    let answer = timeout(Duration::from_secs(4), peer.ask(b"another".to_vec())).await;
    assert_eq!(answer.expect("in time").unwrap(), b"v2: another");
}

#[tokio::test]
async fn a_server_reads_no_further_than_it_answers() {
    let authority = Authority::new();
    let server = Server::start(authority.identity("v1"), HELLO).await;
    let mut raw = Raw::client(server.address, &authority.certify(&["v2"])).await;
    for id in 1..=OPEN_QUESTIONS_MAX as u64 + 500 {
        raw.send(id, b"wait 1500").await;
    }
    wait_until("bound", || server.begun() >= OPEN_QUESTIONS_MAX).await;
    sleep(Duration::from_millis(200)).await;
    assert_eq!(server.begun(), OPEN_QUESTIONS_MAX);
    wait_until("all", || server.begun() == OPEN_QUESTIONS_MAX + 500).await;
}

#[tokio::test]
async fn more_connections_than_the_bound_wait_for_a_place() {
    let authority = Authority::new();
    let server = Server::start(authority.identity("v1"), HELLO).await;
    let own = authority.certify(&["v2"]);
    let mut open = Vec::new();
    for _ in 0..64 {
        open.push(Raw::client(server.address, &own).await);
    }
    let one_more = Raw::client(server.address, &own);
    let waits = timeout(Duration::from_millis(300), one_more).await;
    assert!(waits.is_err(), "65 connections");
    open.clear();
    Raw::client(server.address, &own).await;
}

#[tokio::test]
async fn answers_that_nobody_waits_for_are_ignored() {
    let authority = Authority::new();
    let (listener, peer) = unserved(&authority).await;
    let mut raw = Raw::server(&listener, &authority.certify(&["v1"])).await;
    let given_up = timeout(Duration::from_millis(100), peer.ask(b"first".to_vec())).await;
    assert!(given_up.is_err());
    let first = raw.next().await.unwrap();
    raw.send(first.id, b"too late").await;
    raw.send(77_777, b"never asked").await;
    let answering = async {
        let second = raw.next().await.unwrap();
        raw.send(second.id, b"answer").await;
        raw.send(second.id, b"twice").await;
        assert_ne!(first.id, second.id);
    };
    let (answered, ()) = tokio::join!(peer.ask(b"second".to_vec()), answering);
    assert_eq!(answered.unwrap(), b"answer");
}
