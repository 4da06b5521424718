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
use hpke::aead::ChaCha20Poly1305 as HpkeChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use zeroize::Zeroizing;

use crate::format::body::SealedChoices;
use crate::format::choice_code::Counts;
use crate::format::entropy::{Drawn, Entropy};
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

    pub(crate) fn open(
        secret: &BoxSecretKey,
        header: &SegmentHeader,
        ballot: u16,
    ) -> Option<ContentKey> {
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
    pub(crate) fn seal(&self, counts: &Counts, at: &ChoicesContext) -> SealedChoices {
        let mut plain = counts.to_plaintext();
        let tag = self
            .0
            .encrypt_inout_detached(&at.nonce(), &at.associated(), plain.as_mut_slice().into())
            .expect("ChaCha20-Poly1305 takes 256 GiB, a batch stays below 8 MiB");
        // The buffer now holds ciphertext.
        let mut sealed = plain.to_vec();
        sealed.extend_from_slice(&tag);
        SealedChoices {
            ballot: at.ballot,
            count: counts.total(),
            sealed,
        }
    }

    pub(crate) fn unseal(&self, sealed: &[u8], at: &ChoicesContext) -> Option<Zeroizing<Vec<u8>>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::choice_code::decode_counts;
    use crate::format::entropy::SystemEntropy;
    use election::Choice;

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
        let sealed = key.seal(&counts, &at(3, 9, 1)).sealed;
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
