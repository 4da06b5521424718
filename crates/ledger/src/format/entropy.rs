//! Randomness as a dependency: content keys and receipt trackers come from the system's CSPRNG,
//! golden files and simulations from a seed.

use std::convert::Infallible;
use std::io;

use hpke::rand_core::{TryCryptoRng, TryRng};
use zeroize::Zeroizing;

/// A source of unpredictable bytes.
pub trait Entropy: Send {
    /// Fills all of `bytes`.
    ///
    /// # Errors
    /// The system has no randomness to give; nothing may be sealed then.
    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<()>;
}

/// The system's CSPRNG (`getrandom(2)`).
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        getrandom::fill(bytes).map_err(io::Error::other)
    }
}

/// Bytes drawn beforehand, handed out in order: HPKE wants a generator that cannot fail, so the
/// drawing, which can, happens first.
pub(crate) struct Drawn {
    bytes: Zeroizing<[u8; Drawn::LEN]>,
    used: usize,
}

impl Drawn {
    /// X25519 needs 32 bytes of key material for an ephemeral key; the rest is slack.
    const LEN: usize = 64;

    pub(crate) fn from(entropy: &mut dyn Entropy) -> io::Result<Drawn> {
        let mut bytes = Zeroizing::new([0; Drawn::LEN]);
        entropy.fill(bytes.as_mut_slice())?;
        Ok(Drawn { bytes, used: 0 })
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        self.copy_to(&mut out);
        out
    }

    fn copy_to(&mut self, out: &mut [u8]) {
        let end = self.used + out.len();
        // HPKE's X25519 asks for exactly 32 bytes; more than LEN is a changed dependency, and
        // weak keys are worse than a stop.
        let drawn = self
            .bytes
            .get(self.used..end)
            .expect("a key encapsulation draws at most 64 bytes");
        out.copy_from_slice(drawn);
        self.used = end;
    }
}

impl TryRng for Drawn {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.take()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.take()))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.copy_to(out);
        Ok(())
    }
}

impl TryCryptoRng for Drawn {}
