//! What a server shows that another one has replaced, and that does not know it yet.

use ledger::log::{Append, Barrier, Claim, Lease, Log};
use ledger::{EncodedLink, LinkHash, LinkKind};
use simulation::{Rng, SimClock};

use crate::log::PostgresLog;
use crate::simulated::cluster::Cluster;
use crate::simulated::ground::log;
use crate::simulated::names::Names;
use crate::simulated::network::Network;

/// An owner, as soon as the server that is connected to is the right one and the lease has passed.
fn own(log: &PostgresLog) -> Box<dyn Lease> {
    let claim = Claim {
        partition: 0,
        segment_bytes: 8_192,
    };
    let mut taken = (0..100).filter_map(|_| {
        let mut lease = log.lease(claim).ok()?;
        let is_reached = |_| matches!(lease.barrier(), Ok(Barrier::Reached(_)));
        (0..100).any(is_reached).then_some(lease)
    });
    taken.next().expect("one of two servers may be written to")
}

/// The header with which a chain would begin, were it one: nobody decodes it here.
fn header() -> EncodedLink {
    EncodedLink {
        partition: 0,
        number: 1,
        epoch: 1,
        previous: LinkHash::default(),
        hash: LinkHash([9; 32]),
        kind: LinkKind::Header { segment: 1 },
        bytes: vec![9; 4],
    }
}

/// A frame behind it, of which each byte is `epoch`.
fn frame(epoch: u8) -> EncodedLink {
    EncodedLink {
        number: 2,
        epoch: epoch.into(),
        previous: header().hash,
        hash: LinkHash([epoch; 32]),
        kind: LinkKind::Frame { sequence: 1 },
        bytes: vec![epoch; 4],
        ..header()
    }
}

/// An append was cancelled, so that the primary had a link which its standby lacked. The standby was promoted, the
/// next owner appended another link of that number, and its readers, who met the former primary, were given the link that
/// nobody had acknowledged: there was one of that number that was.
#[test]
fn invariant_1_a_former_primary_shows_readers_nothing_of_its_own() {
    let network = Network::new(Cluster::new(SimClock::default(), Rng::new(1)), Rng::new(2));
    network.net().is_calm = true;
    let (one, other) = (log(&network, "v1"), log(&network, "v2"));
    one.begin(0).expect("healthy servers");
    let mut first = own(&one);
    let told = first.append(&header());
    assert!(matches!(told, Ok(Append::Appended)), "{told:?}");
    network.net().cluster.freeze_standbys(0, 3_000);
    let told = first.append(&frame(1));
    assert!(matches!(told, Ok(Append::Unknown(_))), "{told:?}");
    {
        let cluster = &mut network.net().cluster;
        cluster.end_wait(0);
        cluster.promote(1);
        cluster.clock.pass(1_000);
        cluster.follow(2, 1);
        cluster.name(1, Names::One(2));
    }
    let mut second = own(&other);
    let told = second.append(&frame(2));
    assert!(matches!(told, Ok(Append::Appended)), "{told:?}");
    let read = |_| -> Option<Vec<u8>> {
        let mut stream = other.read_from(0, 0).ok()?;
        stream.next_bytes(1 << 20).ok()
    };
    let mut seen: Vec<Vec<u8>> = (0..50).filter_map(read).collect();
    seen.sort();
    seen.dedup();
    assert_eq!(seen, [vec![9, 9, 9, 9, 2, 2, 2, 2]]);
}
