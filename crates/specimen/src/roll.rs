//! Invented voters, their credentials and their digests.

use credentials::digestset::Record;
use credentials::{BallotId, Code, Digest, Hasher, Nas, RollKey};

/// Regions of the example event, numbered from 1.
const EXAMPLE_REGIONS: u16 = 6;

/// A voter of an invented roll, by number. Voter 0 is the first of the sample roll, whom the
/// documentation's examples name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voter(pub u32);

impl Voter {
    /// The social insurance number.
    #[must_use]
    pub fn nas(self) -> String {
        match self.0 {
            0 => "123456789".to_owned(),
            number => format!("{:09}", 200_000_000 + number),
        }
    }

    /// The voter's secret code, which belongs to the NAS.
    #[must_use]
    pub fn code(self) -> String {
        match self.0 {
            0 => "ABC123".to_owned(),
            number => format!("QZK{number:06}"),
        }
    }

    /// The voter's region in the example event.
    #[must_use]
    pub fn region(self) -> u16 {
        let number = self.0 % u32::from(EXAMPLE_REGIONS);
        1 + u16::try_from(number).expect("a remainder by a u16")
    }
}

/// The people who may vote, each made from a number.
#[derive(Clone, Debug)]
pub struct Roll {
    /// How many voters there are, numbered from 0.
    pub voters: u32,
    /// Regions that voters live in, one voter in each by turns; none where the roll has no regions.
    pub regions: Vec<u16>,
    /// The roll key, with which credentials are hashed.
    pub key: [u8; RollKey::LEN],
}

impl Roll {
    /// A roll with a key that is always the same.
    #[must_use]
    pub fn new(voters: u32, regions: impl IntoIterator<Item = u16>) -> Roll {
        Roll {
            voters,
            regions: regions.into_iter().collect(),
            key: [1; RollKey::LEN],
        }
    }

    /// Voters of the example event, each in the region that [`Voter::region`] says.
    #[must_use]
    pub fn example(voters: u32) -> Roll {
        Roll::new(voters, 1..=EXAMPLE_REGIONS)
    }

    /// What hashes the credentials of this roll.
    #[must_use]
    pub fn hasher(&self) -> Hasher {
        Hasher::hmac(&RollKey::from_bytes(self.key))
    }

    /// One voter's record on a ballot, whether or not the roll has the voter.
    #[must_use]
    pub fn record(&self, voter: Voter, ballot: &BallotId) -> Record {
        self.record_by(&self.hasher(), voter, ballot)
    }

    /// The sorted records of a ballot.
    #[must_use]
    pub fn records(&self, ballot: &BallotId) -> Vec<Record> {
        let hasher = self.hasher();
        let record = |number| self.record_by(&hasher, Voter(number), ballot);
        let mut records: Vec<Record> = (0..self.voters).map(record).collect();
        records.sort_unstable();
        records
    }

    fn record_by(&self, hasher: &Hasher, voter: Voter, ballot: &BallotId) -> Record {
        let nas = Nas::parse(voter.nas().as_bytes()).expect("nine digits");
        let code = Code::parse(voter.code().as_bytes()).expect("letters and digits");
        let region = match self.regions.as_slice() {
            [] => 0,
            regions => regions[voter.0 as usize % regions.len()],
        };
        Record {
            digest: hasher.digest(&nas, &code, ballot),
            region,
        }
    }
}

/// A digest that is on no roll: that of a credential hashed with another key.
#[must_use]
pub fn stranger(number: u32) -> Digest {
    let roll = Roll {
        key: [0xff; RollKey::LEN],
        ..Roll::new(0, [])
    };
    let ballot = BallotId::parse("STRANGER").expect("letters");
    roll.record(Voter(number), &ballot).digest
}

/// Sorted records cut into shards, each with its number.
pub(crate) fn sharded(records: &[Record], bits: u8) -> impl Iterator<Item = (u32, &[Record])> {
    let mut rest = records;
    (0..1 << bits).map(move |shard| {
        let end = rest.partition_point(|record| record.digest.shard(bits) <= shard);
        let (inside, after) = rest.split_at(end);
        rest = after;
        (shard, inside)
    })
}
