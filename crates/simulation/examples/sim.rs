//! Runs the simulation of the ledger on failing logs over many seeds, or replays one.
//!
//! `cargo run -p simulation --release --example sim -- --seeds 1000 [--from N]`
//! `cargo run -p simulation --release --example sim -- --seed N`

use std::process::ExitCode;

/// The seeds to run: (first, how many).
fn parse(args: &[String]) -> Option<(u64, u64)> {
    let (mut first, mut count) = (0, None);
    for pair in args.chunks(2) {
        let [flag, value] = pair else { return None };
        let value = value.parse().ok()?;
        match flag.as_str() {
            "--seeds" => count = Some(value),
            "--from" => first = value,
            "--seed" => (first, count) = (value, Some(1)),
            _ => return None,
        }
    }
    Some((first, count?))
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((first, count)) = parse(&args) else {
        eprintln!("usage: sim --seeds COUNT [--from FIRST] | sim --seed N");
        return ExitCode::from(2);
    };
    let (sum, violations) =
        simulation::run_all(first..first.saturating_add(count), simulation::run);
    for (seed, what) in &violations {
        eprintln!("seed {seed}: {what}; replay it with --seed {seed}");
    }
    println!(
        "{{\"seeds\":{count},\"crashes\":{},\"acknowledged\":{},\"duplicates\":{},\"frames\":{},\
         \"refused_full\":{},\"torn_tails\":{},\"starts_cut\":{},\"segments\":{},\"snapshots_used\":{},\"rot_refused\":{},\"rot_harmless\":{},\
         \"contradictions\":{},\"in_doubt\":{},\"clock_behind\":{},\"unsettled\":{},\"fenced\":{},\"violations\":{}}}",
        sum.crashes,
        sum.acknowledged,
        sum.duplicates,
        sum.frames,
        sum.refused_full,
        sum.torn_tails,
        sum.starts_cut,
        sum.segments,
        sum.snapshots_used,
        sum.rot_refused,
        sum.rot_harmless,
        sum.contradictions,
        sum.in_doubt,
        sum.clock_behind,
        sum.unsettled,
        sum.fenced,
        violations.len(),
    );
    if violations.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
