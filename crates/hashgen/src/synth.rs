//! `hashgen synth`: rolls for tests, as large as a country's, the same for the same seed.
//!
//! The voters are invented. The NAS are numbers with a correct check digit in a scrambled order, so some
//! of them may have been issued to people; nothing else in the roll is about those people.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use credentials::mint::{ENTROPY_LEN, MintedCode};
use durable::output::OutputFile;
use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};
use rayon::prelude::*;

/// Rows made at once by one thread.
const BLOCK_ROWS: u32 = 16 * 1024;

/// How many NAS have a good check digit: one for every eight digits.
const LUHN_NUMBERS: u32 = 100_000_000;

/// A multiplier without a common divisor with 10⁸, which scrambles the order of the NAS.
const SCRAMBLE: u64 = 61_803_399;

/// What each draw of SplitMix64 adds to its state, so that any position can be computed alone.
const SPLITMIX_STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Make a test roll: NAS with valid check digits, codes and regions of uneven size.
///
/// The same seed gives the same bytes. The codes are predictable: never use such a roll in earnest.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:
  hashgen synth --voters 8000000 --regions 125 --seed 7 --out roll.csv")]
pub struct Args {
    /// How many voters, at most 100000000
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    voters: u32,
    /// How many regions, numbered from 1
    #[arg(long, value_name = "N", default_value_t = 125, value_parser = clap::value_parser!(u16).range(1..))]
    regions: u16,
    /// Which roll of that size
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// File to write, readable by its owner only
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace the file where it exists
    #[arg(long)]
    force: bool,
}

/// Writes a roll of `--voters` rows, block after block, made in parallel.
pub fn run(args: &Args) -> Result<()> {
    let mut file = OutputFile::create_secret(&args.out, args.force)?;
    let what = || format!("cannot write {}: is the disk full?", args.out.display());
    file.write_all(b"NAS,Code,Region\n").with_context(what)?;
    let roll = Roll::new(args.regions, args.seed);
    let starts: Vec<u32> = (0..args.voters).step_by(BLOCK_ROWS as usize).collect();
    for together in starts.chunks(rayon::current_num_threads() * 2) {
        let blocks = together.par_iter().map(|start| {
            let rows = BLOCK_ROWS.min(args.voters - start);
            (*start..start + rows).fold(Vec::with_capacity(rows as usize * 34), |mut text, row| {
                roll.write_row(row, &mut text);
                text
            })
        });
        for block in blocks.collect::<Vec<_>>() {
            file.write_all(&block).with_context(what)?;
        }
    }
    Ok(file.finish()?)
}

/// What the rows of a roll are computed from.
struct Roll {
    seed: u64,
    /// For each region, the sum of its own and all weights before it.
    weights: Vec<u64>,
}

impl Roll {
    /// Regions differ in size as ridings do: the largest has about four times the smallest.
    fn new(regions: u16, seed: u64) -> Self {
        let mut sum = 0;
        let weigh = |region: u16| {
            sum += 1000 + random(seed ^ 0x5eed, u64::from(region)) % 3000;
            sum
        };
        Self {
            seed,
            weights: (1..=regions).map(weigh).collect(),
        }
    }

    fn write_row(&self, row: u32, text: &mut Vec<u8>) {
        let place = u64::from(row) * SCRAMBLE + self.seed % u64::from(LUHN_NUMBERS);
        let eight = place % u64::from(LUHN_NUMBERS);
        let [a, b, c] = [0, 1, 2].map(|part| random(self.seed, u64::from(row) * 4 + part));
        let mut entropy = [0; ENTROPY_LEN];
        let drawn = a.to_le_bytes().into_iter().chain(b.to_le_bytes());
        entropy
            .iter_mut()
            .zip(drawn)
            .for_each(|(to, from)| *to = from);
        let code = MintedCode::from_entropy(&entropy);
        let last = self.weights[self.weights.len() - 1]; // clap asks for one region or more
        let region = self.weights.partition_point(|weight| *weight <= c % last) + 1;
        // Writing to a Vec cannot fail.
        let _ = writeln!(
            text,
            "{eight:08}{},{},{region}",
            luhn_digit(eight),
            code.as_str()
        );
    }
}

/// The digit that follows eight digits (ISO/IEC 7812-1, annex B).
fn luhn_digit(eight: u64) -> u64 {
    let mut rest = eight;
    let mut sum = 0;
    for place in 0..8 {
        let digit = rest % 10;
        rest /= 10;
        sum += match place % 2 {
            0 if digit < 5 => digit * 2,
            0 => digit * 2 - 9,
            _ => digit,
        };
    }
    (10 - sum % 10) % 10
}

/// The number at a position of the stream that SplitMix64 draws from a seed: repeatable, not secret.
fn random(seed: u64, position: u64) -> u64 {
    let at = seed.wrapping_add(position.wrapping_mul(SPLITMIX_STEP));
    SplitMix64::seed_from_u64(at).next_u64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seen::Seen;
    use credentials::{Code, Nas, mint};

    /// A seed names a roll: its numbers may never change.
    #[test]
    fn the_numbers_of_a_seed_stay() {
        let drawn = [(0, 0), (7, 0), (7, 1), (u64::MAX, 3)].map(|(s, p)| random(s, p));
        assert_eq!(
            drawn,
            [
                0xe220_a839_7b1d_cdaf,
                0x63cb_e1e4_5932_0dd7,
                0x044c_3cd7_f43c_661c,
                0x6d1d_b36c_cba9_82d2,
            ]
        );
    }

    #[test]
    fn every_row_is_a_voter_of_its_own() {
        let roll = Roll::new(125, 7);
        let mut seen = Seen::new(Nas::NUMBERS).unwrap();
        let mut by_region = [0_u32; 126];
        for row in 0..100_000 {
            let mut text = Vec::new();
            roll.write_row(row, &mut text);
            let mut fields = text.trim_ascii().split(|byte| *byte == b',');
            let nas = Nas::parse(fields.next().unwrap()).unwrap();
            assert!(nas.luhn_valid() && seen.insert(nas.number()));
            let code = fields.next().unwrap();
            assert!(mint::is_minted(code) && Code::parse(code).is_ok());
            let region: usize = str::from_utf8(fields.next().unwrap())
                .unwrap()
                .parse()
                .unwrap();
            by_region[region] += 1;
        }
        assert_eq!(by_region[0], 0);
        let (least, most) = (by_region[1..].iter().min(), by_region[1..].iter().max());
        assert!(least.unwrap() * 2 < *most.unwrap(), "{by_region:?}");
        assert!(*least.unwrap() > 200, "{by_region:?}");
    }
}
