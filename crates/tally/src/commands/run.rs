//! `tally run`: one fold in memory for the API, one writer for the database, until told to stop.

use std::future::Future;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context;
use database::Target;
use listener::lifecycle::Lifecycle;
use listener::{Signals, notify};
use tokio::sync::oneshot;

use super::certify::Statements;
use super::serving::Serving;
use crate::api::{self, Shared};
use crate::cli::Run;
use crate::directory::Directory;
use crate::feed::Source;
use crate::gate::Gates;
use crate::inputs::{open_package, read_mask_hand, read_target};
use crate::listening::Listening;
use crate::news::News;
use crate::package_roll::PackageRoll;
use crate::policy::Board;
use crate::postgres::{Progress, Until, Writer};
use crate::release::MaskHand;
use crate::stream::Stream;
use crate::token::TokenFile;

/// Time for requests in flight after SIGTERM.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// Arguments, resolved: nothing is bound or connected yet.
struct Plan<'a> {
    package: Arc<PackageRoll>,
    hand: Option<MaskHand>,
    source: Source,
    database: Option<Target>,
    tokens: Option<TokenFile>,
    statements: Statements,
    listening: &'a Listening,
    serving: Serving<'a>,
}

/// Runs until SIGINT or SIGTERM, or until the ledger or the database cannot be followed.
pub(crate) fn run(args: &Run) -> anyhow::Result<()> {
    let plan = Plan::resolve(args)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(plan.carry_out());
    // Threads that read a ledger end with the process.
    runtime.shutdown_background();
    outcome
}

impl Plan<'_> {
    fn resolve(args: &Run) -> anyhow::Result<Plan<'_>> {
        let serving = Serving::of(&args.listening)?;
        let package = open_package(&args.package)?;
        let hand = read_mask_hand(&args.hand, package.event())?;
        if hand.is_none() {
            tracing::warn!("no --mask: choices stay sealed, turnout only");
        }
        let source = match (&args.ledger, &args.from) {
            (Some(path), _) => Source::Directory(Directory::new(path, &package)),
            (None, Some(url)) => Source::Stream(Stream::new(url, &args.from_files, &package)?),
            (None, None) => anyhow::bail!("name a --ledger, or a validator with --from"),
        };
        let files = &args.postgres.postgres_files;
        let database = args.postgres.postgres.as_deref();
        let database = database.map(|url| read_target(url, files)).transpose()?;
        let tokens = args.tokens.clone().map(TokenFile);
        if let Some(tokens) = &tokens {
            tokens.check()?;
        }
        Ok(Plan {
            package,
            hand,
            source,
            database,
            tokens,
            statements: Statements {
                dirs: args.statement.clone(),
                officers: args.package.trust.clone(),
            },
            listening: &args.listening,
            serving,
        })
    }

    async fn carry_out(self) -> anyhow::Result<()> {
        let mut signals = Signals::new().context("cannot wait for signals")?;
        let certificates = self.serving.certificates();
        let bound = self.serving.bind()?;
        let (database, writing) = self.start_writer().await?;
        let board = Board::new(self.package.event(), &*self.package, self.hand.is_some());
        let tokens = self.tokens.clone();
        let shared = Arc::new(Shared::new(
            Gates::open(&self.package)?,
            Arc::clone(&self.package),
            board,
            database,
            tokens,
            self.listening,
        ));
        let stopping = Lifecycle::default();
        let serving = self.serving.start(&shared, bound, &stopping)?;
        tokio::spawn(api::run_live(Arc::clone(&shared)));
        tokio::spawn(self.statements.clone().watch(Arc::clone(&shared)));
        notify::tell(notify::READY);
        tokio::select! {
            () = signals.stop(&certificates) => {}
            folded = fold(&shared, &self.source, self.hand.clone()) => return folded,
            wrote = writing => return wrote,
        }
        notify::tell(notify::STOPPING);
        tracing::info!("stopping");
        stopping.stop();
        shared.hub.stop().await;
        // Whoever has not finished by then reads a closed connection.
        let _ = tokio::time::timeout(DRAIN_MAX, serving).await;
        Ok(())
    }

    /// Connects once, so that a wrong password or database ends the start and not the night; then
    /// the writer has a thread to itself, and the future resolves when it gives up.
    async fn start_writer(
        &self,
    ) -> anyhow::Result<(
        Option<Arc<Mutex<Progress>>>,
        impl Future<Output = anyhow::Result<()>>,
    )> {
        let mut database = None;
        let mut end = None;
        if let Some(target) = &self.database {
            let writer = Writer {
                target: target.clone(),
                source: self.source.clone(),
                package: Arc::clone(&self.package),
                hand: self.hand.clone(),
                progress: Arc::default(),
            };
            writer.prepare().await?;
            database = Some(Arc::clone(&writer.progress));
            let (ended, receiver) = oneshot::channel();
            end = Some(receiver);
            std::thread::Builder::new()
                .name("postgres-writer".to_owned())
                .spawn(move || {
                    // Nobody waits where the process is ending.
                    let _ = ended.send(writer.run_here(Until::Stopped));
                })?;
        }
        let writing = async {
            match end {
                Some(end) => end.await.context("the database writer panicked")?,
                None => std::future::pending().await,
            }
        };
        Ok((database, writing))
    }
}

/// Folds the ledger for the API; returns only when it cannot be followed or counted any further.
async fn fold(shared: &Shared, source: &Source, hand: Option<MaskHand>) -> anyhow::Result<()> {
    let mut behind = source.partitions().await;
    shared.published.board_mut().expect(&behind);
    let mut feed = source.follow(&behind, hand, &shared.gates);
    loop {
        let news = tokio::select! {
            news = feed.recv() => news.context("the ledger's reader ended")?,
            error = shared.published.failure() => return Err(error.into()),
        };
        match news {
            News::Fact(fact) => {
                let mut board = shared.published.board_mut();
                board.apply(shared.package.event(), &fact)?;
            }
            News::CaughtUp { partition, .. } => {
                behind.retain(|other| *other != partition);
                if behind.is_empty() && !shared.caught_up.swap(true, Ordering::AcqRel) {
                    tracing::info!(votes = shared.board().count().votes(), "caught up");
                }
            }
            News::Failed(error) => {
                return Err(error.context("the ledger, or the releases of it, cannot be followed"));
            }
        }
    }
}
