//! Snapshots of voted bitsets, one file a shard. They only save time: each says up to which frame
//! it holds, and one that does not fit is dropped and replayed.
//!
//! ```text
//!      0    8  magic "SCRVOTE1"
//!      8    4  format version, 1
//!     12    2  partition
//!     14    2  index of the ballot
//!     16    4  shard
//!     20    4  credentials in the shard N
//!     24    4  how many voted
//!     28    4  entries of repeated attempts A
//!     32    8  sequence of the last frame inside
//!     40   32  hash of that frame
//!     72   32  ballot id, padded with zeros
//!    104   32  SHA-256 of the package's manifest
//!    136       bitset, 8 bytes for each 64 credentials begun, lowest ordinal in the lowest bit
//!         8 A  ordinal (4), attempts after the accepted vote (4), ascending
//!          32  SHA-256 of everything before
//! ```

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use durable::{Storage, replace_file};
use sha2::{Digest, Sha256};

use crate::decide::voted::ShardVotes;
use crate::error::LedgerError;
use crate::format::chain::{Cursor, LinkHash};
use crate::format::defect::Defect;
use crate::format::fields::{Fields, padded_id};
use crate::format::shape::Shape;
use crate::log::files::layout::{voted_dir, voted_file_name};

const MAGIC: [u8; 8] = *b"SCRVOTE1";
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 136;
const HASH_BYTES: usize = 32;

/// The snapshots of a data directory (`<data>/voted`), beside whatever log they were made from.
#[derive(Clone)]
pub struct Snapshots {
    storage: Arc<dyn Storage>,
    data_dir: PathBuf,
}

/// One bitset: names the file and is bound into it.
pub(crate) struct Slot<'a> {
    snapshots: &'a Snapshots,
    manifest_sha256: &'a [u8; 32],
    ballot_id: &'a str,
    partition: u16,
    ballot: u16,
    shard: u32,
    /// Credentials in the shard.
    size: u32,
}

/// What a file gave.
pub(crate) enum Loaded {
    /// The bitset as of this frame, whose hash must still be checked against the ledger's.
    Votes(ShardVotes, LinkHash),
    Missing,
    /// A file that does not fit, and why.
    Refused(String),
}

/// Why a file is not the bitset that its name promises.
#[derive(Debug, thiserror::Error)]
enum Unfit {
    #[error("not a voted bitset: expected magic SCRVOTE1, got {got:02x?}")]
    Magic { got: [u8; 8] },
    #[error("the voted bitset's SHA-256 does not fit its bytes")]
    Hash,
    #[error("it is of another partition, ballot, shard or package than its place says")]
    Place,
    #[error("its {0} contradicts its bits")]
    Content(&'static str),
    #[error("there are bytes behind its last entry")]
    Longer,
    #[error(transparent)]
    Bytes(#[from] Defect),
}

impl Snapshots {
    /// Those under `data_dir`. Nothing is touched yet.
    pub fn new(storage: Arc<dyn Storage>, data_dir: &Path) -> Snapshots {
        Snapshots {
            storage,
            data_dir: data_dir.to_path_buf(),
        }
    }

    /// A snapshot of this partition's bitsets, if there is any, whether it is whole or not.
    pub(crate) fn any_of(&self, partition: u16) -> Result<Option<PathBuf>, LedgerError> {
        let voted = self.data_dir.join("voted");
        for ballot in names(&*self.storage, &voted)? {
            let dir = voted.join(ballot);
            for name in names(&*self.storage, &dir)? {
                let path = dir.join(name);
                let file = self.storage.open_read(&path);
                let file = file.map_err(LedgerError::io("open", &path))?;
                let mut head = [0; 14];
                let read = file.read_at(0, &mut head);
                read.map_err(LedgerError::io("read", &path))?;
                if head[12..] == partition.to_le_bytes() {
                    return Ok(Some(path));
                }
            }
        }
        Ok(None)
    }

    /// Gives a snapshot that is not used another name, under which nothing will overwrite it.
    pub(crate) fn keep_aside(&self, path: &Path) -> Result<PathBuf, LedgerError> {
        let dir = path
            .parent()
            .expect("a snapshot lies in its ballot's directory");
        let taken = names(&*self.storage, dir)?;
        let name = path
            .file_name()
            .expect("a snapshot has a name")
            .to_string_lossy();
        let mut free = (1u32..).map(|number| format!("{name}.kept-{number}"));
        let free = free.find(|name| !taken.contains(name));
        let kept = dir.join(free.expect("a directory has fewer files than there are numbers"));
        let moved = self.storage.rename(path, &kept);
        moved.map_err(LedgerError::io("rename", path))?;
        let synced = self.storage.fsync_dir(dir);
        synced.map_err(LedgerError::sync(dir))?;
        Ok(kept)
    }

    /// The snapshot of one bitset; ballot and shard are those of a [`crate::Voted`] made from
    /// `shape`.
    pub(crate) fn slot<'a>(
        &'a self,
        shape: &'a Shape,
        partition: u16,
        ballot: u16,
        shard: u32,
    ) -> Slot<'a> {
        let of = shape.ballots.get(usize::from(ballot));
        let of = of.expect("the bitsets were made from this shape");
        let size = of.shard_sizes.get(shard as usize);
        Slot {
            snapshots: self,
            manifest_sha256: &shape.manifest_sha256,
            ballot_id: &of.id,
            partition,
            ballot,
            shard,
            size: *size.expect("the bitsets were made from this shape"),
        }
    }
}

/// Names in a directory; none where there is no directory.
fn names(storage: &dyn Storage, dir: &Path) -> Result<Vec<String>, LedgerError> {
    match storage.list(dir) {
        Ok(names) => Ok(names),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(LedgerError::io("list", dir)(error)),
    }
}

impl Slot<'_> {
    fn dir(&self) -> PathBuf {
        voted_dir(&self.snapshots.data_dir, self.ballot_id)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir().join(voted_file_name(self.shard))
    }

    /// Writes the bitset as of `cursor`, replacing the file atomically.
    pub(crate) fn save(&self, votes: &ShardVotes, cursor: Cursor) -> Result<(), LedgerError> {
        let (dir, path) = (self.dir(), self.path());
        let storage = &*self.snapshots.storage;
        storage
            .create_dir_all(&dir)
            .map_err(LedgerError::io("create", &dir))?;
        replace_file(storage, &path, &self.encode(votes, cursor))
            .map_err(LedgerError::io("replace", &path))
    }

    /// Reads the bitset back. Nothing wrong with a snapshot stops a start; a failing disk does.
    pub(crate) fn load(&self) -> Result<Loaded, LedgerError> {
        let path = self.path();
        let file = match self.snapshots.storage.open_read(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Loaded::Missing),
            Err(error) => return Err(LedgerError::io("open", &path)(error)),
        };
        let refused = |why: String| Ok(Loaded::Refused(format!("{}: {why}", path.display())));
        let len = file.len().map_err(LedgerError::io("measure", &path))?;
        let bits = u64::from(self.size).div_ceil(64) * 8;
        // At most one entry a credential, so a hostile length cannot ask for more memory.
        let max = HEADER_BYTES as u64 + bits + u64::from(self.size) * 8 + HASH_BYTES as u64;
        if len > max {
            return refused(format!("{len} bytes, expected at most {max}"));
        }
        let len = usize::try_from(len).expect("bounded by the line above");
        let mut bytes = vec![0; len];
        let got = file
            .read_at(0, &mut bytes)
            .map_err(LedgerError::io("read", &path))?;
        bytes.truncate(got);
        match self.decode(&bytes) {
            Ok((votes, link)) => Ok(Loaded::Votes(votes, link)),
            Err(unfit) => refused(unfit.to_string()),
        }
    }

    fn encode(&self, votes: &ShardVotes, cursor: Cursor) -> Vec<u8> {
        let room = HEADER_BYTES + votes.bits.len() * 8 + votes.again.len() * 8 + HASH_BYTES;
        let mut out = Vec::with_capacity(room);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&self.partition.to_le_bytes());
        out.extend_from_slice(&self.ballot.to_le_bytes());
        out.extend_from_slice(&self.shard.to_le_bytes());
        out.extend_from_slice(&votes.size.to_le_bytes());
        out.extend_from_slice(&votes.voted.to_le_bytes());
        let again = u32::try_from(votes.again.len());
        let again = again.expect("no more entries than credentials, and those are a u32");
        out.extend_from_slice(&again.to_le_bytes());
        out.extend_from_slice(&cursor.sequence.to_le_bytes());
        out.extend_from_slice(&cursor.link.0);
        out.extend_from_slice(&padded_id(self.ballot_id));
        out.extend_from_slice(self.manifest_sha256);
        votes
            .bits
            .iter()
            .for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
        for (ordinal, count) in &votes.again {
            out.extend_from_slice(&ordinal.to_le_bytes());
            out.extend_from_slice(&count.to_le_bytes());
        }
        let hash = Sha256::digest(&out);
        out.extend_from_slice(&hash);
        out
    }

    fn decode(&self, bytes: &[u8]) -> Result<(ShardVotes, LinkHash), Unfit> {
        let (content, hash) = bytes
            .split_last_chunk::<HASH_BYTES>()
            .ok_or(Defect::Truncated {
                expected: (HEADER_BYTES + HASH_BYTES) as u64,
                got: bytes.len() as u64,
            })?;
        if Sha256::digest(content).as_slice() != hash {
            return Err(Unfit::Hash);
        }
        let mut fields = Fields(content);
        let got = fields.array::<8>()?;
        if got != MAGIC {
            return Err(Unfit::Magic { got });
        }
        let got = fields.u32()?;
        if got != VERSION {
            return Err(Unfit::Bytes(Defect::Version {
                expected: VERSION,
                got,
            }));
        }
        let place = (fields.u16()?, fields.u16()?, fields.u32()?, fields.u32()?);
        let (voted, again) = (fields.u32()?, fields.u32()?);
        let (sequence, link) = (fields.u64()?, LinkHash(fields.array()?));
        let (id, manifest) = (fields.array::<32>()?, fields.array::<32>()?);
        let here = (self.partition, self.ballot, self.shard, self.size);
        let own = padded_id(self.ballot_id);
        if place != here || id != own || manifest != *self.manifest_sha256 {
            return Err(Unfit::Place);
        }
        let mut votes = ShardVotes {
            sequence,
            voted,
            ..ShardVotes::new(self.size)
        };
        decode_bits(&mut fields, &mut votes)?;
        votes.again = decode_again(&mut fields, again, &votes)?;
        Ok((votes, link))
    }
}

fn decode_bits(fields: &mut Fields<'_>, votes: &mut ShardVotes) -> Result<(), Unfit> {
    for word in &mut votes.bits {
        *word = fields.u64()?;
    }
    let count: u32 = votes.bits.iter().map(|word| word.count_ones()).sum();
    let beyond = votes.size % 64;
    let strays = |last: &u64| beyond != 0 && last >> beyond != 0;
    if count != votes.voted || votes.bits.last().is_some_and(strays) {
        return Err(Unfit::Content("number of voters"));
    }
    Ok(())
}

fn decode_again(
    fields: &mut Fields<'_>,
    entries: u32,
    votes: &ShardVotes,
) -> Result<BTreeMap<u32, u32>, Unfit> {
    let mut again = BTreeMap::new();
    for _ in 0..entries {
        let (ordinal, count) = (fields.u32()?, fields.u32()?);
        let follows = again
            .last_key_value()
            .is_none_or(|(last, _)| *last < ordinal);
        if !follows || count == 0 || !votes.contains(ordinal) {
            return Err(Unfit::Content("list of repeated attempts"));
        }
        again.insert(ordinal, count);
    }
    if fields.0.is_empty() {
        Ok(again)
    } else {
        Err(Unfit::Longer)
    }
}
