//! The two hands at a national day's rate: every vote alone in its frame.

use std::time::Instant;

use crate::support::Fixture;
use crate::support::program::{Names, alone};
use crate::support::{LIVE, RANKED};
use crate::{report, seconds};

/// Each voter votes on a law, and every eighth ranks: frames of one vote each. Put TMPDIR on a memory disk, or the
/// ledger is made at the pace of its syncs.
pub(crate) fn bench(voters: u32) {
    let fixture = Fixture::new(voters);
    for (data, ballot, votes) in [("law", LIVE, voters), ("ranked", RANKED, voters / 8)] {
        let mut ballots = fixture.ballot_box(data);
        let started = Instant::now();
        for nth in 0..votes {
            let choice = ballots.choice(ballot, nth, 3);
            ballots.vote(ballot, nth, choice);
        }
        ballots.close();
        let made = started.elapsed().as_secs_f64();
        report(
            &format!("{data}_frames_of_one_vote"),
            votes.into(),
            made,
            None,
        );
        let names = Names::new(&fixture, data);
        let read = ["--ledger", &names.ledger, "--package", &names.package];
        let read = [&read[..], &["--trust", &names.trust]].concat();
        let count_hand = ["--key", &names.count_key, "--out", &names.releases];
        let commands = [
            ("verify_without_a_key", [&["verify"], &read[..]].concat()),
            (
                "count_hand",
                [&["release"], &read[..], &count_hand].concat(),
            ),
            ("mask_hand", names.args("count", &["--json"])),
        ];
        for (name, args) in commands {
            let took = seconds(|| alone(&args));
            report(&format!("{data}_{name}"), votes.into(), took, None);
        }
    }
}
