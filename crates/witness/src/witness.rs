//! The decision: which checkpoint is cosigned, and what every other one is answered (c2sp.org/tlog-witness).

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use durable::Clock;
use listener::log::Gate;
use transparency::{
    BadSignature, Checkpoint, CheckpointError, KeyName, Note, NoteSignature, PrivateKey,
    ProofError, Statement, Submission, SubmissionError, VerifierKey, verify_consistency,
};

use crate::evidence::{Evidence, FILES_MAX, Kept};
use crate::memory::Memory;
use crate::remembered::{Cosigned, Remembered};

/// How far the clock may have gone back since the last cosignature, in seconds. Until then the older time is
/// said again; beyond that a person looks.
const CLOCK_BACK_S_MAX: u64 = 60;
/// How much newer a cosignature's time may be than the one that is remembered, in seconds.
const UNWRITTEN_S_MAX: u64 = 59;

/// Why a checkpoint is not cosigned.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(transparent)]
    Malformed(#[from] SubmissionError),
    #[error(transparent)]
    NoCheckpoint(#[from] CheckpointError),
    #[error("the old size {old} is larger than the checkpoint's, {new}")]
    OldLarger { old: u64, new: u64 },
    #[error(
        "this witness does not know log {origin}: its operator must add it to the configuration"
    )]
    UnknownLog { origin: KeyName },
    #[error("the checkpoint is not signed by the key of {origin} that this witness knows")]
    Unsigned { origin: KeyName },
    #[error(transparent)]
    BadSignature(#[from] BadSignature),
    /// The log's view of this witness is old; or this witness's state is.
    #[error("the last size that this witness cosigned is {size}: send a proof from there")]
    Conflict { size: u64 },
    /// The log has signed two trees of one size.
    #[error("this witness has cosigned another tree of size {size}")]
    OtherRoot { size: u64 },
    #[error(transparent)]
    NoProof(#[from] ProofError),
    #[error("this witness's clock is behind its last cosignature: its operator must look at it")]
    ClockBehind,
    #[error("this witness has no room to remember the checkpoint: its operator must make some")]
    StorageFull,
}

/// A log that may submit.
struct Watched {
    key: VerifierKey,
    /// Held while a checkpoint is compared, remembered and signed: one at a time.
    state: Mutex<LogState>,
    /// Each kind of line has a gate of its own: what anybody can cause must not keep back what only the log can.
    gates: Gates,
}

#[derive(Default)]
struct Gates {
    behind: Gate,
    unproven: Gate,
    unkept: Gate,
}

/// What changes as a log submits.
struct LogState {
    remembered: Remembered,
    /// The time in the file, in seconds since 1970: that of the last cosignature, or up to a minute older.
    written_s: u64,
    evidence: Evidence,
}

/// What anybody may know of a log that is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogView {
    pub(crate) origin: KeyName,
    /// The last checkpoint and when it was cosigned, in seconds since 1970.
    pub(crate) last: Option<(Checkpoint, u64)>,
}

/// A witness with its key and its memory.
pub(crate) struct Witness {
    key: PrivateKey,
    memory: Memory,
    logs: BTreeMap<KeyName, Watched>,
    clock: Arc<dyn Clock>,
}

impl Witness {
    /// Recalls what is remembered of these logs.
    ///
    /// # Errors
    /// See [`Memory::recall`]; or the directory cannot be listed.
    pub(crate) fn new(
        key: PrivateKey,
        memory: Memory,
        logs: Vec<VerifierKey>,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Witness> {
        let mut remembered = memory.recall(&logs)?;
        let files = memory.files()?;
        let watched = logs.into_iter().filter_map(|key| {
            let remembered = remembered.remove(key.name())?;
            let state = Mutex::new(LogState {
                written_s: remembered.last.as_ref().map_or(0, |last| last.time_s),
                evidence: Evidence::of(key.name(), &files),
                remembered,
            });
            let gates = Gates::default();
            Some((key.name().clone(), Watched { key, state, gates }))
        });
        Ok(Witness {
            logs: watched.collect(),
            key,
            memory,
            clock,
        })
    }

    /// Every log and how far it is.
    pub(crate) fn views(&self) -> Vec<LogView> {
        let views = self.logs.iter().map(|(origin, watched)| {
            let state = watched.state.lock().unwrap_or_else(PoisonError::into_inner);
            let last = state.remembered.last.as_ref();
            LogView {
                origin: origin.clone(),
                last: last.map(|last| (last.checkpoint.clone(), last.time_s)),
            }
        });
        views.collect()
    }

    /// Answers the body of `POST /add-checkpoint`: a cosignature of what was remembered before.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub(crate) fn add_checkpoint(&self, body: &[u8]) -> Result<NoteSignature, Refusal> {
        let submission = Submission::parse(body)?;
        let note = &submission.checkpoint;
        let checkpoint = Checkpoint::parse(note.text())?;
        let origin = checkpoint.origin.clone();
        let Some(watched) = self.logs.get(&origin) else {
            return Err(Refusal::UnknownLog { origin });
        };
        if note.statement_of(&watched.key)? != Some(Statement::Signed) {
            return Err(Refusal::Unsigned { origin });
        }
        // From the comparison to the signature nothing comes between. A state that a panic left is the one
        // before or the one after.
        let mut state = watched.state.lock().unwrap_or_else(PoisonError::into_inner);
        let judged = judge(&state.remembered, &submission, &checkpoint);
        if let Err(refusal) = &judged {
            tell(refusal, &watched.gates, &state.remembered, &submission);
            if matches!(refusal, Refusal::OtherRoot { .. }) {
                let submitted = note.only(&watched.key);
                self.keep_evidence(&watched.gates, &mut state, (&submitted, &checkpoint));
            }
        }
        judged?;
        let time_s = self.time_after(&state.remembered)?;
        let note = note.only(&watched.key);
        let next = Cosigned {
            checkpoint,
            time_s,
            note,
        };
        self.replace(&mut state, next)?;
        let text = submission.checkpoint.text();
        let signature = self.key.cosign_text(text, time_s);
        Ok(signature.expect("the key is a witness's, and the time comes from a clock"))
    }

    /// The time to sign, not before the last one.
    fn time_after(&self, state: &Remembered) -> Result<u64, Refusal> {
        let now_s = u64::try_from(self.clock.now_ms() / 1_000);
        let now_s = now_s.map_err(|_| Refusal::ClockBehind)?;
        let last_s = state.last.as_ref().map_or(0, |last| last.time_s);
        if now_s.saturating_add(CLOCK_BACK_S_MAX) < last_s {
            return Err(Refusal::ClockBehind);
        }
        Ok(now_s.max(last_s))
    }

    /// Remembers before anybody is answered. The same tree again is written once a minute, for its time: whoever
    /// repeats a checkpoint would keep the disk busy.
    fn replace(&self, state: &mut LogState, next: Cosigned) -> Result<(), Refusal> {
        let last = state.remembered.last.as_ref();
        let is_same = last.is_some_and(|last| last.checkpoint == next.checkpoint);
        let time_s = next.time_s;
        let is_written = is_same && time_s <= state.written_s.saturating_add(UNWRITTEN_S_MAX);
        let next = Remembered {
            origin: state.remembered.origin.clone(),
            last: Some(next),
        };
        if !is_written {
            match self.memory.remember(&next) {
                Ok(()) => state.written_s = time_s,
                Err(error) if error.kind() == io::ErrorKind::StorageFull => {
                    return Err(Refusal::StorageFull);
                }
                Err(error) => give_up(&error),
            }
        }
        state.remembered = next;
        Ok(())
    }

    /// Keeps what the log should never have signed in a file, so that a person can show it, and says so once.
    fn keep_evidence(&self, gates: &Gates, state: &mut LogState, submitted: (&Note, &Checkpoint)) {
        let remembered = &state.remembered;
        let origin = &remembered.origin;
        let size = submitted.1.size;
        match state.evidence.keep(&self.memory, remembered, submitted) {
            Ok(Kept::Before) => {}
            Ok(Kept::Now(file)) => {
                let cosigned = remembered.last.as_ref().map(|last| last.note.to_string());
                tracing::error!(
                    %origin, size, file, cosigned, submitted = %submitted.0,
                    "the log has signed two trees of one size: the file in the state directory proves it; copy it \
                     and show it to the election's officers"
                );
            }
            Ok(Kept::TooMany) => gates.unkept.run(|unsaid| {
                tracing::error!(
                    %origin, size, unsaid, submitted = %submitted.0,
                    "the log has signed yet another tree of this size: there are {FILES_MAX} files of evidence, and \
                     no more are written"
                );
            }),
            Err(error) if error.kind() == io::ErrorKind::StorageFull => gates.unkept.run(|unsaid| {
                let cosigned = remembered.last.as_ref().map(|last| last.note.to_string());
                tracing::error!(
                    %origin, size, unsaid, cosigned, submitted = %submitted.0,
                    "the log has signed two trees of one size, and there is no room for the file that proves it: \
                     keep this line, and make room"
                );
            }),
            Err(error) => give_up(&error),
        }
    }
}

/// Logs what an operator should look at, though anybody could have sent it; one line a second and kind at most.
fn tell(refusal: &Refusal, gates: &Gates, state: &Remembered, submission: &Submission) {
    if let Refusal::Conflict { size } = refusal
        && submission.old_size > *size
    {
        gates.behind.run(|unsaid| {
            tracing::error!(
                origin = %state.origin, size, log_says = submission.old_size, unsaid,
                "the log says that this witness has cosigned more than it remembers: look whether an older \
                 copy of the state directory was restored"
            );
        });
    }
    if matches!(refusal, Refusal::NoProof(_)) {
        let remembered = state.last.as_ref().map(|last| last.note.to_string());
        gates.unproven.run(|unsaid| {
            tracing::warn!(
                origin = %state.origin, %refusal, unsaid, remembered,
                submitted = submission.to_string(),
                "a checkpoint came with a proof that does not hold: anybody can send that; where the log itself \
                 sends it again and again, ask its operator"
            );
        });
    }
}

/// Whether a checkpoint continues what is remembered.
fn judge(
    state: &Remembered,
    submission: &Submission,
    checkpoint: &Checkpoint,
) -> Result<(), Refusal> {
    let (old, new) = (submission.old_size, checkpoint.size);
    if old > new {
        return Err(Refusal::OldLarger { old, new });
    }
    let (size, root) = state.tree();
    if old != size {
        return Err(Refusal::Conflict { size });
    }
    if size == new && root != checkpoint.root {
        return Err(Refusal::OtherRoot { size });
    }
    let proof = &submission.proof;
    Ok(verify_consistency(
        (size, root),
        (new, checkpoint.root),
        proof,
    )?)
}

/// Ends the process: after a failed sync nobody knows what is on the disk, and asking again would not tell
/// (docs of crate `durable`). The next start reads what is there.
fn give_up(error: &io::Error) -> ! {
    tracing::error!(%error, "the state cannot be written: look at the disk, then start again");
    std::process::abort()
}
