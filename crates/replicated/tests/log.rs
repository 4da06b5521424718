//! The log on two real servers: the contract of every log, and each way in which a success is none.

mod pair;
#[path = "../../ledger/tests/small/mod.rs"]
mod small;

use std::sync::Arc;
use std::time::{Duration, Instant};

use ledger::LedgerError;
use ledger::log::{Append, Barrier, Claim, Followed, Log, Room};
use simulation::{Rng, SimDisk};

use pair::wire::Way;
use pair::{LEASE, Pair, wait_until};
use small::contract::{CLAIM, bytes, lease, only_what_follows_is_appended};
use small::{live, open_log};

/// The small ledger on the two servers.
fn filled(pair: &Pair) {
    let log = pair.log("v1");
    log.begin(0).expect("nothing was begun");
    for life in 0..3u32 {
        let owner = open_log(Arc::new(log.clone()), None, life.into());
        live(owner.expect("healthy servers"), life);
    }
}

#[test]
fn the_contract_of_a_log_is_kept() {
    let Some(pair) = Pair::start() else { return };
    filled(&pair);
    let log = pair.log("v2");
    let disk = SimDisk::with_files(Rng::new(3), &small::files());
    let files = small::log(&disk);
    for after in 0..=6 {
        assert!(bytes(&log, after) == bytes(&files, after), "{after}");
    }
    for sequence in 0..8 {
        let (one, other) = (log.frame(0, sequence), files.frame(0, sequence));
        assert_eq!(one.expect("whole"), other.expect("whole"));
    }
    for after in [7, u64::from(u32::MAX)] {
        let refused = log.read_from(0, after).map(drop);
        assert!(matches!(refused, Err(LedgerError::Followed { .. })));
    }
    assert!(matches!(log.begin(0), Err(LedgerError::Begun { .. })));
    let missing = log
        .lease(Claim {
            partition: 5,
            ..CLAIM
        })
        .map(drop);
    assert!(matches!(missing, Err(LedgerError::Missing { .. })));
    only_what_follows_is_appended(&log);
}

#[test]
fn invariant_3_one_owner_writes_and_the_next_one_fences_it() {
    let Some(pair) = Pair::start() else { return };
    let (one, other) = (pair.log("v1"), pair.log("v2"));
    one.begin(0).expect("nothing was begun");
    let (mut first, header) = lease(&one);
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    // An owner that is alive renews between two votes.
    let alive = std::thread::spawn(move || {
        while !stopped.load(std::sync::atomic::Ordering::Relaxed) {
            let kept = first.prepare();
            assert!(matches!(kept, Ok(Room::Ready)), "{kept:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
        first
    });
    let refused = other.lease(CLAIM).map(drop);
    assert!(
        matches!(&refused, Err(LedgerError::Held { owner, .. }) if owner == "v1"),
        "{refused:?}"
    );
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let mut first = alive.join().expect("an owner");
    let since = Instant::now();
    let (mut second, next) = lease(&other);
    assert!(since.elapsed() < LEASE * 2, "{:?}", since.elapsed());
    assert!(matches!(second.append(&next), Ok(Append::Appended)));
    // The first one's lease has passed by its own clock: it asks, and learns that it was fenced.
    let told = first.append(&header).expect("not fatal");
    assert!(
        matches!(told, Append::Unknown(_) | Append::Fenced),
        "{told:?}"
    );
    assert_eq!(first.barrier().expect("not fatal"), Barrier::Fenced);
    assert!(matches!(first.append(&header), Ok(Append::Fenced)));
    // Whatever the second one's clock says: the statement itself names the epoch.
    pair.sql("UPDATE ledger_lease SET lease_until = '-infinity'");
    let _third = one.lease(CLAIM).expect("a lease that has passed");
    let (mut after, mut second) = (next.clone(), second);
    (after.number, after.previous) = (next.number + 1, next.hash);
    let told = second.append(&after);
    assert!(matches!(told, Ok(Append::Fenced)), "{told:?}");
}

/// The database's clock went back by a year, or a lease was written by one that was ahead: its dead owner does not
/// keep the partition for that long.
#[test]
fn a_dead_owner_keeps_no_partition_whatever_the_databases_clock_says() {
    let Some(pair) = Pair::start() else { return };
    let (one, other) = (pair.log("v1"), pair.log("v2"));
    one.begin(0).expect("nothing was begun");
    let (first, _) = lease(&one);
    drop(first);
    pair.sql("UPDATE ledger_lease SET lease_until = clock_timestamp() + interval '1 year'");
    assert_eq!(other.owner(0).expect("an answer"), Some("v1".to_owned()));
    let since = Instant::now();
    while other.owner(0).expect("an answer").is_some() {
        assert!(since.elapsed() < LEASE * 4, "{:?}", since.elapsed());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(since.elapsed() >= LEASE, "{:?}", since.elapsed());
    other.lease(CLAIM).map(drop).expect("its owner is silent");
}

#[test]
fn an_orderly_stop_gives_the_partition_back_at_once() {
    let Some(pair) = Pair::start() else { return };
    let (one, other) = (pair.log("v1"), pair.log("v2"));
    one.begin(0).expect("nothing was begun");
    let (mut first, _) = lease(&one);
    first.release().expect("healthy servers");
    let since = Instant::now();
    other.lease(CLAIM).map(drop).expect("it was given back");
    assert!(since.elapsed() < LEASE / 2, "{:?}", since.elapsed());
}

/// A chain that takes longer to read than a lease lasts: whoever reads it stays its owner.
#[test]
fn a_lease_is_renewed_while_the_chain_is_read() {
    let Some(pair) = Pair::start() else { return };
    filled(&pair);
    let (one, other) = (pair.log("v1"), pair.log("v2"));
    let mut lease = one.lease(CLAIM).expect("nobody owns it");
    let slow = |_: &ledger::Item| {
        std::thread::sleep(LEASE / 4);
        Ok(())
    };
    let reading = std::thread::spawn(move || {
        let read = lease.recover(Followed::default(), &mut { slow }).map(drop);
        (lease, read)
    });
    std::thread::sleep(LEASE * 3 / 2);
    let refused = other.lease(CLAIM).map(drop);
    assert!(
        matches!(refused, Err(LedgerError::Held { .. })),
        "{refused:?}"
    );
    let (_lease, read) = reading.join().expect("an owner");
    read.expect("whole, and still its own");
}

/// A frozen machine takes connections and answers nothing: the next host is asked.
#[test]
fn a_host_that_says_nothing_does_not_keep_us_from_the_next() {
    let Some(pair) = Pair::start() else { return };
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("an address").port();
    let log = pair.log_behind(port);
    log.begin(0).expect("the second host answers");
}

/// A statement that arrives when its owner has given it up writes nothing beside what was sent again.
#[test]
fn invariant_2_what_comes_late_or_is_never_answered_is_settled() {
    let Some(pair) = Pair::start() else { return };
    for way in [Way::ToServer, Way::ToValidator] {
        let (log, wire) = pair.log_over_wire();
        // The second round finds what the first one began.
        let begun = log.begin(0);
        assert!(begun.is_ok() == (way == Way::ToServer), "{begun:?}");
        let (mut lease, link) = lease(&log);
        wire.hold(way);
        let told = lease.append(&link).expect("not fatal");
        assert!(matches!(told, Append::Unknown(_)), "{way:?}: {told:?}");
        let reached = lease.barrier().expect("not fatal");
        let expected = match way {
            Way::ToServer => link.previous,
            Way::ToValidator => link.hash,
        };
        assert_eq!(reached, Barrier::Reached(expected), "{way:?}");
        wire.let_go(way);
        std::thread::sleep(Duration::from_millis(500));
        if way == Way::ToServer {
            let told = lease.append(&link);
            assert!(matches!(told, Ok(Append::Appended)), "{told:?}");
        }
        assert_eq!(pair.sql("SELECT count(*) FROM ledger_links"), "1");
        lease.release().expect("healthy servers");
        pair.sql("DELETE FROM ledger_links; UPDATE ledger_lease SET number = 0, segment = 0, head = decode(repeat('00', 32), 'hex')");
    }
}

/// What ends the wait for the standby, and what of it the owner is told.
type Fault = fn(&mut Pair);

#[test]
fn invariant_2_no_success_without_the_standby_counts() {
    let Some(mut pair) = Pair::start() else {
        return;
    };
    pair.log("v1").begin(0).expect("nothing was begun");
    let faults: [(&str, Fault); 5] = [
        ("nothing: the wait lasts", |_| {}),
        ("cancelled", |pair| pair.cancel_validators()),
        ("terminated", |pair| pair.terminate_validators()),
        ("names emptied", |pair| pair.name_standby("")),
        ("primary killed", Pair::crash_primary),
    ];
    for (name, fault) in faults {
        let log = pair.log("v1");
        let (mut lease, header) = lease(&log);
        pair.freeze_standby();
        let appending = std::thread::spawn(move || {
            let told = lease.append(&header).expect("not fatal");
            (lease, header, told)
        });
        std::thread::sleep(Duration::from_millis(500));
        fault(&mut pair);
        let (mut lease, header, told) = appending.join().expect("an owner");
        assert!(matches!(told, Append::Unknown(_)), "{name}: {told:?}");
        let told = lease.barrier().expect("not fatal");
        assert!(matches!(told, Barrier::Unknown(_)), "{name}: {told:?}");
        // Nobody who follows sees it either.
        let seen = log
            .read_from(0, 0)
            .and_then(|mut stream| stream.next_bytes(1 << 20));
        assert!(seen.map_or(0, |bytes| bytes.len()) == 0, "{name}");
        pair.thaw_standby();
        pair.name_standby("s1");
        let mut head = None;
        wait_until(|| match lease.barrier().expect("not fatal") {
            Barrier::Reached(link) => {
                head = Some(link);
                true
            }
            Barrier::Fenced => panic!("{name}: nobody else owns it"),
            Barrier::Unknown(_) => false,
        });
        // It was appended all the same, or the identical bytes are sent again.
        if head == Some(header.previous) {
            assert!(
                matches!(lease.append(&header), Ok(Append::Appended)),
                "{name}"
            );
        } else {
            assert_eq!(head, Some(header.hash), "{name}");
        }
        lease.release().expect("healthy servers");
        // These headers are no headers: the next round begins with an empty chain, and by somebody who knows of no other.
        pair.sql("DELETE FROM ledger_links; UPDATE ledger_lease SET number = 0, segment = 0, head = decode(repeat('00', 32), 'hex')");
    }
}

#[test]
fn servers_that_prove_nothing_are_refused_in_words() {
    let Some(pair) = Pair::start() else { return };
    let log = pair.log("v1");
    log.begin(0).expect("nothing was begun");
    let refusal = |log: &dyn Log| {
        let mut lease = log.lease(CLAIM)?;
        lease
            .recover(Followed::default(), &mut |_| Ok(()))
            .map(drop)
    };
    let check = |log: &dyn Log, words: &str| {
        let error = refusal(log).expect_err(words).to_string();
        assert!(error.contains(words), "{error}");
    };
    for (names, words) in [
        ("", "no synchronous standby is named"),
        ("*", "must name one standby"),
        ("ANY 1 (s1)", "must name one standby"),
        ("s2", "standby s2 is not streaming"),
    ] {
        pair.name_standby(names);
        check(&log, words);
    }
    pair.name_standby("s1");
    pair.sql("ALTER ROLE validator SET synchronous_commit = local");
    check(&log, "do not wait for the standby's disk");
    pair.sql("ALTER ROLE validator RESET synchronous_commit");
    check(&pair.log_as("postgres", "v1"), "can rewrite the ledger");
    pair.sql("CREATE ROLE busy LOGIN IN ROLE scrutin_ledger; GRANT DELETE ON ledger_links TO busy");
    check(&pair.log_as("busy", "v1"), "can rewrite the ledger");
    pair.sql("UPDATE ledger_schema SET version = 3");
    check(&log, "version 3, this program knows 2");
    pair.sql("DROP TABLE ledger_schema");
    check(&log, "validator ledger-schema");
}

/// What was appended cannot be changed by the role that appends, and a row that is gone is damage.
#[test]
fn rows_that_were_edited_are_noticed() {
    let Some(pair) = Pair::start() else { return };
    filled(&pair);
    let log = pair.log("v1");
    let recover = || {
        let mut lease = log.lease(CLAIM)?;
        let recovered = lease
            .recover(Followed::default(), &mut |_| Ok(()))
            .map(drop);
        lease.release()?;
        recovered
    };
    recover().expect("whole");
    for (edit, words) in [
        (
            "UPDATE ledger_links SET body = set_byte(body, 70, 255 - get_byte(body, 70)) WHERE number = 5",
            "SHA-256 does not fit",
        ),
        ("DELETE FROM ledger_links WHERE number = 4", "missing"),
        (
            "DELETE FROM ledger_links WHERE number = 9",
            "not there any more",
        ),
        (
            "UPDATE ledger_lease SET number = 8, head = (SELECT hash FROM ledger_links WHERE number = 8)",
            "stands behind the last one",
        ),
    ] {
        let kept = "CREATE TABLE kept_links AS TABLE ledger_links; CREATE TABLE kept_lease AS TABLE ledger_lease";
        pair.sql(kept);
        pair.sql(edit);
        let error = recover().expect_err(edit).to_string();
        assert!(error.contains(words), "{edit}: {error}");
        pair.sql("TRUNCATE ledger_links, ledger_lease; INSERT INTO ledger_links TABLE kept_links; INSERT INTO ledger_lease TABLE kept_lease; DROP TABLE kept_links, kept_lease");
    }
    recover().expect("whole again");
    for forbidden in [
        "UPDATE ledger_lease SET number = 8",
        "UPDATE ledger_lease SET epoch = epoch + 2",
        "UPDATE ledger_lease SET head = decode(repeat('11', 32), 'hex')",
        "UPDATE ledger_links SET body = '' WHERE number = 5",
        "DELETE FROM ledger_links",
    ] {
        let error = pair.sql_of_validator(forbidden).expect_err(forbidden);
        let is_refused = error.contains("goes forward") || error.contains("permission denied");
        assert!(is_refused, "{forbidden}: {error}");
    }
}

/// A copy of last night is restored at the database's address, and a validator that has read nothing goes on there.
#[test]
fn invariant_2_a_database_that_was_set_back_is_not_gone_on_with() {
    let Some(pair) = Pair::start() else { return };
    filled(&pair);
    let (log, other) = (pair.log("v1"), pair.log("v2"));
    let mut stream = log.read_from(0, 0).expect("a stream");
    while !stream.next_bytes(700).expect("links").is_empty() {}
    let (mut owner, header) = lease(&log);
    pair.sql("DELETE FROM ledger_links WHERE number > 6; UPDATE ledger_lease SET number = 6, segment = 2, head = (SELECT hash FROM ledger_links WHERE number = 6), epoch = 2, owner = '', lease_until = '-infinity'");
    pair.terminate_validators();
    let told = |ended: u64| {
        move |error: &LedgerError| match error {
            LedgerError::SetBack { link, ends, .. } => (*link, *ends) == (9, ended),
            _ => false,
        }
    };
    let refused = |ends: u64| {
        let read = log.read_from(0, 0).map(drop).expect_err("set back");
        assert!(told(ends)(&read), "{read}");
        let taken = log.lease(CLAIM).map(drop).expect_err("set back");
        assert!(told(ends)(&taken), "{taken}");
    };
    refused(6);
    let looked = log.frame(0, 6).expect_err("a voter was told of it");
    assert!(told(6)(&looked), "{looked}");
    let answer = owner.append(&header);
    assert!(matches!(answer, Ok(Append::Unknown(_))), "{answer:?}");
    let barrier = owner.barrier().expect_err("set back");
    assert!(told(6)(&barrier), "{barrier}");
    // The connection that was ended, and the next one.
    let read = stream
        .next_bytes(700)
        .expect_err("the connection was ended");
    assert!(matches!(read, LedgerError::Database { .. }), "{read}");
    let read = stream.next_bytes(700).expect_err("set back");
    assert!(told(6)(&read), "{read}");
    // Whoever has read nothing cannot know, and appends as many links as there were.
    let owner = open_log(Arc::new(other), None, 7);
    live(owner.expect("healthy servers"), 2);
    refused(9);
}

/// Somebody takes links away, and no connection ends.
#[test]
fn invariant_2_links_that_are_taken_away_are_missed_at_once() {
    let Some(pair) = Pair::start() else { return };
    filled(&pair);
    let log = pair.log("v1");
    let mut stream = log.read_from(0, 0).expect("a stream");
    while !stream.next_bytes(700).expect("links").is_empty() {}
    let (mut owner, header) = lease(&log);
    pair.sql("DELETE FROM ledger_links WHERE number > 6; UPDATE ledger_lease SET number = 6, segment = 2, head = (SELECT hash FROM ledger_links WHERE number = 6)");
    let is_set_back = |error: &LedgerError| {
        matches!(
            error,
            LedgerError::SetBack {
                link: 9,
                ends: 6,
                ..
            }
        )
    };
    let appended = owner.append(&header).expect_err("it does not follow");
    assert!(is_set_back(&appended), "{appended}");
    let read = stream.next_bytes(700).expect_err("the chain is shorter");
    assert!(is_set_back(&read), "{read}");
}
