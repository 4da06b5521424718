//! Holds crate `counting` to tabulators that other people wrote, on random contests where the rules
//! coincide: `cargo run --release -- [CONTESTS] [SEED]`. docs/counting.md says where they do.
//!
//! A tie is where tabulators may differ rightly: such contests are counted and passed over, except
//! where both decide by the order of the list.

mod instant_runoff;
mod random;
mod single_seat;

use std::process::ExitCode;

use random::{Contest, Random};

const CONTESTS: u64 = 5_000;
const SEED: u64 = 20_251_005;

/// What became of one contest before one oracle.
enum Compared {
    Agree,
    /// Passed over: who wins is a matter of a tie.
    Tied,
    Differ(String),
}

/// An oracle: its name and its judgement.
type Oracle = (&'static str, fn(&Contest) -> anyhow::Result<Compared>);

const ORACLES: [Oracle; 4] = [
    ("ranked_voting, instant runoff", instant_runoff::single),
    ("ranked_voting, marks on paper", instant_runoff::marks),
    ("stv-rs, Meek with one seat", single_seat::meek),
    ("stv-rs, plurality with one seat", single_seat::plurality),
];

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|arg| arg.parse::<u64>());
    let (contests, seed) = (numbers.next(), numbers.next());
    let (Ok(contests), Ok(seed)) = (contests.unwrap_or(Ok(CONTESTS)), seed.unwrap_or(Ok(SEED)))
    else {
        eprintln!("usage: oracles [CONTESTS] [SEED], both whole numbers");
        return ExitCode::from(2);
    };
    for (name, oracle) in ORACLES {
        match compare(name, oracle, contests, seed) {
            Ok(line) => println!("{line}"),
            Err(error) => {
                eprintln!("oracles: {name}: {error:#}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

/// Runs one oracle over seeded contests; the first difference ends it.
fn compare(
    name: &str,
    oracle: fn(&Contest) -> anyhow::Result<Compared>,
    contests: u64,
    seed: u64,
) -> anyhow::Result<String> {
    let mut random = Random::new(seed);
    let (mut agree, mut tied) = (0, 0);
    for number in 1..=contests {
        let contest = Contest::random(&mut random);
        match oracle(&contest)? {
            Compared::Agree => agree += 1,
            Compared::Tied => tied += 1,
            Compared::Differ(how) => {
                anyhow::bail!("contest {number} of seed {seed} differs: {how}\n{contest:?}")
            }
        }
    }
    Ok(format!(
        "{name}: {agree} contests agree, {tied} tied and passed over"
    ))
}
