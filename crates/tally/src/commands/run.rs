//! `tally run`: one fold in memory for the API, one writer for the database, until told to stop.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use anyhow::Context;
use ledger::BoxSecretKey;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::api::{self, Shared};
use crate::cli::Run;
use crate::directory::Directory;
use crate::feed::Source;
use crate::inputs::{PackageRoll, open_package, read_box_key};
use crate::news::News;
use crate::policy::Board;
use crate::postgres::{Progress, Target, Until, Writer};
use crate::stream::Stream;
use crate::token::TokenFile;

/// Arguments, resolved: nothing is bound or connected yet.
struct Plan {
    package: Arc<PackageRoll>,
    key: Option<Arc<BoxSecretKey>>,
    source: Source,
    database: Option<Target>,
    tokens: Option<TokenFile>,
    listen: SocketAddr,
}

/// Runs until SIGINT or SIGTERM, or until the ledger or the database cannot be followed.
pub(crate) fn run(args: &Run) -> anyhow::Result<()> {
    let plan = Plan::resolve(args)?;
    api::raise_file_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(plan.carry_out());
    // Threads that read a ledger end with the process.
    runtime.shutdown_background();
    outcome
}

impl Plan {
    fn resolve(args: &Run) -> anyhow::Result<Plan> {
        let package = open_package(&args.package)?;
        let key = match &args.box_key {
            Some(path) => Some(Arc::new(read_box_key(path, package.event())?)),
            None => {
                tracing::warn!("no --box: choices stay sealed, turnout only");
                None
            }
        };
        let identity = package.identity();
        let source = match (&args.ledger, &args.from) {
            (Some(path), _) => Source::Directory(Directory::new(path, identity)),
            (None, Some(url)) => Source::Stream(Stream::new(url, identity)?),
            (None, None) => anyhow::bail!("name a --ledger, or a validator with --from"),
        };
        let files = &args.postgres.postgres_files;
        let database = args.postgres.postgres.as_deref();
        let database = database.map(|url| Target::parse(url, files)).transpose()?;
        let tokens = args.tokens.clone().map(TokenFile);
        if let Some(tokens) = &tokens {
            tokens.check()?;
        }
        Ok(Plan {
            package,
            key,
            source,
            database,
            tokens,
            listen: args.listen,
        })
    }

    async fn carry_out(self) -> anyhow::Result<()> {
        let listening = TcpListener::bind(self.listen).await;
        let listener = listening.with_context(|| {
            format!("cannot listen on {}: choose another --listen", self.listen)
        })?;
        let (database, writing) = self.start_writer().await?;
        let board = Board::new(self.package.event(), &*self.package, self.key.is_some());
        let tokens = self.tokens.clone();
        let shared = Shared::new(Arc::clone(&self.package), board, database, tokens);
        let shared = Arc::new(shared);
        tracing::info!(address = %listener.local_addr()?, "listening");
        let stop = stopped()?;
        let told = Arc::clone(&shared);
        let stop = async move {
            stop.await;
            told.hub.stop().await;
        };
        let api = api::serve(listener, api::router(Arc::clone(&shared)), stop);
        tokio::spawn(api::run_live(Arc::clone(&shared)));
        tokio::select! {
            () = api => Ok(()),
            folded = fold(&shared, &self.source, self.key.clone()) => folded,
            wrote = writing => wrote,
        }
    }

    /// Connects once, so that a wrong address or password ends the start and not the night; then
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
                key: self.key.clone(),
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
async fn fold(
    shared: &Shared,
    source: &Source,
    key: Option<Arc<BoxSecretKey>>,
) -> anyhow::Result<()> {
    let mut behind = source.partitions().await;
    let mut feed = source.follow(&behind, key);
    loop {
        let news = tokio::select! {
            news = feed.recv() => news.context("the ledger's reader ended")?,
            error = shared.published.failure() => return Err(error.into()),
        };
        match news {
            News::Frame(frame) => {
                let package = &*shared.package;
                let mut board = shared.published.board_mut();
                board.apply(package.event(), package, &frame)?;
            }
            News::CaughtUp(partition) => {
                behind.retain(|other| *other != partition);
                if behind.is_empty() && !shared.caught_up.swap(true, Ordering::AcqRel) {
                    tracing::info!(votes = shared.board().count().votes(), "caught up");
                }
            }
            News::Failed(error) => return Err(error.context("the ledger cannot be followed")),
        }
    }
}

/// Resolves at SIGINT or SIGTERM.
fn stopped() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
    })
}
