//! How fast ballots are grouped and counted: `cargo bench -p counting --bench counting -- BALLOTS`.
//!
//! One JSON line a measurement, on standard output. The ballots are synthetic and seeded: most
//! voters follow one of a few hundred patterns, as real ones do, the rest rank at random.

use std::time::{Duration, Instant};

use counting::plurality::{CandidateVotes, count};
use counting::ranked::{Candidate, Contest, Rules};

const CANDIDATES: u16 = 20;
const RANKS_MAX: u64 = 10;
const PATTERNS: u64 = 500;

/// xorshift64*: enough for ballots that only have to be varied, and the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound
    }

    /// A ranking of one to ten candidates, the first ones being the more popular.
    fn ranking(&mut self, into: &mut Vec<u16>) {
        into.clear();
        let ranks = 1 + self.below(RANKS_MAX);
        while (into.len() as u64) < ranks {
            let popular = self
                .below(u64::from(CANDIDATES))
                .min(self.below(u64::from(CANDIDATES)));
            let candidate = u16::try_from(popular).unwrap_or(0);
            if !into.contains(&candidate) {
                into.push(candidate);
            }
        }
    }
}

fn contest() -> Contest {
    let list = (0..CANDIDATES)
        .map(|c| Candidate::new(&c.to_string(), &c.to_string()))
        .collect();
    Contest::new(list, Rules::irv()).expect("plain instant runoff over 20 candidates is sound")
}

fn report(what: &str, ballots: u64, groups: usize, time: Duration) {
    let seconds = time.as_secs_f64();
    println!(
        "{{\"bench\":\"{what}\",\"ballots\":{ballots},\"groups\":{groups},\"seconds\":{seconds:.4},\
         \"ballots_per_second\":{:.0},\"memory_peak_mib\":{}}}",
        ballots as f64 / seconds,
        memory_peak_mib(),
    );
}

/// Most memory this process has held so far, from /proc; 0 where there is none.
fn memory_peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) / 1_024
}

fn main() {
    let ballots = std::env::args()
        .skip(1)
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(8_000_000);
    plurality(ballots);
    patterns(ballots);
    singles(ballots, 20);
    singles(ballots, 2);
}

/// Plurality from single votes: a histogram, then the count.
fn plurality(ballots: u64) {
    let mut random = Random(7);
    let votes: Vec<u16> = (0..ballots)
        .map(|_| u16::try_from(random.below(CANDIDATES.into())).unwrap_or(0))
        .collect();
    let start = Instant::now();
    let mut totals = vec![0u64; usize::from(CANDIDATES)];
    for vote in &votes {
        totals[usize::from(*vote)] += 1;
    }
    let entries: Vec<CandidateVotes> = (0..)
        .zip(totals)
        .map(|(candidate, votes)| CandidateVotes { candidate, votes })
        .collect();
    std::hint::black_box(count(&entries, 1));
    report(
        "plurality_single_votes",
        ballots,
        usize::from(CANDIDATES),
        start.elapsed(),
    );
}

/// Instant runoff of ballots that come as patterns with counts.
fn patterns(ballots: u64) {
    let mut random = Random(11);
    let groups = 100_000.min(ballots);
    let mut rankings = Vec::new();
    for _ in 0..groups {
        let mut ranking = Vec::new();
        random.ranking(&mut ranking);
        rankings.push(ranking);
    }
    let start = Instant::now();
    let mut contest = contest();
    for ranking in &rankings {
        contest
            .add_ranking(ranking, ballots / groups)
            .expect("known candidates");
    }
    let grouped = start.elapsed();
    std::hint::black_box(
        contest
            .tabulate(&[])
            .expect("ties fall to the candidates' order"),
    );
    let counted = ballots / groups * groups;
    report(
        "irv_patterns_add_and_count",
        counted,
        contest.groups(),
        start.elapsed(),
    );
    report(
        "irv_patterns_count_alone",
        counted,
        contest.groups(),
        start.elapsed() - grouped,
    );
}

/// Instant runoff of ballots that come one by one; one in `odd` ranks at random.
fn singles(ballots: u64, odd: u64) {
    let mut random = Random(13);
    let mut patterns = vec![Vec::new(); usize::try_from(PATTERNS).unwrap_or(1)];
    for pattern in &mut patterns {
        random.ranking(pattern);
    }
    let (mut contest, mut ranking) = (contest(), Vec::new());
    let mut adding = Duration::ZERO;
    let mut block: Vec<Vec<u16>> = Vec::new();
    let mut left = ballots;
    while left > 0 {
        // Making ballots is not part of the measurement.
        block.clear();
        for _ in 0..left.min(100_000) {
            if random.below(odd) == 0 {
                random.ranking(&mut ranking);
                block.push(ranking.clone());
            } else {
                let at = random.below(PATTERNS).min(random.below(PATTERNS));
                block.push(patterns[usize::try_from(at).unwrap_or(0)].clone());
            }
        }
        left -= block.len() as u64;
        let start = Instant::now();
        for ballot in &block {
            contest.add_ranking(ballot, 1).expect("known candidates");
        }
        adding += start.elapsed();
    }
    let start = Instant::now();
    std::hint::black_box(
        contest
            .tabulate(&[])
            .expect("ties fall to the candidates' order"),
    );
    report(
        &format!("irv_singles_group_1_in_{odd}_random"),
        ballots,
        contest.groups(),
        adding,
    );
    report(
        &format!("irv_singles_count_1_in_{odd}_random"),
        ballots,
        contest.groups(),
        start.elapsed(),
    );
}
