//! What an operator reads at night when a ledger is damaged, and what the only repair says it cut.

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use election::Choice;
use ledger::{Paper, Papers};

use support::program::{Names, run_to_its_end, stderr, stdout, tally};
use support::{END_MS, Fixture, LIVE, OVER, OVER_MS, RANKED, SINGLE, WITHDRAWN};

/// Number of no candidate; so long that no time or port in a log holds its digits.
const NOBODY: u32 = 3_141_592_653;

/// A ledger of some frames in one segment, closed in order.
fn closed() -> (Fixture, PathBuf) {
    let fixture = Fixture::new(40);
    let mut ballots = fixture.ballot_box("data");
    ballots.fill(0, 20);
    ballots.fill(20, 40);
    ballots.close();
    let segment = fixture.path("data/ledger/p0000/00000001.segment");
    (fixture, segment)
}

/// Runs `tally verify`; status, standard output, standard error.
fn verify(fixture: &Fixture, more: &[&str]) -> (Option<i32>, String, String) {
    let names = Names::new(fixture, "data");
    let output = tally(&names.args("verify", more));
    (output.status.code(), stdout(&output), stderr(&output))
}

#[test]
fn invariant_8_a_torn_tail_is_named_and_the_repair_says_what_it_cut() {
    let (fixture, segment) = closed();
    let mut bytes = fs::read(&segment).expect("a segment");
    let whole = bytes.len();
    bytes.extend_from_slice(&[0x5a; 300]);
    fs::write(&segment, &bytes).expect("written");
    let (status, _, told) = verify(&fixture, &[]);
    assert_eq!(status, Some(0), "{told}");
    let place = format!("00000001.segment ends in a torn write at byte {whole}");
    assert!(
        told.contains(&place) && told.contains("--repair-tail"),
        "{told}"
    );
    let (status, out, told) = verify(&fixture, &["--repair-tail"]);
    assert_eq!(status, Some(0), "{told}");
    let cut = format!("cut 300 bytes from byte {whole} of ");
    assert!(
        told.contains(&cut) && told.contains("no acknowledged frame is lost"),
        "{told}"
    );
    assert!(out.ends_with("verified\n"), "{out}");
    assert_eq!(fs::read(&segment).expect("a segment").len(), whole);
    let (_, _, told) = verify(&fixture, &["--repair-tail"]);
    assert!(told.contains("nothing was cut"), "{told}");
}

#[test]
fn invariant_8_a_damaged_last_frame_is_refused_until_a_person_gives_it_up() {
    let (fixture, segment) = closed();
    let mut bytes = fs::read(&segment).expect("a segment");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&segment, &bytes).expect("written");
    let (status, _, told) = verify(&fixture, &[]);
    assert_eq!(status, Some(1), "an acknowledged frame is gone: {told}");
    assert!(told.contains("00000001.segment, byte "), "{told}");
    let (status, _, told) = verify(&fixture, &["--repair-tail"]);
    assert!(
        told.contains("had been acknowledged to voters and are lost"),
        "{told}"
    );
    assert!(told.contains("--accept-rollback"), "{told}");
    // The bitsets still hold the lost votes: the start that follows drops them.
    assert_eq!(status, Some(1), "{told}");
    assert!(told.contains("voted"), "{told}");
    fs::remove_dir_all(fixture.path("data/voted")).expect("derived files");
    let (status, out, told) = verify(&fixture, &[]);
    assert_eq!(status, Some(0), "{told}");
    assert!(out.contains("no voted bitsets beside the ledger"), "{out}");
}

#[test]
fn invariant_8_a_repair_says_where_nobody_can_tell_what_is_lost() {
    let (fixture, segment) = closed();
    let mut bytes = fs::read(&segment).expect("a segment");
    bytes.extend_from_slice(&[0x5a; 300]);
    fs::write(&segment, &bytes).expect("written");
    let sidecar = fixture.path("data/ledger/p0000/acknowledged");
    let mut bytes = fs::read(&sidecar).expect("a sidecar");
    bytes[20] ^= 1;
    fs::write(&sidecar, &bytes).expect("written");
    let (status, _, told) = verify(&fixture, &[]);
    assert_eq!(status, Some(1), "{told}");
    assert!(
        told.contains("acknowledged is damaged") && told.contains("--repair-tail"),
        "{told}"
    );
    let (status, _, told) = verify(&fixture, &["--repair-tail"]);
    assert_eq!(status, Some(0), "{told}");
    assert!(
        told.contains("cut 300 bytes") && told.contains("cannot be told"),
        "{told}"
    );
}

#[test]
fn invariant_1_voted_bitsets_are_held_against_the_ledger() {
    let (fixture, _) = closed();
    let (status, out, told) = verify(&fixture, &[]);
    assert_eq!(status, Some(0), "{told}");
    assert!(out.contains("equal a full replay"), "{out}");
    let voted = fixture.path("data/voted/LIVE/0000.voted");
    let mut bytes = fs::read(&voted).expect("a snapshot");
    bytes[140] ^= 1;
    fs::write(&voted, bytes).expect("written");
    let (status, _, told) = verify(&fixture, &[]);
    assert_eq!(status, Some(0), "a start makes it again: {told}");
    assert!(told.contains("LIVE/0000.voted"), "{told}");
}

/// A ledger whose last frames were removed together with the sidecar once was "verified".
#[test]
fn nothing_is_plainly_verified_without_the_sidecar() {
    let (fixture, _) = closed();
    let (_, out, _) = verify(&fixture, &[]);
    assert!(
        out.contains("which is there\n") && out.ends_with("\nverified\n"),
        "{out}"
    );
    let names = Names::new(&fixture, "data");
    let last = names.acknowledged();
    let hash = out.split("SHA-256 ").nth(1).and_then(|rest| rest.get(..64));
    let hash = hash.expect("the last frame's hash").to_owned();
    fs::remove_file(fixture.path("data/ledger/p0000/acknowledged")).expect("a sidecar");
    fs::remove_dir_all(fixture.path("data/voted")).expect("derived files");
    let check = |more: &[&str], status, words: &str| {
        let (got, out, told) = verify(&fixture, more);
        assert_eq!(got, Some(status), "{told}");
        assert!(format!("{out}{told}").contains(words), "{out}{told}");
        assert!(!out.ends_with("\nverified\n"), "{out}");
    };
    check(&[], 1, "name a frame that you know with --at-least");
    let known = format!("{last}:{hash}");
    let verdict = format!("\nverified to frame {last} of partition 0 at least\n");
    check(&["--at-least", &known], 0, &verdict);
    check(&["--at-least", &known, "--json"], 0, "\"whole\":false");
    let beyond = format!("{}:{hash}", last + 1);
    check(&["--at-least", &beyond], 1, "it ends before");
    let other = format!("{}:{hash}", last - 1);
    check(&["--at-least", &other], 1, "has another hash");
    check(&["--at-least", "17"], 2, "SEQUENCE:HASH");
}

/// Numbers that may leave votes out say so where they are printed.
#[test]
fn what_may_leave_votes_out_says_so() {
    let (fixture, _) = closed();
    let names = Names::new(&fixture, "data");
    let says_so = |more: &[&str], words: &str| {
        let output = tally(&names.args("count", more));
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output).contains(words)
    };
    let says_so = || {
        let known = "\"ledger_ends_unknown\": [],";
        (says_so(&[], "cannot be told"), !says_so(&["--json"], known))
    };
    assert_eq!(says_so(), (false, false));
    fs::remove_file(fixture.path("data/ledger/p0000/acknowledged")).expect("a sidecar");
    assert_eq!(says_so(), (true, true));
}

/// Has every program that counts read a ledger of one frame that no validator of ours writes, sealed and
/// chained in order: each ends with status 1 and tells `place`, and none of the `secrets`.
fn ends_every_count(fixture: &Fixture, place: &str, secrets: &[&str]) {
    let names = Names::new(fixture, "data");
    let read = |command| tally(&names.args(command, &[]));
    let serve = || run_to_its_end(&names.args("run", &[]));
    let programs: [&dyn Fn() -> Output; 3] = [&|| read("count"), &|| read("verify"), &serve];
    for program in programs {
        let output = program();
        let told = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains(place), "{told}");
        assert!(output.stdout.is_empty(), "{}", stdout(&output));
        for secret in secrets {
            assert!(!told.contains(secret), "names the choice: {told}");
        }
    }
}

/// A validator that was told of other ballot papers seals counts of other lengths, or rankings of
/// candidates who are on no paper.
#[test]
fn a_vote_that_the_ballot_paper_does_not_offer_ends_every_count() {
    let ranked = |candidates: Vec<u32>, ranks| Paper::Ranked { candidates, ranks };
    let another_length = |id: &str| {
        format!("partition 0 frame 1: the sealed choices of ballot {id} are of another length")
    };
    for (ballot, choice, paper, told) in [
        (
            SINGLE,
            Choice::Candidate(NOBODY),
            Paper::Cells([1, 2, 3, NOBODY].map(Choice::Candidate).to_vec()),
            another_length("SINGLE"),
        ),
        (
            LIVE,
            Choice::Candidate(1),
            Paper::Cells(vec![Choice::Candidate(1)]),
            another_length("LIVE"),
        ),
        (
            RANKED,
            Choice::Ranking(vec![1, NOBODY]),
            ranked(vec![1, 2, 3, NOBODY], 4),
            another_length("RANKED"),
        ),
        (
            RANKED,
            Choice::Ranking(vec![1, WITHDRAWN]),
            ranked(vec![1, 2, 3, WITHDRAWN], 3),
            "a ranking does not open, or is none that the ballot paper offers".to_owned(),
        ),
        (
            RANKED,
            Choice::Ranking(vec![2, 2]),
            ranked(vec![1, 2, 3], 3),
            "a ranking does not open, or is none that the ballot paper offers".to_owned(),
        ),
    ] {
        let fixture = Fixture::with_a_withdrawal(10);
        let mut nth = (0..10).filter(|nth| {
            let credential = fixture.credential(ballot, *nth);
            credential.is_some_and(|(_, _, region)| region == 1)
        });
        let voter = nth.next().expect("somebody lives in region 1");
        let mut shape = fixture.shape();
        shape.ballots[usize::from(ballot)].papers = Papers::Same(paper);
        let mut ballots = fixture.ballot_box_of_shape("data", shape);
        ballots.vote(ballot, voter, choice);
        ballots.close();
        ends_every_count(&fixture, &told, &[&NOBODY.to_string()]);
    }
}

/// They once were counted and called verified.
#[test]
fn votes_stamped_outside_the_window_of_their_ballot_end_every_count() {
    let fixture = Fixture::new(10);
    let mut shape = fixture.shape();
    for ballot in &mut shape.ballots {
        ballot.closes_ms = END_MS;
    }
    let mut ballots = fixture.ballot_box_of_shape("data", shape);
    ballots.set_time(OVER_MS);
    ballots.vote(OVER, 0, Choice::Oui);
    ballots.close();
    let place = "partition 0 frame 1: votes on ballot OVER stamped 2026-02-01T00:00:00Z";
    ends_every_count(&fixture, place, &[]);
}
