//! What viewers of a page are sent when a release has changed it.

use companions::builder;
use election::Event;

use super::lists::{asked, night, region, view};
use crate::delta;
use crate::results::{self, Night, RegionView, Stage};

fn compressed(text: &str) -> usize {
    let mut sent = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 5,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut text.as_bytes(), &mut sent, &parameters).expect("a Vec takes all");
    sent.len()
}

/// The page of 125 regions after so many releases of made-up votes, each of ten regions. Turnout moves in all.
fn pages(releases: u64) -> Vec<String> {
    let text = include_str!("../../../../fixtures/election-125.toml");
    let event = Event::from_toml(text).expect("the example event is valid");
    let drawn = include_bytes!("../../../../fixtures/regions-125.geojson");
    let geometry = builder::geometry(drawn, &event)
        .expect("125 regions")
        .geometry;
    let mut ballots = event.ballots().iter();
    let ballot = ballots.find(|ballot| ballot.election().is_some());
    let ballot = ballot.expect("an election of 125 regions");
    let election = ballot.election().expect("an election");
    let nothing = asked("");
    let night = Night {
        geometry: Some(&geometry),
        ..night(&event, &nothing)
    };
    let region_after = |release: u64, of: u16| {
        let candidates = election.candidates_of(of);
        let counted = (release + u64::from(of) * 7 % 12) / 12;
        let votes = candidates.map(|c| (c.number, votes_of(c.number, counted)));
        let mut seen = region(of, &votes.collect::<Vec<(u32, u64)>>(), &[]);
        seen.turnout.votes = 15_000 + release * 400 + u64::from(of) * 37 % 1_000;
        seen
    };
    let page = |release| {
        let regions: Vec<RegionView> = election
            .regions()
            .iter()
            .map(|of| region_after(release, *of))
            .collect();
        results::election(&night, ballot, election, &view(Stage::Counting, regions)).html
    };
    (0..releases).map(page).collect()
}

/// Votes of a candidate after so many releases of their region: some thousands, and some hundreds more each time.
fn votes_of(candidate: u32, releases: u64) -> u64 {
    let made_up = |n: u64| (u64::from(candidate) * 7_919 + n * 104_729) % 1_000;
    (0..=releases).map(|n| 400 + made_up(n)).sum::<u64>() + made_up(99) * 5
}

/// Beside the stream's message (150 bytes) and the head of the answer (some 700), 3 KB in all.
#[test]
fn a_release_on_125_regions_weighs_at_most_2_kb() {
    let pages = pages(40);
    for (before, after) in pages.iter().zip(&pages[1..]) {
        let delta = delta(before, after, "0123456789abcdef01234567");
        let sent = compressed(&delta);
        assert!(sent <= 2_000, "{sent}");
    }
}
