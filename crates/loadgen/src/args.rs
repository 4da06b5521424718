//! The command line, in two steps: raw arguments as clap reads them, then resolved settings.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Parser;
use ipnet::Ipv4Net;

use crate::connection::Target;
use crate::random::Random;

const EXAMPLES: &str = "\
Examples:
  loadgen --url http://127.0.0.1:8000 --roll roll.csv --rate 5000 --duplicates 2% --invalid 1%
  loadgen --url http://127.0.0.1:8000 --roll roll.csv --votes 100000 --json --truth truth.json
  loadgen --url http://v1:8000 --url http://v2:8000 --roll roll.csv --races 5% --history history.csv
  loadgen --url http://127.0.0.1:8000 --roll roll.csv --ballots L2025-001 --rate 20000 --ramp 10s

SIGINT or SIGTERM ends the run early; what was sent is settled and summed up all the same.

Exit status: 0 every answer fitted what was sent; 1 an answer did not, or a request was never
settled; 2 usage. For synthetic rolls: a voter's roll belongs on no networked machine.";

/// Casts the votes of a roll over HTTP and keeps account of the answers.
#[derive(Debug, Parser)]
#[command(name = "loadgen", version, after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Address of the validator's public listener; several where validators share a ledger, and then a
    /// connection that breaks is made again to the next one
    #[arg(long, value_parser = Target::parse, required = true)]
    url: Vec<Target>,
    /// Roll with the columns NAS, Code and Region
    #[arg(long, value_name = "CSV")]
    roll: PathBuf,
    /// First votes to cast, drawn from the roll [default: every voter on every ballot]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    votes: Option<u64>,
    /// Requests a second, however long the answers take [default: each connection sends its next
    /// request when it has its answer; that hides stalls, because latencies then count from when a
    /// connection was free]
    #[arg(long, value_parser = parse_rate)]
    rate: Option<f64>,
    /// Reach the rate over this time, from nothing
    #[arg(long, value_parser = parse_duration, default_value = "0s", requires = "rate")]
    ramp: Duration,
    /// Keep-alive connections that the requests are spread over
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    connections: u32,
    /// Local addresses from which the connections come, in turn, such as 127.1.0.0/26: the validator's
    /// limits count clients by address [default: the system's choice]
    #[arg(long, value_name = "PREFIX")]
    sources: Option<Ipv4Net>,
    /// Requests that repeat a recorded vote with another choice, beside the votes
    #[arg(long, value_parser = parse_share, default_value = "0%", value_name = "SHARE")]
    duplicates: Share,
    /// Share of the votes that are sent twice or three times at the same moment, over connections of their
    /// own and to different validators where there are several: one attempt at most may be accepted
    #[arg(long, value_parser = parse_part, default_value = "0%", value_name = "SHARE")]
    races: Share,
    /// Requests with a credential that is not on the roll, beside the votes
    #[arg(long, value_parser = parse_share, default_value = "0%", value_name = "SHARE")]
    invalid: Share,
    /// Requests that are not votes (malformed JSON, missing fields), beside the votes
    #[arg(long, value_parser = parse_share, default_value = "0%", value_name = "SHARE")]
    malformed: Share,
    /// Requests whose body drips in byte by byte, beside the votes
    #[arg(long, value_parser = parse_share, default_value = "0%", value_name = "SHARE")]
    slow: Share,
    /// Ballots to vote on, by id [default: all that are open]
    #[arg(long, value_delimiter = ',', value_name = "ID")]
    ballots: Vec<String>,
    /// Read the ballots from this definition instead of asking the validator
    #[arg(long, value_name = "TOML")]
    election: Option<PathBuf>,
    /// Seed of the choices and of the order; the same seed sends the same votes [default: random]
    #[arg(long)]
    seed: Option<u64>,
    /// Write what was recorded or left open (counts and receipts, no credential) for `tally verify --expect`
    #[arg(long, visible_alias = "ledger-of-truth", value_name = "JSON")]
    truth: Option<PathBuf>,
    /// Write each attempt at a vote with its answer and its times (numbers of votes, no credential)
    #[arg(long, value_name = "CSV")]
    history: Option<PathBuf>,
    /// Replace an existing truth file or history
    #[arg(long)]
    force: bool,
    /// Keep trying a vote that got no answer, 429 or 503 for this long
    #[arg(long, value_parser = parse_duration, default_value = "30s")]
    retry_for: Duration,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

/// Parts of all votes: a share of so many takes every vote.
const WHOLE: u64 = 1_000_000;

/// A share of the votes, in parts per million.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share(u32);

impl Share {
    /// The share that takes no vote.
    pub(crate) const NONE: Share = Share(0);

    /// Whether one vote is of this share, by the next draw of `random`.
    pub(crate) fn takes(self, random: &mut Random) -> bool {
        random.below(WHOLE) < u64::from(self.0)
    }

    /// This share of `votes`, rounded to the nearest whole request.
    pub(crate) fn of(self, votes: u64) -> u64 {
        let exact = u128::from(votes) * u128::from(self.0);
        let nearest = (exact + 500_000) / 1_000_000;
        u64::try_from(nearest).expect("at most ten times the votes of a roll, 2^32 x 256")
    }
}

/// The arguments once they are checked and every default is filled in.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) targets: Arc<[Target]>,
    pub(crate) roll: PathBuf,
    pub(crate) votes: Option<u64>,
    /// Requests a second; none = closed loop.
    pub(crate) rate: Option<f64>,
    pub(crate) ramp: Duration,
    pub(crate) connections: u32,
    pub(crate) sources: Option<Ipv4Net>,
    pub(crate) duplicates: Share,
    pub(crate) races: Share,
    pub(crate) invalid: Share,
    pub(crate) malformed: Share,
    pub(crate) slow: Share,
    pub(crate) ballots: Vec<String>,
    pub(crate) election: Option<PathBuf>,
    pub(crate) seed: u64,
    pub(crate) truth: Option<PathBuf>,
    pub(crate) history: Option<PathBuf>,
    pub(crate) force: bool,
    pub(crate) retry_for: Duration,
    pub(crate) json: bool,
}

impl Args {
    /// Checks the arguments and fills in the defaults.
    pub(crate) fn resolve(self) -> Result<Settings> {
        for path in self.truth.iter().chain(&self.history) {
            if path.exists() && !self.force {
                bail!(
                    "{} exists already, choose another name or pass --force to replace it",
                    path.display()
                );
            }
        }
        let seed = match self.seed {
            Some(seed) => seed,
            None => getrandom::u64().map_err(|e| {
                anyhow::anyhow!("the system gives no random seed ({e}): pass --seed")
            })?,
        };
        Ok(Settings {
            targets: self.url.into(),
            roll: self.roll,
            votes: self.votes,
            rate: self.rate,
            ramp: self.ramp,
            connections: self.connections,
            sources: self.sources,
            duplicates: self.duplicates,
            races: self.races,
            invalid: self.invalid,
            malformed: self.malformed,
            slow: self.slow,
            ballots: self.ballots,
            election: self.election,
            seed,
            truth: self.truth,
            history: self.history,
            force: self.force,
            retry_for: self.retry_for,
            json: self.json,
        })
    }
}

/// `2%`, `0.5%` or the same without the sign; 0 to 1000 %.
fn parse_share(text: &str) -> Result<Share, String> {
    let fault = || format!("`{text}` is no share: write a percentage such as 2% or 0.5%");
    let number: f64 = text
        .strip_suffix('%')
        .unwrap_or(text)
        .trim()
        .parse()
        .map_err(|_| fault())?;
    if !(0.0..=1_000.0).contains(&number) {
        return Err(fault());
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    // 0 to 10,000,000 by the check
    Ok(Share((number * 10_000.0).round() as u32))
}

/// A share of what there is: 0 to 100 %.
fn parse_part(text: &str) -> Result<Share, String> {
    match parse_share(text)? {
        share if u64::from(share.0) <= WHOLE => Ok(share),
        _ => Err(format!(
            "`{text}` is more than all votes: write 100% at most"
        )),
    }
}

fn parse_rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.1..=10_000_000.0).contains(&rate) => Ok(rate),
        _ => Err(format!(
            "`{text}` is no rate: write requests a second, 0.1 to 10000000"
        )),
    }
}

/// `30s`, `500ms`, `2m` or plain seconds; up to a day.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let fault = || format!("`{text}` is no time: write it as 500ms, 30s or 2m, a day at most");
    let (number, unit_ms) = match text {
        t if t.ends_with("ms") => (&t[..t.len() - 2], 1.0),
        t if t.ends_with('s') => (&t[..t.len() - 1], 1_000.0),
        t if t.ends_with('m') => (&t[..t.len() - 1], 60_000.0),
        t => (t, 1_000.0),
    };
    let ms = number.trim().parse::<f64>().map_err(|_| fault())? * unit_ms;
    if !(0.0..=86_400_000.0).contains(&ms) {
        return Err(fault());
    }
    Ok(Duration::from_secs_f64(ms / 1_000.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_line_is_consistent() {
        use clap::CommandFactory;
        Args::command().debug_assert();
    }

    #[test]
    fn shares_round_to_the_nearest_request() {
        for (text, votes, expected) in [
            ("2%", 100, 2),
            ("2", 100, 2),
            ("0.5%", 100, 1), // half a request is one
            ("0.4%", 100, 0),
            ("100%", 8_000_000, 8_000_000),
            ("0%", 7, 0),
        ] {
            assert_eq!(
                parse_share(text).unwrap().of(votes),
                expected,
                "{text} of {votes}"
            );
        }
        for bad in ["", "%", "-1%", "two", "NaN%", "1001%"] {
            assert!(
                parse_share(bad).unwrap_err().contains("percentage"),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_part_of_the_votes_is_all_of_them_at_most() {
        let taken = |share: Share| {
            let vote = |n| share.takes(&mut Random::of(1, crate::random::Purpose::Race, n));
            (0..10_000).filter(|&n| vote(n)).count()
        };
        assert_eq!(parse_part("0%").unwrap(), Share::NONE);
        assert_eq!(taken(Share::NONE), 0);
        assert_eq!(taken(parse_part("100%").unwrap()), 10_000);
        let some = taken(parse_part("5%").unwrap());
        assert!((400..600).contains(&some), "{some}");
        assert!(parse_part("100.1%").unwrap_err().contains("100% at most"));
    }

    #[test]
    fn durations_carry_their_unit() {
        for (text, ms) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("2m", 120_000),
            ("1.5", 1_500),
        ] {
            assert_eq!(
                parse_duration(text).unwrap(),
                Duration::from_millis(ms),
                "{text}"
            );
        }
        for bad in ["", "s", "-1s", "1h", "inf", "2000m"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }
}
