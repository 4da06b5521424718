//! One ranked vote in a frame: a ranking sealed to the mask key, inside what is sealed to the count
//! key. So the holder of the count key can shuffle votes that it cannot read, and the holder of the
//! mask key reads votes that it cannot place.
//!
//! A record is `E (32) ‖ ChaCha20-Poly1305`: X25519 of an ephemeral key to the mask key, HKDF-SHA256
//! over the shared secret (salt `scrutin.v2 ranking`, info = E, manifest SHA-256, ballot, region),
//! nonce zero: a key seals once. The plaintext is `ranks` numbers of two bytes: 1 = the first candidate
//! of the paper, zeros behind the last rank.
//!
//! The same derivation gives the ranking's *witness*, 16 bytes that only its submitter and the holder of
//! the mask key know. A frame holds the sum of its witnesses, masked, so the holder of the count key cannot
//! put other rankings into a release: it does not know by how much the sum changes.

use std::io;

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use curve25519_dalek::edwards::EdwardsBasepointTable;
use curve25519_dalek::montgomery::MontgomeryPoint;
use curve25519_dalek::traits::BasepointTable;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::format::entropy::Entropy;
use crate::format::hand::{HandPublicKey, HandSecretKey, KeyError};

const SALT: &[u8] = b"scrutin.v2 ranking";
const KEY_BYTES: usize = 32;
const TAG_BYTES: usize = 16;
/// Bytes of one rank of a ranked vote.
const RANK_BYTES: usize = 2;
/// Bytes of a witness, and of a sum of witnesses.
pub(crate) const WITNESS_BYTES: usize = 16;
/// What a record takes beside its ranks.
const RECORD_OVERHEAD_BYTES: usize = KEY_BYTES + TAG_BYTES;

/// Bytes of one ranked vote of at most `ranks` ranks.
pub(crate) fn record_bytes(ranks: usize) -> usize {
    RECORD_OVERHEAD_BYTES + ranks * RANK_BYTES
}

/// Whose record it is: bound into its key.
#[derive(Clone, Copy)]
pub(crate) struct RankingContext<'a> {
    pub(crate) manifest_sha256: &'a [u8; 32],
    pub(crate) ballot: u16,
    pub(crate) region: u16,
}

/// A ranking that only the holder of the mask key reads. Wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct SealedRanking {
    pub(crate) record: Vec<u8>,
    /// What its frame adds up, modulo 2^128.
    pub(crate) witness: u128,
}

/// Seals rankings to one mask key, by tables that are computed once.
pub(crate) struct RankingSealer {
    mask_key: Box<EdwardsBasepointTable>,
}

impl RankingSealer {
    /// # Errors
    /// [`KeyError::NotOnCurve`]: nobody has the secret half of this key.
    pub(crate) fn new(mask_key: HandPublicKey) -> Result<RankingSealer, KeyError> {
        let point = MontgomeryPoint(*mask_key.as_bytes()).to_edwards(0);
        let point = point.ok_or(KeyError::NotOnCurve)?;
        Ok(RankingSealer {
            mask_key: Box::new(EdwardsBasepointTable::create(&point)),
        })
    }

    /// Seals a ranking of places on the paper, counted from 1, as `ranks` ranks.
    ///
    /// # Errors
    /// The source of randomness has none to give.
    pub(crate) fn seal(
        &self,
        entropy: &mut dyn Entropy,
        context: RankingContext<'_>,
        places: &[u16],
        ranks: usize,
    ) -> io::Result<SealedRanking> {
        let mut ephemeral = Zeroizing::new([0; KEY_BYTES]);
        entropy.fill(ephemeral.as_mut_slice())?;
        // X25519 knows a point by one coordinate, which tables of the same curve's other form give too.
        let public = curve25519_dalek::constants::ED25519_BASEPOINT_TABLE
            .mul_base_clamped(*ephemeral)
            .to_montgomery();
        let shared = self.mask_key.mul_base_clamped(*ephemeral).to_montgomery();
        let mut record = Vec::with_capacity(RECORD_OVERHEAD_BYTES + ranks * RANK_BYTES);
        record.extend_from_slice(public.as_bytes());
        for place in places {
            record.extend_from_slice(&place.to_le_bytes());
        }
        record.resize(KEY_BYTES + ranks * RANK_BYTES, 0);
        let secrets = Secrets::derive(&Zeroizing::new(shared.to_bytes()), &public, context);
        let plain = record.get_mut(KEY_BYTES..).expect("resized above");
        let tag = secrets
            .cipher
            .encrypt_inout_detached(&Nonce::default(), b"", plain.into())
            .expect("ChaCha20-Poly1305 takes 256 GiB, a ranking a few hundred bytes");
        record.extend_from_slice(&tag);
        Ok(SealedRanking {
            record,
            witness: secrets.witness,
        })
    }
}

/// The places that a record ranks, counted from 1, and its witness; none where it was not sealed to this
/// key, at this ballot and region, or ranks nothing that can be ranked.
pub(crate) fn open(
    secret: &HandSecretKey,
    context: RankingContext<'_>,
    record: &[u8],
) -> Option<(Vec<u16>, u128)> {
    let (public, sealed) = record.split_first_chunk::<KEY_BYTES>()?;
    let (ciphertext, tag) = sealed.split_last_chunk::<TAG_BYTES>()?;
    let public = MontgomeryPoint(*public);
    let shared = Zeroizing::new(public.mul_clamped(*secret.to_bytes()).to_bytes());
    let mut plain = Zeroizing::new(ciphertext.to_vec());
    let secrets = Secrets::derive(&shared, &public, context);
    secrets
        .cipher
        .decrypt_inout_detached(
            &Nonce::default(),
            b"",
            plain.as_mut_slice().into(),
            tag.into(),
        )
        .ok()?;
    let (ranks, rest) = plain.as_chunks::<RANK_BYTES>();
    if !rest.is_empty() {
        return None;
    }
    let mut places = ranks.iter().map(|rank| u16::from_le_bytes(*rank));
    let ranked: Vec<u16> = places.by_ref().take_while(|place| *place != 0).collect();
    (!ranked.is_empty() && places.all(|place| place == 0)).then_some((ranked, secrets.witness))
}

/// What submitter and mask hand alone derive of a record.
struct Secrets {
    cipher: ChaCha20Poly1305,
    witness: u128,
}

impl Secrets {
    fn derive(shared: &[u8; 32], public: &MontgomeryPoint, context: RankingContext<'_>) -> Secrets {
        let mut derived = Zeroizing::new([0; KEY_BYTES + WITNESS_BYTES]);
        let (ballot, region) = (context.ballot.to_le_bytes(), context.region.to_le_bytes());
        let info = [
            public.as_bytes(),
            context.manifest_sha256.as_slice(),
            &ballot,
            &region,
        ];
        Hkdf::<Sha256>::new(Some(SALT), shared)
            .expand_multi_info(&info, derived.as_mut_slice())
            .expect("HKDF-SHA256 gives up to 8,160 bytes");
        let (mut key, mut witness) = (Zeroizing::new([0; KEY_BYTES]), [0; WITNESS_BYTES]);
        key.copy_from_slice(&derived[..KEY_BYTES]);
        witness.copy_from_slice(&derived[KEY_BYTES..]);
        Secrets {
            cipher: ChaCha20Poly1305::new((&*key).into()),
            witness: u128::from_le_bytes(witness),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::entropy::SystemEntropy;
    use crate::format::hand::Hand;
    use proptest::prelude::*;

    const MANIFEST: [u8; 32] = [7; 32];

    fn context(ballot: u16, region: u16) -> RankingContext<'static> {
        RankingContext {
            manifest_sha256: &MANIFEST,
            ballot,
            region,
        }
    }

    fn key() -> HandSecretKey {
        HandSecretKey::generate(Hand::Mask).expect("randomness")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn a_ranking_reads_back_and_has_one_length(places in prop::collection::vec(1u16.., 1..9)) {
            let key = key();
            let sealer = RankingSealer::new(key.public()).expect("on the curve");
            let sealed = sealer.seal(&mut SystemEntropy, context(1, 2), &places, 9).expect("sealed");
            prop_assert_eq!(sealed.record.len(), RECORD_OVERHEAD_BYTES + 9 * RANK_BYTES);
            prop_assert_eq!(open(&key, context(1, 2), &sealed.record), Some((places, sealed.witness)));
        }

        #[test]
        fn hostile_records_give_nothing(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
            prop_assert_eq!(open(&key(), context(1, 2), &bytes), None);
        }
    }

    /// The tables give what X25519 gives: a reader with a stock library opens a record.
    #[test]
    fn the_shared_secret_is_that_of_x25519() {
        let key = key();
        let table = RankingSealer::new(key.public()).expect("on the curve");
        for byte in 0..32 {
            let ephemeral = [byte; 32];
            let plain = MontgomeryPoint(*key.public().as_bytes()).mul_clamped(ephemeral);
            let by_table = table.mask_key.mul_base_clamped(ephemeral).to_montgomery();
            assert_eq!(by_table, plain);
        }
    }

    #[test]
    fn a_record_opens_with_its_key_at_its_place_alone() {
        let (key, other) = (key(), key());
        let sealer = RankingSealer::new(key.public()).expect("on the curve");
        let record = sealer.seal(&mut SystemEntropy, context(1, 2), &[3, 1], 4);
        let SealedRanking { record, .. } = &record.expect("sealed");
        assert_eq!(open(&other, context(1, 2), record), None);
        assert_eq!(open(&key, context(1, 3), record), None);
        assert_eq!(open(&key, context(0, 2), record), None);
        for bit in 0..record.len() * 8 {
            let mut changed = record.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            // X25519 ignores the highest bit of a point, the key derivation does not.
            assert_eq!(open(&key, context(1, 2), &changed), None, "bit {bit}");
        }
    }
}
