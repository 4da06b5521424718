//! All witnesses asked at once, and what they said last.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use caller::Authorities;
use durable::{Clock, SystemClock};
use election::EventLog;
use tokio::sync::Mutex as AsyncMutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use transparency::{Note, NoteSignature};

use super::shelf::{Published, Shelf};
use super::witness::{NotCosigned, Witness};

/// Longest that one round waits for witnesses.
const ROUND_MAX: Duration = Duration::from_millis(2_500);
/// What those who are slower have left when enough have cosigned.
const GRACE: Duration = Duration::from_millis(250);

/// The witnesses of an event, as the log of one partition asks them.
pub(super) struct Asking {
    witnesses: Vec<Arc<AsyncMutex<Witness>>>,
    required: usize,
    heard: Heard,
}

/// What each witness said last, by name.
pub(super) type Heard = Arc<Mutex<BTreeMap<String, LastWord>>>;

/// What a witness said last, and when it cosigned last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LastWord {
    pub(crate) said: Said,
    /// By this machine's clock, seconds since 1970; 0 where it has not since the start.
    pub(crate) cosigned_s: u64,
}

/// What a witness said last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    Cosigned,
    /// It knows more frames than it was asked for, and the ledger has them.
    KnowsMore,
    /// Nothing of use: it is away, or does not know this log.
    Nothing,
    /// It has cosigned what this ledger does not begin with.
    OtherHistory,
}

impl Asking {
    pub(super) fn new(log: &EventLog, authorities: Option<&Authorities>) -> Asking {
        let witnesses = log.witnesses.iter();
        let witness =
            |witness| Arc::new(AsyncMutex::new(Witness::new(witness, authorities.cloned())));
        Asking {
            witnesses: witnesses.map(witness).collect(),
            required: log.required as usize,
            heard: Arc::default(),
        }
    }

    pub(super) fn heard(&self) -> Heard {
        Arc::clone(&self.heard)
    }

    /// Whether so many witnesses have seen another history that the others are too few.
    pub(super) fn is_outvoted(&self) -> bool {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let others = heard
            .values()
            .filter(|word| word.said == Said::OtherHistory);
        let others = others.count();
        others > 0 && self.witnesses.len() - others < self.required
    }

    /// Whether a witness has said that it knows more frames of this log than it was asked for.
    pub(super) fn is_known_further(&self) -> bool {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.values().any(|word| word.said == Said::KnowsMore)
    }

    /// Asks every witness to cosign, and shows the note with what comes in time: returned as soon as it counts and
    /// those who are slower had their time. Whoever still answers the round before is left alone.
    pub(super) async fn ask(
        &self,
        shelf: &Arc<Shelf>,
        mut note: Note,
        size: u64,
    ) -> Option<Arc<Published>> {
        // Where no witness is required, the log's own signature is enough.
        let mut shown = shelf.publish(&note);
        let mut asked = JoinSet::new();
        for witness in &self.witnesses {
            let Ok(mut witness) = Arc::clone(witness).try_lock_owned() else {
                continue;
            };
            let (shelf, note, heard) = (Arc::clone(shelf), note.clone(), self.heard());
            asked.spawn(async move {
                let stands = |known| shelf.stands(known, size);
                let answer = witness.ask((&note, size), &stands).await;
                let cosignature = note_answer(&heard, &witness.name, answer)?;
                // Where the round is over by then, whoever looks sees it all the same.
                shelf.add(size, cosignature.clone());
                Some(cosignature)
            });
        }
        let mut deadline = Instant::now() + ROUND_MAX;
        while let Ok(Some(answer)) = timeout_at(deadline, asked.join_next()).await {
            // A task that panicked has told its place.
            if let Ok(Some(cosignature)) = answer {
                note.add(cosignature);
                if let Some(counts) = shelf.publish(&note) {
                    shown = Some(counts);
                    deadline = deadline.min(Instant::now() + GRACE);
                }
            }
        }
        asked.detach_all();
        shown
    }
}

/// Tells operators once where a witness begins or ceases to cosign.
fn note_answer(
    heard: &Heard,
    name: &str,
    answer: Result<NoteSignature, NotCosigned>,
) -> Option<NoteSignature> {
    let said = match &answer {
        Ok(_) => Said::Cosigned,
        Err(NotCosigned::OtherHistory { .. }) => Said::OtherHistory,
        Err(NotCosigned::KnowsMore { .. }) => Said::KnowsMore,
        Err(_) => Said::Nothing,
    };
    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    let before = heard.get(name).copied();
    let cosigned_s = match said {
        Said::Cosigned => u64::try_from(SystemClock::new().now_ms() / 1_000).unwrap_or_default(), // a clock before 1970
        _ => before.map_or(0, |before| before.cosigned_s),
    };
    heard.insert(name.to_owned(), LastWord { said, cosigned_s });
    drop(heard);
    let before = before.map(|before| before.said);
    match answer {
        Ok(cosignature) => {
            if before != Some(Said::Cosigned) {
                tracing::info!(witness = name, "a witness cosigns the log");
            }
            return Some(cosignature);
        }
        Err(error) if before != Some(said) => {
            let error = format!("{:#}", anyhow::Error::from(error));
            if said == Said::KnowsMore {
                tracing::info!(witness = name, error, "a witness is asked again");
            } else if said == Said::OtherHistory {
                tracing::error!(
                    witness = name,
                    error,
                    remedy = "this ledger is an older copy or another history, or the witness lies: compare with the other witnesses, and see docs/rollback.md",
                    "a witness contradicts this ledger"
                );
            } else {
                tracing::warn!(witness = name, error, "a witness does not cosign the log");
            }
        }
        Err(_) => {}
    }
    None
}
