//! One witness, and what it answers.

use std::time::Duration;

use caller::{Authorities, CallError, Caller};
use election::EventWitness;
use hyper::StatusCode;
use transparency::{
    BadSignature, Hash, KeyUse, Note, NoteError, NoteSignature, Statement, Submission, VerifierKey,
    parse_signatures,
};

/// Time for one answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest answer that is read: a signature line, or a size.
const ANSWER_BYTES_MAX: usize = 4 << 10;

/// The connection to a witness, and what is known of it.
pub(super) struct Witness {
    pub(super) name: String,
    key: VerifierKey,
    caller: Caller,
    /// The size that it cosigned last, as far as it has told.
    size: u64,
}

/// Why a witness has not cosigned.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotCosigned {
    #[error("it cannot be asked")]
    Silent(#[from] CallError),
    #[error(
        "it has seen another history of this log: it cosigned {size} frames that this ledger does not begin with"
    )]
    OtherHistory {
        /// The size that it cosigned.
        size: u64,
    },
    #[error("it knows {size} frames already, more than it was asked for: it is asked again")]
    KnowsMore {
        /// The size that it cosigned, which this ledger has.
        size: u64,
    },
    #[error("it answers {status}: {told}")]
    Refused { status: StatusCode, told: String },
    #[error("its answer is no cosignature")]
    Unreadable(#[from] NoteError),
    #[error("its cosignature does not fit")]
    Bad(#[from] BadSignature),
    #[error("its cosignature is of another key than the event names")]
    OtherKey,
}

/// How the log stands to a tree that a witness knows.
pub(super) enum Known {
    /// The log of the size that is asked for continues it, as these hashes prove.
    Continued(Vec<Hash>),
    /// It is of more frames than are asked for, and the log has them.
    Larger,
    /// The log has fewer frames.
    Unknown,
}

impl Witness {
    pub(super) fn new(witness: &EventWitness, authorities: Option<Authorities>) -> Witness {
        let address = caller::Address::parse(&witness.url);
        let address = address.expect("the event's addresses were read");
        let key = VerifierKey::parse(&witness.key, KeyUse::Witness);
        Witness {
            name: witness.name.clone(),
            key: key.expect("the event's keys were read"),
            caller: Caller::new(address, authorities),
            size: 0,
        }
    }

    /// Has a checkpoint of `size` frames cosigned.
    ///
    /// # Errors
    /// See [`NotCosigned`].
    pub(super) async fn ask(
        &mut self,
        (note, size): (&Note, u64),
        stands: &(dyn Fn(u64) -> Known + Sync),
    ) -> Result<NoteSignature, NotCosigned> {
        // What it knows may be another size than the one that it told last: then it says so.
        for _ in 0..2 {
            let old_size = self.size;
            let proof = match stands(old_size) {
                Known::Continued(proof) => proof,
                Known::Larger => return Err(NotCosigned::KnowsMore { size: old_size }),
                Known::Unknown => return Err(NotCosigned::OtherHistory { size: old_size }),
            };
            let submission = Submission {
                old_size,
                proof,
                checkpoint: note.clone(),
            };
            let body = submission.to_string().into();
            let asking = self
                .caller
                .post("add-checkpoint", body, ANSWER_BYTES_MAX, PATIENCE);
            let answer = asking.await?;
            let told = String::from_utf8_lossy(&answer.body).trim().to_owned();
            match answer.status {
                StatusCode::OK => {
                    let cosignature = self.check(note, &answer.body)?;
                    self.size = size;
                    return Ok(cosignature);
                }
                StatusCode::CONFLICT => match told.parse() {
                    Ok(known) if known != old_size => self.size = known,
                    _ => return Err(NotCosigned::OtherHistory { size: old_size }),
                },
                StatusCode::UNPROCESSABLE_ENTITY => {
                    return Err(NotCosigned::OtherHistory { size: old_size });
                }
                status => return Err(NotCosigned::Refused { status, told }),
            }
        }
        // Another validator asked it in between.
        Err(NotCosigned::KnowsMore { size: self.size })
    }

    fn check(&self, note: &Note, answer: &[u8]) -> Result<NoteSignature, NotCosigned> {
        let lines = str::from_utf8(answer).map_err(|_| NotCosigned::OtherKey)?;
        for signature in parse_signatures(lines)? {
            let mut cosigned = note.clone();
            cosigned.add(signature.clone());
            let statement = cosigned.statement_of(&self.key)?;
            if matches!(statement, Some(Statement::Cosigned { .. })) {
                return Ok(signature);
            }
        }
        Err(NotCosigned::OtherKey)
    }
}
