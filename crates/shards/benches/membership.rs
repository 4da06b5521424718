//! Membership, hit and miss, for a package and for a real Redis in the same run.
//!
//! `cargo bench -p shards --bench membership -- 8000000` prints one JSON line for each. Redis runs
//! privately over a Unix socket and holds the same digests in as many sets; SISMEMBER is timed one
//! at a time and pipelined. Floor: one dependent cache miss in a table of the digests' size.

use std::hint::black_box;
use std::time::Instant;

use credentials::digestset::Record;
use credentials::{Digest, shard_bits_for};
use election::BallotIndex;
use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};
use shards::{Membership, Package};
use specimen::{Definition, Recipe, Specimen};

#[path = "membership/redis.rs"]
mod redis;

const PROBES: usize = 1_000_000;
const BALLOT: BallotIndex = BallotIndex(0);
/// Uniform numbers, the same in every run.
struct Numbers(SplitMix64);

impl Numbers {
    fn digest(&mut self) -> Digest {
        let halves = [
            self.0.next_u64().to_be_bytes(),
            self.0.next_u64().to_be_bytes(),
        ];
        Digest(
            *halves
                .as_flattened()
                .first_chunk()
                .expect("two halves are sixteen bytes"),
        )
    }
}

fn main() {
    let credentials = std::env::args()
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(1_000_000);
    let mut numbers = Numbers(SplitMix64::seed_from_u64(1));
    let mut records: Vec<Record> = (0..credentials)
        .map(|_| Record {
            digest: numbers.digest(),
            region: 1,
        })
        .collect();
    let members: Vec<Digest> = sample(&records, &mut numbers);
    let strangers: Vec<Digest> = (0..PROBES).map(|_| numbers.digest()).collect();
    records.sort_unstable();
    let recipe = Recipe {
        definition: Definition::of_laws(["L-1"], [1]).to_toml(),
        shard_bits: shard_bits_for(records.len() as u64),
        ..Recipe::default()
    };
    let specimen = Specimen::of_records(&recipe, vec![records]);
    let records = &specimen.records[0];
    let package = Package::open_unsigned(&specimen.package()).expect("a sound package");
    let bytes = package.manifest().bytes_per_credential();
    let floor = cache_miss_ns(records, &mut numbers);
    let hit = lookup_ns(&package, &members, true);
    let miss = lookup_ns(&package, &strangers, false);
    print("package", credentials, hit, miss, bytes, floor);
    match redis::Server::start(specimen.home()) {
        Ok(server) => measure_redis(server, records, &members, &strangers, floor),
        Err(reason) => eprintln!("redis is left out: {reason} (Debian: apt install redis-server)"),
    }
}

fn print(what: &str, n: usize, hit: f64, miss: f64, bytes: f64, floor: f64) {
    println!(
        r#"{{"bench":"membership-{what}","n":{n},"hit_ns":{hit:.1},"miss_ns":{miss:.1},"floor_ns":{floor:.1},"hit_ratio":{:.2},"miss_ratio":{:.2},"bytes_per_credential":{bytes:.2}}}"#,
        hit / floor,
        miss / floor,
    );
}

fn sample(records: &[Record], numbers: &mut Numbers) -> Vec<Digest> {
    let any = |number: u64| place(number, records.len());
    (0..PROBES)
        .map(|_| records[any(numbers.0.next_u64())].digest)
        .collect()
}

/// A place below `len`, from a uniform number.
fn place(number: u64, len: usize) -> usize {
    usize::try_from(number % (len.max(1) as u64)).expect("below a length")
}

/// Independent lookups, as a server's requests are.
fn lookup_ns(package: &Package, digests: &[Digest], member: bool) -> f64 {
    median_ns(digests, |digest| {
        let found = package.lookup(BALLOT, black_box(digest));
        assert_eq!(matches!(found, Ok(Membership::Member { .. })), member);
    })
}

/// Reads of one digest each, where the next place depends on what was read.
fn cache_miss_ns(records: &[Record], numbers: &mut Numbers) -> f64 {
    let column: Vec<[u8; 16]> = records.iter().map(|record| record.digest.0).collect();
    let steps: Vec<u64> = (0..PROBES).map(|_| numbers.0.next_u64()).collect();
    let mut word = 0u64;
    median_ns(&steps, |step| {
        let read = column.get(place(step ^ word, column.len()));
        word = read
            .and_then(|digest| digest.last_chunk())
            .map_or(0, |tail| u64::from_le_bytes(*tail));
        black_box(word);
    })
}

/// Nanoseconds an operation: the median over short stretches, three rounds of them, so that a
/// neighbour on the same machine does not count.
fn median_ns<T>(inputs: &[T], mut operation: impl FnMut(&T)) -> f64 {
    let mut stretches = Vec::new();
    for _ in 0..3 {
        for stretch in inputs.chunks(2000) {
            let start = Instant::now();
            stretch.iter().for_each(&mut operation);
            stretches.push(start.elapsed().as_nanos() as f64 / stretch.len() as f64);
        }
    }
    stretches.sort_by(f64::total_cmp);
    stretches.get(stretches.len() / 2).copied().unwrap_or(0.0)
}

fn measure_redis(
    mut server: redis::Server,
    records: &[Record],
    members: &[Digest],
    strangers: &[Digest],
    floor: f64,
) {
    let before = server.used_memory();
    server.add_all(records.iter().map(|record| record.digest));
    let bytes = (server.used_memory() - before) as f64 / records.len() as f64;
    for (what, pipeline, probes) in [("redis", 1, 50_000), ("redis-pipelined", 256, PROBES)] {
        let mut ns = |digests: &[Digest], member| {
            let start = Instant::now();
            let found = server.count_members(&digests[..probes], pipeline);
            assert_eq!(found, if member { probes } else { 0 });
            start.elapsed().as_nanos() as f64 / probes as f64
        };
        let (hit, miss) = (ns(members, true), ns(strangers, false));
        print(what, records.len(), hit, miss, bytes, floor);
    }
}
