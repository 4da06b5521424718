//! What every log must answer, for the tests of each.

// Each target that includes this module uses its part of it.
#![allow(dead_code)]

use ledger::log::{Append, Barrier, Claim, Followed, Lease, Log};
use ledger::{EncodedLink, LinkHash, LinkKind};

pub(crate) const CLAIM: Claim = Claim {
    partition: 0,
    segment_bytes: 8_192,
};

/// Everything behind a frame.
pub(crate) fn bytes(log: &dyn Log, after: u64) -> Vec<u8> {
    let mut stream = log.read_from(0, after).expect("a stream");
    let mut all = Vec::new();
    loop {
        let bytes = stream.next_bytes(700).expect("links");
        if bytes.is_empty() {
            return all;
        }
        all.extend_from_slice(&bytes);
    }
}

/// A lease, recovered, and a header that may follow.
pub(crate) fn lease(log: &dyn Log) -> (Box<dyn Lease>, EncodedLink) {
    let mut lease = log.lease(CLAIM).expect("nobody owns it");
    let recovery = lease
        .recover(Followed::default(), &mut |_| Ok(()))
        .expect("whole");
    let position = recovery.position;
    let header = EncodedLink {
        partition: 0,
        number: position.links() + 1,
        epoch: recovery.epoch,
        previous: position.link,
        hash: LinkHash([1; 32]),
        kind: LinkKind::Header {
            segment: position.segment + 1,
        },
        bytes: vec![1; 64],
    };
    (lease, header)
}

/// A link of the small ledger that does not follow is in conflict, one of another epoch is fenced.
pub(crate) fn only_what_follows_is_appended(log: &dyn Log) {
    let (mut lease, header) = lease(log);
    assert_eq!((header.number, header.epoch), (10, 4));
    let mut check = |change: fn(&mut EncodedLink), expected: fn(&Append) -> bool| {
        let mut link = header.clone();
        change(&mut link);
        let answer = lease.append(&link).expect("not fatal");
        assert!(expected(&answer), "{answer:?}");
    };
    check(
        |link| link.number += 1,
        |told| matches!(told, Append::Conflict),
    );
    check(
        |link| link.previous.0[0] ^= 1,
        |told| matches!(told, Append::Conflict),
    );
    check(
        |link| link.partition += 1,
        |told| matches!(told, Append::Conflict),
    );
    check(
        |link| link.epoch -= 1,
        |told| matches!(told, Append::Fenced),
    );
    check(|_| {}, |told| matches!(told, Append::Appended));
    // Sent again, it no longer follows.
    check(|_| {}, |told| matches!(told, Append::Conflict));
    let reached = lease.barrier().expect("not fatal");
    assert_eq!(reached, Barrier::Reached(header.hash));
}
