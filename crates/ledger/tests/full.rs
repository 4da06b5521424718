//! A full disk: voters are refused, the operator is told once and by name, and room is enough to
//! go on.

mod small;

use std::sync::{Arc, Mutex};

use election::Choice;
use ledger::{Committer, LedgerError, Options};
use simulation::{Plan, Rng, SimClock, SimDisk};

use small::{shape, vote};

/// What the operator was told: the error's words, or none where there is room again.
type Told = Arc<Mutex<Vec<Option<String>>>>;

fn open(disk: &SimDisk, told: &Told) -> Committer<small::Silent> {
    let told = Arc::clone(told);
    let on_full = move |error: Option<&LedgerError>| {
        told.lock()
            .expect("one thread")
            .push(error.map(ToString::to_string));
    };
    let options = Options {
        segment_bytes: 8_192,
        entropy: Box::new(Rng::new(7)),
        on_full: Box::new(on_full),
        ..Options::default()
    };
    let clock = SimClock::default().started();
    let log = Arc::new(small::log(disk));
    let snapshots = Some(small::snapshots(disk));
    let opened = Committer::open(log, snapshots, clock, shape(), options);
    opened.expect("a healthy disk").0
}

#[test]
fn a_full_disk_is_told_once_and_room_once() {
    let disk = SimDisk::new(Rng::new(3));
    disk.start(Plan::default());
    let told = Told::default();
    small::begin(&disk);
    let mut committer = open(&disk, &told);
    disk.set_full(true);
    let mut ordinals = 0..;
    let mut step = |committer: &mut Committer<_>| {
        let mut batch = vec![vote(0, 0, ordinals.next().expect("enough"), Choice::Oui)];
        committer
            .step(&mut batch)
            .expect("a full disk is not fatal");
        committer.maintain().expect("a full disk is not fatal");
    };
    // The simulated disk lets one call in five through: after some turns a refusal is certain.
    (0..50).for_each(|_| step(&mut committer));
    assert!(committer.last_sequence() < 50, "nothing was refused");
    disk.set_full(false);
    (0..50).for_each(|_| step(&mut committer));
    assert!(
        committer.last_sequence() >= 50,
        "votes are refused for ever"
    );
    let told = told.lock().expect("one thread").clone();
    let first = told
        .first()
        .cloned()
        .flatten()
        .expect("told of a full disk");
    assert!(first.contains("next.segment.new"), "{first}");
    assert_eq!(told.last(), Some(&None), "{told:?}");
    let alternates = told
        .windows(2)
        .all(|two| two[0].is_some() != two[1].is_some());
    assert!(alternates, "told the same twice: {told:?}");
}
