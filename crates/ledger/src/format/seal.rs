//! Sealing of choices: a fresh content key for each ballot of each segment, itself sealed to the
//! box key (HPKE base mode, X25519, HKDF-SHA256, ChaCha20-Poly1305; RFC 9180), encrypts the counts
//! of each frame (ChaCha20-Poly1305, RFC 8439).
//!
//! A content key lives in the writer's memory until its segment closes and is then wiped: whoever
//! takes the machine later cannot open what it sealed. The nonce is the frame's sequence, which a
//! segment never uses twice: a segment in which a frame failed is closed, never written again.

use std::io;

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use election::Choice;
use hpke::aead::ChaCha20Poly1305 as HpkeChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use zeroize::Zeroizing;

use crate::error::OpenError;
use crate::format::body::SealedChoices;
use crate::format::choice_code::{Counts, decode_counts};
use crate::format::entropy::{Drawn, Entropy};
use crate::format::frame::Frame;
use crate::format::header::{SealedKey, SegmentHeader};
use crate::format::keys::BoxSecretKey;

const KEY_DOMAIN: &[u8] = b"scrutin.v1 content key";
const CHOICES_DOMAIN: &[u8] = b"scrutin.v1 choices";

/// A content key in memory. The cipher wipes its copy of the key when dropped.
pub(crate) struct ContentKey(ChaCha20Poly1305);

/// The place of a segment among all segments of all events: bound into each content key.
pub(crate) struct SegmentContext<'a> {
    pub(crate) event_id: &'a str,
    pub(crate) manifest_sha256: &'a [u8; 32],
    pub(crate) partition: u16,
    pub(crate) segment: u32,
    pub(crate) epoch: u32,
}

impl SegmentContext<'_> {
    /// HPKE's `info` of one ballot: every field of fixed length but the last.
    fn info(&self, ballot: u16) -> Vec<u8> {
        let mut info = KEY_DOMAIN.to_vec();
        info.extend_from_slice(self.manifest_sha256);
        info.extend_from_slice(&self.partition.to_le_bytes());
        info.extend_from_slice(&self.segment.to_le_bytes());
        info.extend_from_slice(&self.epoch.to_le_bytes());
        info.extend_from_slice(&ballot.to_le_bytes());
        info.extend_from_slice(self.event_id.as_bytes());
        info
    }
}

impl ContentKey {
    /// Draws a key for one ballot of one segment and seals it to the box key.
    pub(crate) fn generate(
        entropy: &mut dyn Entropy,
        box_key: &<X25519HkdfSha256 as Kem>::PublicKey,
        place: &SegmentContext<'_>,
        ballot: u16,
    ) -> io::Result<(ContentKey, SealedKey)> {
        let mut key = Zeroizing::new([0; 32]);
        entropy.fill(key.as_mut_slice())?;
        let mut drawn = Drawn::from(entropy)?;
        let (encapsulated, ciphertext) =
            hpke::single_shot_seal_with_rng::<HpkeChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
                &OpModeS::Base,
                box_key,
                &place.info(ballot),
                key.as_slice(),
                b"",
                &mut drawn,
            )
            .map_err(|error| io::Error::other(format!("cannot seal to the box key: {error}")))?;
        let sealed = SealedKey {
            encapsulated: encapsulated.to_bytes().into(),
            ciphertext: ciphertext
                .try_into()
                .map_err(|_| io::Error::other("a sealed key of another length than 48 bytes"))?,
        };
        Ok((ContentKey(ChaCha20Poly1305::new((&*key).into())), sealed))
    }

    fn open(secret: &BoxSecretKey, header: &SegmentHeader, ballot: u16) -> Option<ContentKey> {
        let sealed = &header.ballots.get(usize::from(ballot))?.content_key;
        let place = SegmentContext {
            event_id: &header.event_id,
            manifest_sha256: &header.manifest_sha256,
            partition: header.partition,
            segment: header.number,
            epoch: header.epoch,
        };
        let encapsulated =
            <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&sealed.encapsulated).ok()?;
        let key = hpke::single_shot_open::<HpkeChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &secret.to_hpke(),
            &encapsulated,
            &place.info(ballot),
            &sealed.ciphertext,
            b"",
        );
        let key = Zeroizing::new(key.ok()?);
        ChaCha20Poly1305::new_from_slice(&key).ok().map(ContentKey)
    }

    /// Encrypts the counts of one ballot in one frame.
    pub(crate) fn seal(&self, counts: &Counts, at: &ChoicesContext) -> Option<SealedChoices> {
        let mut plain = counts.to_plaintext();
        let tag = self
            .0
            .encrypt_inout_detached(&at.nonce(), &at.associated(), plain.as_mut_slice().into())
            .ok()?;
        // The buffer now holds ciphertext.
        let mut sealed = plain.to_vec();
        sealed.extend_from_slice(&tag);
        Some(SealedChoices {
            ballot: at.ballot,
            count: counts.total(),
            sealed,
        })
    }

    fn unseal(&self, sealed: &[u8], at: &ChoicesContext) -> Option<Zeroizing<Vec<u8>>> {
        let (ciphertext, tag) = sealed.split_last_chunk::<16>()?;
        let mut plain = Zeroizing::new(ciphertext.to_vec());
        self.0
            .decrypt_inout_detached(
                &at.nonce(),
                &at.associated(),
                plain.as_mut_slice().into(),
                tag.into(),
            )
            .ok()?;
        Some(plain)
    }
}

/// Where sealed choices stand: bound into their nonce and associated data.
pub(crate) struct ChoicesContext {
    pub(crate) partition: u16,
    pub(crate) segment: u32,
    pub(crate) sequence: u64,
    pub(crate) ballot: u16,
}

impl ChoicesContext {
    fn nonce(&self) -> Nonce {
        let mut nonce = Nonce::default();
        nonce[4..].copy_from_slice(&self.sequence.to_le_bytes());
        nonce
    }

    fn associated(&self) -> Vec<u8> {
        let mut data = CHOICES_DOMAIN.to_vec();
        data.extend_from_slice(&self.partition.to_le_bytes());
        data.extend_from_slice(&self.segment.to_le_bytes());
        data.extend_from_slice(&self.sequence.to_le_bytes());
        data.extend_from_slice(&self.ballot.to_le_bytes());
        data
    }
}

/// The opened choices of one ballot in one frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BallotChoices {
    /// Index of the ballot.
    pub ballot: u16,
    /// (region, choice, votes), ascending by region; region 0 = none. Votes are above 0.
    pub counts: Vec<(u16, Choice, u64)>,
}

/// Opens sealed choices with the box key. Content keys of the last segment are kept, so that the
/// key agreement happens once a segment and ballot.
pub struct Opener {
    secret: BoxSecretKey,
    segment: Option<crate::format::chain::LinkHash>,
    keys: Vec<Option<ContentKey>>,
}

impl Opener {
    /// With the box key of the event.
    pub fn new(secret: &BoxSecretKey) -> Opener {
        Opener {
            secret: secret.duplicate(),
            segment: None,
            keys: Vec::new(),
        }
    }

    /// The choices of `frame`, which stands in the segment of `header`; ascending by ballot.
    ///
    /// # Errors
    /// The body is malformed, a box does not open (another key, or the frame of another segment),
    /// or a ballot holds another number of choices than of marks.
    pub fn choices(
        &mut self,
        header: &SegmentHeader,
        frame: &Frame,
    ) -> Result<Vec<BallotChoices>, OpenError> {
        let body = frame.body()?;
        body.choices
            .iter()
            .map(|sealed| self.open(header, frame, sealed))
            .collect()
    }

    fn open(
        &mut self,
        header: &SegmentHeader,
        frame: &Frame,
        sealed: &SealedChoices,
    ) -> Result<BallotChoices, OpenError> {
        let (sequence, ballot) = (frame.header.sequence, sealed.ballot);
        let closed = || OpenError::Sealed { sequence, ballot };
        let at = ChoicesContext {
            partition: header.partition,
            segment: header.number,
            sequence,
            ballot,
        };
        let key = self.key(header, ballot).ok_or_else(closed)?;
        let plain = key.unseal(&sealed.sealed, &at).ok_or_else(closed)?;
        let counts = decode_counts(&plain).map_err(|source| OpenError::Plaintext {
            sequence,
            ballot,
            source,
        })?;
        let got = counts
            .iter()
            .try_fold(0u64, |sum, (_, _, count)| sum.checked_add(*count));
        if got != Some(sealed.count) {
            let (expected, got) = (sealed.count, got.unwrap_or(u64::MAX));
            return Err(OpenError::Count {
                sequence,
                ballot,
                expected,
                got,
            });
        }
        Ok(BallotChoices { ballot, counts })
    }

    fn key(&mut self, header: &SegmentHeader, ballot: u16) -> Option<&ContentKey> {
        if self.segment != Some(header.link) {
            self.segment = Some(header.link);
            self.keys.clear();
            self.keys.resize_with(header.ballots.len(), || None);
        }
        let slot = self.keys.get_mut(usize::from(ballot))?;
        if slot.is_none() {
            *slot = ContentKey::open(&self.secret, header, ballot);
        }
        slot.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::entropy::SystemEntropy;

    fn at(segment: u32, sequence: u64, ballot: u16) -> ChoicesContext {
        ChoicesContext {
            partition: 0,
            segment,
            sequence,
            ballot,
        }
    }

    #[test]
    fn sealed_choices_open_only_at_their_place() {
        let secret = BoxSecretKey::generate().expect("randomness");
        let public = secret.public().to_hpke().expect("a public key");
        let manifest = [7; 32];
        let place = SegmentContext {
            event_id: "event",
            manifest_sha256: &manifest,
            partition: 0,
            segment: 3,
            epoch: 1,
        };
        let (key, _) =
            ContentKey::generate(&mut SystemEntropy, &public, &place, 1).expect("randomness");
        let mut counts = Counts::default();
        counts.add(2, &Choice::Candidate(5));
        let sealed = key.seal(&counts, &at(3, 9, 1)).expect("short").sealed;
        let plain = key.unseal(&sealed, &at(3, 9, 1)).expect("its place");
        assert!(decode_counts(&plain) == Ok(vec![(2, Choice::Candidate(5), 1)]));
        for other in [at(2, 9, 1), at(3, 8, 1), at(3, 9, 0)] {
            assert!(key.unseal(&sealed, &other).is_none());
        }
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(key.unseal(&changed, &at(3, 9, 1)).is_none(), "bit {bit}");
        }
    }
}
