//! A segment file's header: whose ledger this is, where it stands in the chain, and for each
//! ballot two content keys, one that only the count key opens and one that only the mask key opens.
//!
//! ```text
//! offset size
//!      0    8  magic "SCRLEDG2"
//!      8    4  format version, 2
//!     12    4  length of this header H = 200 + 192 B + 32
//!     16    2  partition
//!     18    2  number of ballots B, at most 256
//!     20    4  segment number, from 1 without gaps
//!     24    8  first sequence: of the first frame here
//!     32    4  epoch
//!     36    4  zero
//!     40   32  event id, padded with zeros
//!     72   32  SHA-256 of the package's manifest
//!    104   32  public count key (X25519)
//!    136   32  public mask key (X25519)
//!    168   32  previous link: hash of the last frame before, or of the header before where that
//!              segment has no frame; zeros in segment 1
//!    200 192B  per ballot: id (32, padded with zeros); the content key of counts, sealed to the
//!              count key: HPKE encapsulated key (32), ciphertext (32 + 16 tag); the content key
//!              of masks, sealed to the mask key, in the same form
//!   H-32   32  SHA-256 of bytes 0..H-32: the previous link of the first frame
//! ```
//! Integers are little-endian. The header is a link of the chain, so its sealed keys cannot be
//! exchanged without breaking the chain of the frames behind it.

use sha2::{Digest, Sha256};

use crate::format::chain::{HASH_BYTES, LinkHash};
use crate::format::defect::Defect;
use crate::format::fields::{Fields, padded_id};
use crate::format::hand::{Hand, HandPublicKey, HandPublicKeys};
use crate::format::limits::{BALLOTS_MAX, ID_BYTES_MAX};
use crate::format::shape::Shape;

/// First bytes of a segment. Read as a frame length they are out of bounds, so that a stream of
/// headers and frames needs no other separator.
pub(crate) const MAGIC: [u8; 8] = *b"SCRLEDG2";
/// Version of the format.
pub const VERSION: u32 = 2;
/// Bytes before the first ballot.
pub(crate) const FIXED_BYTES: usize = 200;
const BALLOT_BYTES: usize = ID_BYTES_MAX + 2 * SealedKey::BYTES;

/// A content key sealed to the key of one hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedKey {
    /// The encapsulated key of HPKE (RFC 9180).
    pub encapsulated: [u8; 32],
    /// The content key, encrypted, with its tag.
    pub ciphertext: [u8; 48],
}

impl SealedKey {
    const BYTES: usize = 32 + 48;
}

/// A ballot as a segment header names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentBallot {
    /// Law id or election code.
    pub id: String,
    /// Opens the masked counts of this ballot in this segment; sealed to the count key.
    pub count_key: SealedKey,
    /// Gives the masks of these counts; sealed to the mask key.
    pub mask_key: SealedKey,
}

impl SegmentBallot {
    pub(crate) fn key_of(&self, hand: Hand) -> &SealedKey {
        match hand {
            Hand::Count => &self.count_key,
            Hand::Mask => &self.mask_key,
        }
    }
}

/// The header of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentHeader {
    /// Which partition of the event.
    pub partition: u16,
    /// Number of the segment, from 1.
    pub number: u32,
    /// Sequence of its first frame.
    pub first_sequence: u64,
    /// Start of the ledger that wrote it.
    pub epoch: u32,
    /// Id of the event whose votes these are.
    pub event_id: String,
    /// SHA-256 of the package's manifest.
    pub manifest_sha256: [u8; 32],
    /// The keys to which the content keys are sealed.
    pub keys: HandPublicKeys,
    /// Hash of the link before; zeros where there is none.
    pub previous: LinkHash,
    /// In the order of `election::BallotIndex`.
    pub ballots: Vec<SegmentBallot>,
    /// SHA-256 of the header.
    pub link: LinkHash,
}

/// Length of the header of `ballots` ballots.
pub(crate) fn header_length(ballots: usize) -> usize {
    FIXED_BYTES + ballots * BALLOT_BYTES + HASH_BYTES
}

/// Refuses the first bytes of a segment of another format. Every version begins with `SCRLEDG` and its number, as a
/// digit and as a word, so that each program can say what it found.
///
/// # Errors
/// [`Defect::Version`], [`Defect::Magic`], [`Defect::Truncated`] where there are fewer than 12 bytes.
pub fn check_version(bytes: &[u8]) -> Result<(), Defect> {
    let mut fields = Fields(bytes);
    let magic = fields.array::<8>()?;
    let [name @ .., digit] = magic;
    let [ours @ .., _] = MAGIC;
    if name != ours || !digit.is_ascii_digit() {
        return Err(Defect::Magic { got: magic });
    }
    let got = match magic == MAGIC {
        true => fields.u32()?,
        false => u32::from(digit - b'0'),
    };
    if got != VERSION {
        let expected = VERSION;
        return Err(Defect::Version { expected, got });
    }
    Ok(())
}

/// What [`SegmentHeader::peek_length`] needs to see.
pub(crate) const PEEK_BYTES: usize = 20;

impl SegmentHeader {
    /// The header as bytes; sets `link`.
    pub(crate) fn seal_bytes(&mut self) -> Vec<u8> {
        let length = header_length(self.ballots.len());
        let mut out = Vec::with_capacity(length);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        let bounded = "Shape::check bounds the ballots at 256";
        let length = u32::try_from(length).expect(bounded);
        let ballots = u16::try_from(self.ballots.len()).expect(bounded);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&self.partition.to_le_bytes());
        out.extend_from_slice(&ballots.to_le_bytes());
        out.extend_from_slice(&self.number.to_le_bytes());
        out.extend_from_slice(&self.first_sequence.to_le_bytes());
        out.extend_from_slice(&self.epoch.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&padded_id(&self.event_id));
        out.extend_from_slice(&self.manifest_sha256);
        out.extend_from_slice(self.keys.count.as_bytes());
        out.extend_from_slice(self.keys.mask.as_bytes());
        out.extend_from_slice(&self.previous.0);
        for ballot in &self.ballots {
            out.extend_from_slice(&padded_id(&ballot.id));
            for key in Hand::ALL.map(|hand| ballot.key_of(hand)) {
                out.extend_from_slice(&key.encapsulated);
                out.extend_from_slice(&key.ciphertext);
            }
        }
        self.link = LinkHash(Sha256::digest(&out).into());
        out.extend_from_slice(&self.link.0);
        out
    }

    /// The length of the header that starts with these bytes.
    pub(crate) fn peek_length(bytes: &[u8; PEEK_BYTES]) -> Result<usize, Defect> {
        check_version(bytes)?;
        let mut fields = Fields(bytes);
        fields.array::<12>()?;
        let got = u64::from(fields.u32()?);
        let _partition = fields.u16()?;
        let ballots = usize::from(fields.u16()?);
        let expected = header_length(ballots);
        if ballots > BALLOTS_MAX || got != expected as u64 {
            return Err(Defect::HeaderLength {
                expected: expected as u64,
                got,
            });
        }
        Ok(expected)
    }

    /// Reads the header that fills `bytes`.
    pub(crate) fn decode(bytes: &[u8]) -> Result<SegmentHeader, Defect> {
        let truncated = || Defect::Truncated {
            expected: header_length(0) as u64,
            got: bytes.len() as u64,
        };
        let (content, hash) = bytes
            .split_last_chunk::<HASH_BYTES>()
            .ok_or_else(truncated)?;
        let expected = SegmentHeader::peek_length(content.first_chunk().ok_or_else(truncated)?)?;
        if bytes.len() != expected {
            let (expected, got) = (expected as u64, bytes.len() as u64);
            return Err(Defect::HeaderLength { expected, got });
        }
        let link = LinkHash(Sha256::digest(content).into());
        if link.0 != *hash {
            return Err(Defect::SegmentHash);
        }
        SegmentHeader::decode_fields(Fields(content), link)
    }

    fn decode_fields(mut fields: Fields<'_>, link: LinkHash) -> Result<SegmentHeader, Defect> {
        fields.array::<16>()?;
        let partition = fields.u16()?;
        let ballot_count = fields.u16()?;
        let number = fields.u32()?;
        let first_sequence = fields.u64()?;
        let epoch = fields.u32()?;
        if fields.u32()? != 0 {
            return Err(Defect::HeaderField { field: "reserved" });
        }
        let event_id = fields.id("event id")?;
        let manifest_sha256 = fields.array()?;
        let keys = HandPublicKeys {
            count: HandPublicKey::from_bytes(fields.array()?),
            mask: HandPublicKey::from_bytes(fields.array()?),
        };
        let previous = LinkHash(fields.array()?);
        let ballots: Result<Vec<SegmentBallot>, Defect> = (0..ballot_count)
            .map(|_| decode_ballot(&mut fields))
            .collect();
        Ok(SegmentHeader {
            partition,
            number,
            first_sequence,
            epoch,
            event_id,
            manifest_sha256,
            keys,
            previous,
            ballots: ballots?,
            link,
        })
    }

    /// Refuses the segment of another event, package, key or partition.
    ///
    /// # Errors
    /// [`Defect::Another`], [`Defect::Partition`].
    pub fn check(&self, shape: &Shape, partition: u16) -> Result<(), Defect> {
        same("event", &shape.event_id, &self.event_id)?;
        let (manifest, own) = (
            LinkHash(shape.manifest_sha256),
            LinkHash(self.manifest_sha256),
        );
        same("package (SHA-256 of its manifest)", &manifest, &own)?;
        same("count key", &shape.keys.count, &self.keys.count)?;
        same("mask key", &shape.keys.mask, &self.keys.mask)?;
        self.check_partition(partition)?;
        let expected: Vec<&str> = shape
            .ballots
            .iter()
            .map(|ballot| ballot.id.as_str())
            .collect();
        let got: Vec<&str> = self
            .ballots
            .iter()
            .map(|ballot| ballot.id.as_str())
            .collect();
        same("list of ballots", &expected.join(" "), &got.join(" "))
    }

    /// Refuses the segment of another partition.
    pub(crate) fn check_partition(&self, expected: u16) -> Result<(), Defect> {
        if self.partition == expected {
            return Ok(());
        }
        Err(Defect::Partition {
            expected,
            got: self.partition,
        })
    }
}

fn same<T: PartialEq + ToString>(what: &'static str, expected: &T, got: &T) -> Result<(), Defect> {
    if expected == got {
        return Ok(());
    }
    Err(Defect::Another {
        what,
        expected: expected.to_string(),
        got: got.to_string(),
    })
}

fn decode_key(fields: &mut Fields<'_>) -> Result<SealedKey, Defect> {
    Ok(SealedKey {
        encapsulated: fields.array()?,
        ciphertext: fields.array()?,
    })
}

fn decode_ballot(fields: &mut Fields<'_>) -> Result<SegmentBallot, Defect> {
    let id = fields.id("ballot id")?;
    Ok(SegmentBallot {
        id,
        count_key: decode_key(fields)?,
        mask_key: decode_key(fields)?,
    })
}
