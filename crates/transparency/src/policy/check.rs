//! Whether a policy accepts a checkpoint.

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::key::KeyName;
use crate::note::Note;
use crate::policy::rules::{Policy, TrustedWitness};
use crate::signing::{BadSignature, Statement};

/// A checkpoint that a policy accepts, and who saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attested {
    /// What the log signed.
    pub checkpoint: Checkpoint,
    /// The witnesses of the policy that cosigned, in its order.
    pub cosigned: Vec<Cosigned>,
}

/// One witness and when it saw the checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    /// The witness's name in the policy.
    pub witness: String,
    /// When it cosigned, by its own clock, in seconds since 1970.
    pub time_s: u64,
}

/// Why a policy does not accept a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAttested {
    /// The note is no checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The log is not one of the policy's.
    #[error(
        "the checkpoint is of {origin}, and the policy trusts no log of that name: compare the policy with the one that was published"
    )]
    UnknownLog {
        /// Name of the log, from the checkpoint.
        origin: KeyName,
    },
    /// The log's own signature is missing.
    #[error(
        "the checkpoint of {origin} is not signed by the key that the policy names: it is of another log or was made by somebody else"
    )]
    Unsigned {
        /// Name of the log, from the checkpoint.
        origin: KeyName,
    },
    /// A signature is there and does not fit.
    #[error(transparent)]
    Bad(#[from] BadSignature),
    /// Too few witnesses have cosigned.
    #[error("the checkpoint has too few cosignatures: the policy asks for {rule}, and there are {got}", got = names(cosigned))]
    TooFew {
        /// The policy's rule in words.
        rule: String,
        /// Those who did cosign.
        cosigned: Vec<Cosigned>,
    },
}

impl Policy {
    /// Checks the log's signature and those of the witnesses.
    ///
    /// # Errors
    /// See [`NotAttested`].
    pub fn check(&self, note: &Note) -> Result<Attested, NotAttested> {
        let checkpoint = Checkpoint::parse(note.text())?;
        let origin = &checkpoint.origin;
        let mut named = self.logs.iter().filter(|log| log.key.name() == origin);
        let mut signed = None;
        for log in named.by_ref() {
            signed = signed.or(Some(false));
            if note.statement_of(&log.key)? == Some(Statement::Signed) {
                signed = Some(true);
            }
        }
        let origin = origin.clone();
        match signed {
            None => return Err(NotAttested::UnknownLog { origin }),
            Some(false) => return Err(NotAttested::Unsigned { origin }),
            Some(true) => {}
        }
        let cosigned = self.cosigned(note)?;
        Ok(Attested {
            checkpoint,
            cosigned,
        })
    }

    fn cosigned(&self, note: &Note) -> Result<Vec<Cosigned>, NotAttested> {
        let mut flags = vec![false; self.witnesses.len()];
        let mut cosigned = Vec::new();
        for (TrustedWitness { name, key, .. }, flag) in self.witnesses.iter().zip(&mut flags) {
            if let Some(Statement::Cosigned { time_s }) = note.statement_of(key)? {
                *flag = true;
                let witness = name.clone();
                cosigned.push(Cosigned { witness, time_s });
            }
        }
        if !self.quorum.is_met(&flags) {
            let rule = self.quorum_text();
            return Err(NotAttested::TooFew { rule, cosigned });
        }
        Ok(cosigned)
    }
}

fn names(cosigned: &[Cosigned]) -> String {
    if cosigned.is_empty() {
        return "none".to_owned();
    }
    let names: Vec<&str> = cosigned.iter().map(|c| c.witness.as_str()).collect();
    format!("those of {}", names.join(", "))
}
