//! Where everybody asks about the logs: this validator's own, and through it those of other owners.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use caller::Authorities;
use election::EventLog;
use ledger::layout::{checkpoint_file, partition_dir, partition_dir_name};
use ledger::log::Log;
use ledger::{Frame, LedgerError, RequestId, find_vote};
use listener::log::Gate;
use tlog::FrameLog;
use tokio::runtime::{Builder, Runtime};
use transparency::{KeyName, Policy, PrivateKey, TilePath};

use super::asking::{Asking, Heard, LastWord};
use super::keeper::{Keeper, Reading};
use super::shelf::{Published, Shelf, Voucher};
use crate::partitions::{Answer, LogQuestion, Partitions, Place};

/// How long another owner is waited for: a promise can be made here.
const PATIENCE: Duration = Duration::from_millis(500);

/// Lines about proofs that cannot be made, one a second at most.
static FAILURES: Gate = Gate::new();

/// What the logs of an event are kept by.
pub(crate) struct Keeping {
    pub(crate) key: PrivateKey,
    pub(crate) log: EventLog,
    /// Whom to believe about witnesses that speak TLS.
    pub(crate) authorities: Option<Authorities>,
    /// Where derived files may lie.
    pub(crate) data: PathBuf,
    /// Whether the ledger's files lie there, and checkpoints rest beside them.
    pub(crate) is_in_files: bool,
}

/// The logs of all partitions.
pub(crate) struct Desk {
    shelves: Vec<Arc<Shelf>>,
    heard: Vec<Heard>,
    ledger: Arc<dyn Log>,
    partitions: Arc<Partitions>,
    policy: Policy,
    policy_text: String,
    keepers: Mutex<Vec<JoinHandle<()>>>,
    stopping: Arc<AtomicBool>,
    /// Where witnesses are asked; ended with the last keeper.
    runtime: Mutex<Option<Runtime>>,
}

/// What is told of one log to those who watch.
pub(crate) struct Standing {
    pub(crate) partition: u16,
    pub(crate) frames: u64,
    pub(crate) published: Option<Arc<Published>>,
    pub(crate) heard: BTreeMap<String, LastWord>,
}

impl Desk {
    /// Starts to keep the log of every partition, on a thread each.
    ///
    /// # Errors
    /// A file or thread cannot be made.
    pub(crate) fn start(
        keeping: &Keeping,
        ledger: &Arc<dyn Log>,
        partitions: &Arc<Partitions>,
    ) -> Result<Desk> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("witnesses")
            .enable_all()
            .build()
            .context("cannot ask witnesses")?;
        let mut desk = Desk {
            shelves: Vec::new(),
            heard: Vec::new(),
            ledger: Arc::clone(ledger),
            partitions: Arc::clone(partitions),
            policy: keeping.log.policy(partitions.count()),
            policy_text: keeping.log.policy_text(partitions.count()),
            keepers: Mutex::default(),
            stopping: Arc::default(),
            runtime: Mutex::default(),
        };
        let mut threads = Vec::new();
        for partition in 0..partitions.count() {
            let keeper = desk.keeper(keeping, partition, &runtime)?;
            let thread = std::thread::Builder::new().name(format!("log-{partition}"));
            threads.push(thread.spawn(move || keeper.run())?);
        }
        desk.keepers = Mutex::new(threads);
        desk.runtime = Mutex::new(Some(runtime));
        Ok(desk)
    }

    fn keeper(&mut self, keeping: &Keeping, partition: u16, runtime: &Runtime) -> Result<Keeper> {
        let origin = KeyName::new(&keeping.log.origin_of(partition))?;
        let dir = match keeping.is_in_files {
            true => partition_dir(&keeping.data, partition),
            // The ledger is elsewhere; what was signed of it is known here.
            false => keeping.data.join("log").join(partition_dir_name(partition)),
        };
        std::fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let tree = FrameLog::new(partition, &keeping.data)?;
        let shelf = Arc::new(Shelf::new(
            keeping.key.named(origin),
            self.policy.clone(),
            tree,
        ));
        let asking = Asking::new(&keeping.log, keeping.authorities.as_ref());
        self.shelves.push(Arc::clone(&shelf));
        self.heard.push(asking.heard());
        Ok(Keeper {
            partition,
            shelf,
            ledger: Arc::clone(&self.ledger),
            partitions: Arc::clone(&self.partitions),
            asking,
            runtime: runtime.handle().clone(),
            stopping: Arc::clone(&self.stopping),
            file: checkpoint_file(&dir),
            reading: Reading::default(),
            signed: None,
            is_contradicted: false,
        })
    }

    /// Signs what was appended last, and ends. Call it when nothing is appended any more.
    pub(crate) fn finish(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        let mut keepers = self.keepers.lock().unwrap_or_else(PoisonError::into_inner);
        for keeper in keepers.drain(..) {
            // A panic of the thread was printed by the panic hook.
            let _ = keeper.join();
        }
        let mut runtime = self.runtime.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = runtime.take() {
            runtime.shutdown_background();
        }
    }

    /// The policy by which anybody checks these logs.
    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The same as the text that is published.
    pub(crate) fn policy_text(&self) -> &str {
        &self.policy_text
    }

    /// The newest checkpoint of a log that counts, whoever owns the partition; none where there is none yet.
    pub(crate) async fn checkpoint(&self, partition: u16) -> Option<String> {
        let question = LogQuestion::Checkpoint(partition);
        match self
            .partitions
            .ask_owner(partition, question, PATIENCE)
            .await
        {
            Some(Answer::Told(text)) => Some(text),
            _ => self.checkpoint_here(partition),
        }
    }

    fn checkpoint_here(&self, partition: u16) -> Option<String> {
        let published = self.shelves.get(usize::from(partition))?.published()?;
        Some(published.note.to_string())
    }

    /// A tile or bundle of a log, as far as this validator shows it.
    pub(crate) fn file(&self, partition: u16, path: TilePath) -> Option<Vec<u8>> {
        let file = self.shelves.get(usize::from(partition))?.file(path);
        file.unwrap_or_else(|error| {
            tell_failure(partition, &error.into());
            None
        })
    }

    /// The proof that the vote of `id` in `frame` is in the log, or the promise that it will be, from whoever owns the
    /// partition; from this validator where the owner cannot be asked.
    pub(crate) async fn voucher(self: &Arc<Self>, id: RequestId, frame: Frame) -> Option<Voucher> {
        let question = LogQuestion::Proof(id);
        match self
            .partitions
            .ask_owner(id.partition, question, PATIENCE)
            .await
        {
            Some(Answer::Told(text)) => Some(Voucher::Proof(text)),
            Some(Answer::Promised(text)) => Some(Voucher::Promise(text)),
            _ => self.here(move |desk| Ok(desk.make(&id, &frame))).await,
        }
    }

    /// The promise of a vote that has just been recorded.
    pub(crate) fn promise(&self, id: &RequestId, time_ms: i64) -> Option<Voucher> {
        let shelf = self.shelves.get(usize::from(id.partition))?;
        shelf.promise(id, time_ms)
    }

    /// Answers another validator, as the owner.
    pub(crate) async fn answer(self: &Arc<Self>, question: LogQuestion) -> Answer {
        match question {
            LogQuestion::Checkpoint(partition) if self.owns(partition) => self
                .checkpoint_here(partition)
                .map_or(Answer::Unknown, Answer::Told),
            LogQuestion::Proof(id) if self.owns(id.partition) => {
                let found = self.here(move |desk| {
                    let frame = find_vote(&*desk.ledger, &id)?;
                    Ok(frame.and_then(|frame| desk.make(&id, &frame)))
                });
                match found.await {
                    Some(Voucher::Proof(text)) => Answer::Told(text),
                    Some(Voucher::Promise(text)) => Answer::Promised(text),
                    None => Answer::Unknown,
                }
            }
            _ => Answer::NotOwner,
        }
    }

    fn owns(&self, partition: u16) -> bool {
        matches!(self.partitions.place(partition), Place::Here(_))
    }

    fn make(&self, id: &RequestId, frame: &Frame) -> Option<Voucher> {
        let made = self
            .shelves
            .get(usize::from(id.partition))?
            .voucher(frame, id);
        made.unwrap_or_else(|error| {
            tell_failure(id.partition, &error.into());
            None
        })
    }

    /// Does what reads the disk on a thread for that.
    async fn here<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Desk) -> Result<Option<T>, LedgerError> + Send + 'static,
    ) -> Option<T> {
        let desk = Arc::clone(self);
        match tokio::task::spawn_blocking(move || work(&desk)).await {
            Ok(Ok(made)) => made,
            Ok(Err(error)) => {
                FAILURES.run(|unsaid| tracing::error!(%error, unsaid, "a proof cannot be made"));
                None
            }
            // It panicked: the panic hook has logged where.
            Err(_) => None,
        }
    }

    /// Every log as it stands.
    pub(crate) fn standings(&self) -> Vec<Standing> {
        let shelves = (0..).zip(self.shelves.iter().zip(&self.heard));
        let standing = |(partition, (shelf, heard)): (u16, (&Arc<Shelf>, &Heard))| Standing {
            partition,
            frames: shelf.tree().size(),
            published: shelf.published(),
            heard: heard.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        };
        shelves.map(standing).collect()
    }
}

fn tell_failure(partition: u16, error: &anyhow::Error) {
    FAILURES.run(|unsaid| {
        tracing::error!(
            partition,
            error = format!("{error:#}"),
            unsaid,
            "the log cannot be read"
        );
    });
}
