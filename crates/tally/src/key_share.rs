//! A key in shares: as many trustees as were asked for make it whole, and fewer know nothing of it.
//!
//! A share file is one line:
//! `scrutin-key-share-2:<hand>:<need>:<of>:<number>:<public key>:<split>:<share>:<sum>`, the last four in
//! hexadecimal. `split` is drawn anew each time a key is split. The public half tells which key it is of, and whether what shares make
//! together is that key: Shamir's scheme alone makes a wrong key of wrong shares without a word.

use anyhow::{Context, bail, ensure};
use data_encoding::HEXLOWER;
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use ledger::{Hand, HandPublicKey, HandSecretKey};
use sha2::{Digest, Sha256};
use vsss_rs::Gf256;
use zeroize::Zeroizing;

const TAG: &str = "scrutin-key-share-2";
const SUM_DOMAIN: &[u8] = b"scrutin.v2 key share checksum";
/// Longest share file read.
const TEXT_BYTES_MAX: usize = 512;
/// Most trustees; fewer than a byte can number.
pub(crate) const TRUSTEES_MAX: u8 = 99;

/// Bytes that tell one split of a key from another.
const SPLIT_BYTES: usize = 8;

/// One trustee's share of a key.
pub(crate) struct KeyShare {
    hand: Hand,
    pub(crate) need: u8,
    pub(crate) of: u8,
    pub(crate) number: u8,
    public: HandPublicKey,
    /// The same in all shares of one split.
    split: [u8; SPLIT_BYTES],
    share: Zeroizing<Vec<u8>>,
}

/// Splits a key among `of` trustees, of whom `need` make it whole.
///
/// # Errors
/// Numbers that make no sense.
pub(crate) fn split(key: &HandSecretKey, of: u8, need: u8) -> anyhow::Result<Vec<KeyShare>> {
    ensure!(
        2 <= need && need <= of && of <= TRUSTEES_MAX,
        "{need} of {of} trustees: ask for 2 at least, and for no more than there are (at most {TRUSTEES_MAX})"
    );
    let mut drawn = [0; SPLIT_BYTES];
    getrandom::fill(&mut drawn).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    let secret = key.to_bytes();
    let entropy = UnwrapErr(SysRng);
    let shares = Gf256::split_bytes(need.into(), of.into(), secret.as_slice(), entropy);
    let shares = shares.map_err(|error| anyhow::anyhow!("the key cannot be split: {error}"))?;
    let numbered = (1..=of).zip(shares);
    Ok(numbered
        .map(|(number, share)| KeyShare {
            hand: key.hand(),
            need,
            of,
            number,
            public: key.public(),
            split: drawn,
            share: Zeroizing::new(share),
        })
        .collect())
}

/// The key that these shares are of.
///
/// # Errors
/// Shares of different keys, too few, one twice, or a changed one.
pub(crate) fn join(shares: &[KeyShare]) -> anyhow::Result<HandSecretKey> {
    let first = shares.first().context("no share was named")?;
    for share in shares {
        ensure!(
            share.public == first.public && share.hand == first.hand,
            "shares {} and {} are of two keys: {} {} and {} {}",
            first.number,
            share.number,
            first.hand,
            first.public,
            share.hand,
            share.public
        );
        ensure!(
            (share.need, share.of, share.split) == (first.need, first.of, first.split),
            "shares {} and {} are of two splits of the key: do not mix them",
            first.number,
            share.number
        );
        let same = shares.iter().filter(|other| other.number == share.number);
        ensure!(same.count() == 1, "share {} was named twice", share.number);
    }
    let (got, need) = (shares.len(), usize::from(first.need));
    ensure!(
        got >= need,
        "{got} of the shares were named, and {need} are needed: nothing can be told of the key from fewer"
    );
    let chosen = shares.iter().take(need).map(|share| share.share.to_vec());
    let chosen: Zeroizing<Vec<Vec<u8>>> = Zeroizing::new(chosen.collect());
    let bytes = Gf256::combine_bytes(chosen.as_slice());
    let bytes = bytes.map_err(|error| anyhow::anyhow!("the shares cannot be joined: {error}"))?;
    let bytes = Zeroizing::new(bytes);
    let bytes: &[u8; 32] = bytes
        .as_slice()
        .try_into()
        .context("the shares make no key of 32 bytes")?;
    let key = HandSecretKey::from_bytes(first.hand, bytes);
    if key.public() != first.public {
        bail!(
            "these shares do not make the key {}: one of them was changed",
            first.public
        );
    }
    Ok(key)
}

impl KeyShare {
    /// The text of a share file.
    pub(crate) fn to_file_text(&self) -> Zeroizing<String> {
        let share = Zeroizing::new(HEXLOWER.encode(&self.share));
        let body = Zeroizing::new(format!(
            "{TAG}:{}:{}:{}:{}:{}:{}:{}",
            self.hand,
            self.need,
            self.of,
            self.number,
            self.public,
            HEXLOWER.encode(&self.split),
            *share
        ));
        Zeroizing::new(format!("{}:{}\n", *body, sum_of(&body)))
    }

    /// Reads the text of a share file; white space around the line is ignored.
    ///
    /// # Errors
    /// Another form, or a changed character. The text is never quoted.
    pub(crate) fn parse(text: &[u8]) -> anyhow::Result<KeyShare> {
        const FORM: &str =
            "not a share of a key: expected one line of `tally split`, copy the file again";
        ensure!(text.len() <= TEXT_BYTES_MAX, FORM);
        let line = std::str::from_utf8(text).context(FORM)?.trim();
        ensure!(line.starts_with(&format!("{TAG}:")), FORM);
        let (body, sum) = line.rsplit_once(':').context(FORM)?;
        ensure!(
            sum_of(body) == sum,
            "the checksum of the share does not fit: a character was lost or changed, copy the file again"
        );
        let fields: Vec<&str> = body.split(':').collect();
        let [TAG, hand, need, of, number, public, split, share] = fields[..] else {
            bail!(FORM);
        };
        let hand = Hand::ALL.into_iter().find(|known| known.name() == hand);
        let split = HEXLOWER.decode(split.as_bytes()).context(FORM)?;
        let share = HEXLOWER.decode(share.as_bytes()).context(FORM)?;
        Ok(KeyShare {
            hand: hand.context(FORM)?,
            need: need.parse().context(FORM)?,
            of: of.parse().context(FORM)?,
            number: number.parse().context(FORM)?,
            public: HandPublicKey::parse(public)?,
            split: split.try_into().ok().context(FORM)?,
            share: Zeroizing::new(share),
        })
    }
}

fn sum_of(body: &str) -> String {
    let digest = Sha256::new()
        .chain_update(SUM_DOMAIN)
        .chain_update(body)
        .finalize();
    HEXLOWER.encode(&digest[..4])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> HandSecretKey {
        HandSecretKey::generate(Hand::Mask).expect("randomness")
    }

    fn reread(shares: &[KeyShare]) -> Vec<KeyShare> {
        let text = |share: &KeyShare| KeyShare::parse(share.to_file_text().as_bytes());
        shares
            .iter()
            .map(|share| text(share).expect("own text"))
            .collect()
    }

    fn refusal(shares: &[KeyShare]) -> String {
        join(shares).expect_err("a refusal").to_string()
    }

    #[test]
    fn every_subset_that_is_large_enough_makes_the_key() {
        let key = key();
        for chosen in 0u32..1 << 5 {
            let shares = split(&key, 5, 3).expect("split").into_iter().enumerate();
            let shares: Vec<KeyShare> = shares
                .filter(|(at, _)| chosen >> at & 1 == 1)
                .map(|(_, share)| share)
                .collect();
            let joined = join(&reread(&shares));
            match chosen.count_ones() {
                3.. => assert_eq!(joined.expect("enough").public(), key.public()),
                _ => assert!(joined.is_err(), "{chosen:b}"),
            }
        }
    }

    #[test]
    fn shares_that_do_not_belong_together_are_refused_with_the_reason() {
        let shares = |key: &HandSecretKey| split(key, 3, 2).expect("split");
        let (one, other) = (key(), key());
        let mut mixed = shares(&one);
        mixed.truncate(1);
        mixed.push(shares(&other).remove(1));
        assert!(refusal(&mixed).contains("of two keys"));
        let mut twice = shares(&one);
        twice.truncate(1);
        twice.extend(reread(&twice));
        assert!(refusal(&twice).contains("named twice"));
        let mut two_splits = shares(&one);
        two_splits.truncate(1);
        two_splits.push(shares(&one).remove(1));
        assert!(refusal(&two_splits).contains("two splits of the key"));
        let mut one_too_many = shares(&one);
        one_too_many.pop();
        one_too_many.push(shares(&one).remove(2));
        assert!(refusal(&one_too_many).contains("two splits of the key"));
        assert!(refusal(&shares(&one)[..1]).contains("2 are needed"));
        for (of, need) in [(3, 1), (2, 3), (100, 2)] {
            assert!(split(&one, of, need).is_err(), "{need} of {of}");
        }
    }

    #[test]
    fn a_changed_character_is_noticed() {
        let share = split(&key(), 3, 2).expect("split").remove(0);
        let text = share.to_file_text();
        for at in 0..text.len() - 1 {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
            assert!(KeyShare::parse(&bytes).is_err(), "byte {at}");
        }
        assert!(KeyShare::parse(&[b'a'; 4096]).is_err());
    }
}
