//! Sealing of choices: two fresh content keys for each ballot of each segment, one sealed to the count
//! key and one to the mask key (HPKE base mode, X25519, HKDF-SHA256, ChaCha20-Poly1305; RFC 9180).
//! Counts are masked under the one and what comes out is encrypted under the other
//! (ChaCha20-Poly1305, RFC 8439), so that neither holder reads a count.
//!
//! Content keys live in the writer's memory until their segment closes and are then wiped: whoever
//! takes the machine later cannot open what they sealed. The nonces follow from the frame's sequence,
//! which a segment never uses twice: a segment in which a frame failed is closed, never written again.

use std::io;

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hpke::aead::ChaCha20Poly1305 as HpkeChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use zeroize::Zeroizing;

use crate::format::body::SealedChoices;
use crate::format::contents::Contents;
use crate::format::entropy::{Drawn, Entropy};
use crate::format::hand::{Hand, HandPublicKeys, HandSecretKey};
use crate::format::header::{SealedKey, SegmentHeader};
use crate::format::mask::MaskKey;

const CHOICES_DOMAIN: &[u8] = b"scrutin.v2 choices";

/// The content keys of one ballot in one segment, as the writer holds them.
pub(crate) struct ContentKeys {
    count: CountKey,
    mask: MaskKey,
}

/// Encrypts masked counts. The cipher wipes its copy of the key when dropped.
pub(crate) struct CountKey(ChaCha20Poly1305);

/// The place of a segment among all segments of all events: bound into each content key.
pub(crate) struct SegmentContext<'a> {
    pub(crate) event_id: &'a str,
    pub(crate) manifest_sha256: &'a [u8; 32],
    pub(crate) partition: u16,
    pub(crate) segment: u32,
    pub(crate) epoch: u32,
}

impl SegmentContext<'_> {
    /// HPKE's `info` of one ballot's key: every field of fixed length but the last, behind the domain.
    fn info(&self, hand: Hand, ballot: u16) -> Vec<u8> {
        let mut info = format!("scrutin.v2 {hand} key").into_bytes();
        info.extend_from_slice(self.manifest_sha256);
        info.extend_from_slice(&self.partition.to_le_bytes());
        info.extend_from_slice(&self.segment.to_le_bytes());
        info.extend_from_slice(&self.epoch.to_le_bytes());
        info.extend_from_slice(&ballot.to_le_bytes());
        info.extend_from_slice(self.event_id.as_bytes());
        info
    }
}

/// Public keys in the form in which content keys are sealed to them.
pub(crate) struct Recipients {
    count: <X25519HkdfSha256 as Kem>::PublicKey,
    mask: <X25519HkdfSha256 as Kem>::PublicKey,
}

impl Recipients {
    /// # Errors
    /// A key that nobody can seal to.
    pub(crate) fn new(keys: &HandPublicKeys) -> io::Result<Recipients> {
        let of = |hand: Hand| {
            let key = keys.key(hand).to_hpke();
            key.map_err(|error| io::Error::other(format!("{hand} key: {error}")))
        };
        Ok(Recipients {
            count: of(Hand::Count)?,
            mask: of(Hand::Mask)?,
        })
    }
}

impl ContentKeys {
    /// Draws the keys for one ballot of one segment; comes with them sealed, to the count key and to the
    /// mask key.
    pub(crate) fn generate(
        entropy: &mut dyn Entropy,
        recipients: &Recipients,
        place: &SegmentContext<'_>,
        ballot: u16,
    ) -> io::Result<(ContentKeys, [SealedKey; 2])> {
        let mut count = Zeroizing::new([0; 32]);
        entropy.fill(count.as_mut_slice())?;
        let mask = MaskKey::generate(entropy)?;
        let info = |hand| place.info(hand, ballot);
        let for_count = seal_key(entropy, &recipients.count, &info(Hand::Count), &count)?;
        let for_mask = seal_key(
            entropy,
            &recipients.mask,
            &info(Hand::Mask),
            mask.as_bytes(),
        )?;
        let count = CountKey(ChaCha20Poly1305::new((&*count).into()));
        Ok((ContentKeys { count, mask }, [for_count, for_mask]))
    }

    /// Masks and encrypts the choices of one ballot in one frame.
    pub(crate) fn seal(&self, contents: &Contents, at: &ChoicesContext) -> SealedChoices {
        let mut masked = contents.masked(&self.mask, at.sequence);
        let cipher = &self.count.0;
        let tag = cipher
            .encrypt_inout_detached(&at.nonce(), &at.associated(), masked.as_mut_slice().into())
            .expect("ChaCha20-Poly1305 takes 256 GiB, a batch stays below 8 MiB");
        // The buffer now holds ciphertext.
        let mut sealed = masked.to_vec();
        sealed.extend_from_slice(&tag);
        SealedChoices {
            ballot: at.ballot,
            count: contents.total(),
            sealed,
        }
    }
}

impl CountKey {
    /// The key of one ballot in the segment of `header`; none where the secret key is not that of the
    /// event's count hand.
    pub(crate) fn open(
        secret: &HandSecretKey,
        header: &SegmentHeader,
        ballot: u16,
    ) -> Option<CountKey> {
        let key = open_key(secret, Hand::Count, header, ballot)?;
        Some(CountKey(ChaCha20Poly1305::new((&*key).into())))
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

impl MaskKey {
    /// The key of one ballot in the segment of `header`; none where the secret key is not that of the
    /// event's mask hand.
    pub(crate) fn open(
        secret: &HandSecretKey,
        header: &SegmentHeader,
        ballot: u16,
    ) -> Option<MaskKey> {
        open_key(secret, Hand::Mask, header, ballot).map(MaskKey::from_bytes)
    }
}

fn seal_key(
    entropy: &mut dyn Entropy,
    recipient: &<X25519HkdfSha256 as Kem>::PublicKey,
    info: &[u8],
    key: &[u8; 32],
) -> io::Result<SealedKey> {
    let mut drawn = Drawn::from(entropy)?;
    let (encapsulated, ciphertext) = hpke::single_shot_seal_with_rng::<
        HpkeChaCha20Poly1305,
        HkdfSha256,
        X25519HkdfSha256,
    >(&OpModeS::Base, recipient, info, key, b"", &mut drawn)
    .map_err(|error| io::Error::other(format!("cannot seal a content key: {error}")))?;
    Ok(SealedKey {
        encapsulated: encapsulated.to_bytes().into(),
        ciphertext: ciphertext
            .try_into()
            .map_err(|_| io::Error::other("a sealed key of another length than 48 bytes"))?,
    })
}

fn open_key(
    secret: &HandSecretKey,
    hand: Hand,
    header: &SegmentHeader,
    ballot: u16,
) -> Option<Zeroizing<[u8; 32]>> {
    let sealed = header.ballots.get(usize::from(ballot))?.key_of(hand);
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
        &place.info(hand, ballot),
        &sealed.ciphertext,
        b"",
    );
    let key = Zeroizing::new(key.ok()?);
    let mut fixed = Zeroizing::new([0; 32]);
    fixed.copy_from_slice(key.get(..32)?);
    (key.len() == 32).then_some(fixed)
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
    use crate::format::ballot_paper::Paper;
    use crate::format::contents::{Enclosed, EnclosedChoice};
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
        let public = |hand| HandSecretKey::generate(hand).expect("randomness").public();
        let recipients = Recipients::new(&HandPublicKeys {
            count: public(Hand::Count),
            mask: public(Hand::Mask),
        });
        let manifest = [7; 32];
        let place = SegmentContext {
            event_id: "event",
            manifest_sha256: &manifest,
            partition: 0,
            segment: 3,
            epoch: 1,
        };
        let recipients = recipients.expect("sound keys");
        let keys = ContentKeys::generate(&mut SystemEntropy, &recipients, &place, 1);
        let (keys, _) = keys.expect("randomness");
        let paper = Paper::Cells(vec![Choice::Oui, Choice::Non]);
        let mut contents = Contents::default();
        contents.add(2, &paper, &Enclosed(EnclosedChoice::Cell(1)));
        let sealed = keys.seal(&contents, &at(3, 9, 1)).sealed;
        assert_eq!(sealed.len(), 2 * 4 + 16, "a vote on a law has one length");
        let plain = keys.count.unseal(&sealed, &at(3, 9, 1)).expect("its place");
        assert_eq!(*plain, *contents.masked(&keys.mask, 9));
        for other in [at(2, 9, 1), at(3, 8, 1), at(3, 9, 0)] {
            assert!(keys.count.unseal(&sealed, &other).is_none());
        }
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let opened = keys.count.unseal(&changed, &at(3, 9, 1));
            assert!(opened.is_none(), "bit {bit}");
        }
    }
}
