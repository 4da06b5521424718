//! Servers that die, stop and come back.

use std::time::Duration;

use relay::NoAnswer;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep, timeout};

use crate::authority::Authority;
use crate::fixture::{
    HELLO, Server, ask_until_sent, assert_not_sent, assert_unknown, peer, unserved, wait_until,
};
use crate::raw::Raw;

#[tokio::test]
async fn before_there_is_a_server_nothing_is_sent_and_after_it_died_in_the_middle_nobody_knows() {
    let authority = Authority::new();
    let server = Server::start(authority.identity("v1"), HELLO).await;
    let address = server.address;
    let peer = peer("v1", address, authority.identity("v2"));
    let asking = {
        let peer = peer.clone();
        tokio::spawn(async move { peer.ask(b"never answered".to_vec()).await })
    };
    wait_until("begun", || server.begun() == 1).await;
    server.kill().await;
    let answered = timeout(Duration::from_secs(1), asking).await;
    assert_unknown(answered.expect("in time").unwrap(), "v1 at 127.0.0.1");
    sleep(Duration::from_millis(200)).await;
    assert_not_sent(peer.ask(b"question".to_vec()).await, "refused");
    // The same address, another process.
    let listener = TcpListener::bind(address).await.unwrap();
    let server = Server::on(listener, authority.identity("v1"), HELLO);
    let started = Instant::now();
    let answer = ask_until_sent(&peer, "again").await;
    assert_eq!(answer.unwrap(), b"v2: again");
    assert!(started.elapsed() < Duration::from_secs(2));
    assert_eq!(server.begun(), 1);
}

#[tokio::test]
async fn a_server_that_hangs_up_before_the_first_question_was_sent_nothing() {
    let authority = Authority::new();
    let (listener, peer) = unserved(&authority).await;
    let hang_up = async {
        let own = authority.certify(&["v1"]);
        drop(Raw::accept(&listener, &own).await.unwrap());
    };
    let (answered, ()) = tokio::join!(peer.ask(b"question".to_vec()), hang_up);
    assert_not_sent(answered, "refused before the first question");
}

#[tokio::test]
async fn a_server_that_stops_answers_what_is_in_flight() {
    let authority = Authority::new();
    let server = Server::start(authority.identity("v1"), HELLO).await;
    let peer = peer("v1", server.address, authority.identity("v2"));
    let ask = |question: &'static str| {
        let peer = peer.clone();
        tokio::spawn(async move { peer.ask(question.into()).await })
    };
    let (slow, never) = (ask("wait 700"), ask("never answered"));
    wait_until("begun", || server.begun() == 2).await;
    let begun = Instant::now();
    let stopping = tokio::spawn(server.stop());
    sleep(Duration::from_millis(200)).await;
    assert_not_sent(peer.ask(b"too late".to_vec()).await, "stopping");
    assert_eq!(slow.await.unwrap().unwrap(), b"v2: wait 700");
    assert_unknown(never.await.unwrap(), "v1 at");
    stopping.await.unwrap();
    let took = begun.elapsed();
    assert!((1_500..3_000).contains(&took.as_millis()), "{took:?}");
}

/// A stop loses nothing: whatever was asked was answered or never sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_a_stop_leaves_no_question_unknown() {
    let authority = Authority::new();
    let server = Server::start(authority.identity("v1"), HELLO).await;
    let peer = peer("v1", server.address, authority.identity("v2"));
    let askers: Vec<_> = (0..64)
        .map(|_| {
            let peer = peer.clone();
            tokio::spawn(async move {
                let mut answered = 0;
                loop {
                    match peer.ask(b"wait 1".to_vec()).await {
                        Ok(_) => answered += 1,
                        Err(NoAnswer::NotSent(_)) => return answered,
                        Err(unknown) => panic!("{unknown}"),
                    }
                }
            })
        })
        .collect();
    wait_until("under way", || server.begun() > 500).await;
    let begun = server.oracle.clone();
    let started = Instant::now();
    server.stop().await;
    assert!(
        started.elapsed() < Duration::from_secs(1),
        "nothing was slow"
    );
    let mut answered = 0;
    for asker in askers {
        answered += asker.await.unwrap();
    }
    assert_eq!(
        answered,
        begun.begun.load(std::sync::atomic::Ordering::Relaxed)
    );
}

#[tokio::test]
async fn the_last_clone_of_a_peer_takes_the_connection_with_it() {
    let authority = Authority::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let first = peer(
        "v1",
        listener.local_addr().unwrap(),
        authority.identity("v2"),
    );
    let second = first.clone();
    let mut raw = Raw::server(&listener, &authority.certify(&["v1"])).await;
    drop(first);
    let waits = timeout(Duration::from_millis(200), raw.next()).await;
    assert!(waits.is_err(), "the connection is kept");
    drop(second);
    let ended = timeout(Duration::from_secs(1), raw.next()).await;
    assert_eq!(ended.expect("before silence is noticed"), None);
}

/// Peers belong to a runtime; whoever asks from another one must not wait for ever when that one ends.
#[test]
fn the_end_of_the_runtime_of_a_peer_gives_questions_back() {
    let authority = Authority::new();
    let of_peer = tokio::runtime::Runtime::new().unwrap();
    let own = tokio::runtime::Runtime::new().unwrap();
    let server = own.block_on(Server::start(authority.identity("v1"), HELLO));
    let peer = {
        let _entered = of_peer.enter();
        peer("v1", server.address, authority.identity("v2"))
    };
    own.block_on(async {
        let asking = {
            let peer = peer.clone();
            tokio::spawn(async move { peer.ask(b"never answered".to_vec()).await })
        };
        wait_until("begun", || server.begun() == 1).await;
        of_peer.shutdown_background();
        let answered = timeout(Duration::from_secs(2), asking).await;
        assert_unknown(answered.expect("in time").unwrap(), "runtime");
        assert_not_sent(peer.ask(b"question".to_vec()).await, "runtime");
    });
}
