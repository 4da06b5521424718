//! From a configuration to a running validator: each step either succeeds or says what to do.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use credentials::{Hasher, RollKey, Scheme};
use database::{Access, Target};
use durable::{Clock, OsStorage, SteadyClock};
use election::{Event, instant_text};
use ledger::log::Log;
use ledger::log::files::{self, FilesLog};
use ledger::{
    ClockState, Enclosing, LedgerError, Options, Partition, RecoveryReport, Shape, Snapshots,
    layout,
};
use listener::lifecycle::Lifecycle;
use listener::{Admission, Tls};
use replicated::{Member, PostgresLog};
use shards::{Package, Trust};
use tokio::sync::Semaphore;

use crate::app::App;
use crate::ballots::BallotKeys;
use crate::catalogue::Catalogue;
use crate::config::Config;
use crate::http::calls::Routes;
use crate::metrics::Metrics;
use crate::vote::{Attempts, ElectoralRoll, Observer, PollingStation, VoteReply};

/// Receipts looked up at once.
const LOOKUPS_MAX: usize = 8;
/// Longest password file read.
const PASSWORD_BYTES_MAX: usize = 4_096;
/// How often a validator that stands by looks whether it may write.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// Tallies that follow the ledger at once.
const STREAMS_MAX: usize = 16;

/// Reads certificate and key, where voters come by TLS.
pub(crate) fn read_certificate(config: &Config) -> Result<Option<Arc<Tls>>> {
    let tls = config.tls.clone().map(Tls::load).transpose();
    Ok(tls
        .map_err(|faults| anyhow!(faults.join("; ")))?
        .map(Arc::new))
}

/// Verifies the package and the roll key.
pub(crate) fn open_roll(config: &Config) -> Result<ElectoralRoll> {
    let package = open_package(config)?;
    let hasher = match &config.key {
        Some(path) => Hasher::hmac(&read_key(path)?),
        None if package.manifest().scheme == Scheme::Sha256 => Hasher::sha256(),
        None => bail!(
            "{} was hashed under a roll key: give its file with --key",
            config.package.display()
        ),
    };
    let named = || {
        config
            .key
            .as_deref()
            .map_or_else(String::new, |key| format!("{}: ", key.display()))
    };
    package.verify_key(&hasher).with_context(|| {
        format!(
            "{}the roll key does not fit {}",
            named(),
            config.package.display()
        )
    })?;
    tracing::info!(
        event = package.event().id,
        credentials = package.manifest().credentials(),
        bytes = package.manifest().bytes(),
        signers = package.signers().join(", "),
        "package verified"
    );
    Ok(ElectoralRoll {
        package: Arc::new(package),
        hasher,
    })
}

fn open_package(config: &Config) -> Result<Package> {
    let trust = Trust::from_files(&config.trust, config.require)?;
    Ok(Package::open(&config.package, &trust)?)
}

fn read_key(path: &Path) -> Result<RollKey> {
    let bytes = secrets::read(path, RollKey::FILE_LEN_MAX).context("roll key")?;
    RollKey::parse(&bytes).with_context(|| {
        format!(
            "{} is not a roll key: give the file that hashgen keygen wrote",
            path.display()
        )
    })
}

/// Where the ledger is kept.
pub(crate) enum Kept {
    /// In files of the data directory.
    Files(Arc<FilesLog>),
    /// In a database that several validators share.
    Replicated(Arc<PostgresLog>),
}

impl Kept {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// Files that cannot be read; a ledger in files where another one is named.
    pub(crate) fn of(config: &Config) -> Result<Kept> {
        let Some(replicated) = &config.replicated else {
            let files = files::open(Arc::new(OsStorage), &config.data);
            return Ok(Kept::Files(Arc::new(files)));
        };
        let in_files = layout::ledger_dir(&config.data);
        if in_files.exists() {
            bail!(
                "{} holds a ledger in files, and ledger.postgres names another: name an empty data directory, or leave ledger.postgres out",
                in_files.display()
            );
        }
        let password = replicated.password_file.as_deref();
        let password = password.map(|path| secrets::read(path, PASSWORD_BYTES_MAX));
        let password = password.transpose().context("password of the database")?;
        let access = Access {
            program: "validator",
            password: password.as_ref().map(|text| text.as_slice()),
            authority: replicated.authority.as_deref(),
        };
        let target = Target::parse(&replicated.url, &access).context("ledger.postgres")?;
        if target.tls().is_none() && !target.is_local() {
            bail!(
                "ledger.postgres names another machine and ledger.postgres_ca no certificate authority: what voters do would pass in the clear, and so would the password"
            );
        }
        let member = Member {
            name: replicated.member.clone(),
            lease: replicated.lease,
        };
        Ok(Kept::Replicated(Arc::new(PostgresLog::new(target, member))))
    }

    pub(crate) fn log(&self) -> Arc<dyn Log> {
        match self {
            Kept::Files(log) => Arc::clone(log) as Arc<dyn Log>,
            Kept::Replicated(log) => Arc::clone(log) as Arc<dyn Log>,
        }
    }
}

/// Waits while another validator owns the partition, also through a night without the database. Nothing is
/// served meanwhile.
///
/// # Errors
/// The first question is not answered: the settings are wrong, or the database is.
pub(crate) async fn stand_by(kept: &Kept) -> Result<()> {
    let Kept::Replicated(log) = kept else {
        return Ok(());
    };
    let partition = Options::default().partition;
    let mut told = None;
    loop {
        let asked = Arc::clone(log);
        let answer = tokio::task::spawn_blocking(move || asked.owner(partition)).await?;
        let news = match answer {
            Ok(None) => return Ok(()),
            Ok(Some(owner)) => format!("{owner} writes the ledger"),
            Err(error) if told.is_none() => return Err(error.into()),
            Err(error) => error.to_string(),
        };
        if told.as_ref() != Some(&news) {
            tracing::info!(news, "standing by");
            told = Some(news);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Whether the ledger was not opened because another validator writes it.
pub(crate) fn is_held(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref::<LedgerError>(),
        Some(LedgerError::Held { .. })
    )
}

/// Begins the ledger of the package's event: `validator init`.
pub(crate) fn init(config: &Config) -> Result<()> {
    let package = open_package(config)?;
    let log = Kept::of(config)?.log();
    let snapshots = Snapshots::new(Arc::new(OsStorage), &config.data);
    ledger::begin(&*log, Some(&snapshots), Options::default().partition)
        .context("cannot begin a ledger")?;
    tracing::info!(
        ledger = log.name(),
        event = package.event().id,
        "ledger begun: the validator may be started"
    );
    Ok(())
}

/// Opens the ledger of the package's event.
pub(crate) fn open_ledger(
    config: &Config,
    kept: &Kept,
    package: &Package,
    clock: Arc<SteadyClock>,
) -> Result<Arc<Partition<VoteReply>>> {
    let options = Options {
        queue_submissions_max: config.queue_max,
        on_full: Box::new(log_full),
        on_clock: Box::new(log_clock),
        accept_rollback: config.accepted.rollback,
        accept_clock_behind: config.accepted.clock_behind,
        ..Options::default()
    };
    let (shape, now_ms) = (shape(package), clock.now_ms());
    let log = kept.log();
    let snapshots = Snapshots::new(Arc::new(OsStorage), &config.data);
    let (partition, report) = Partition::open(log, Some(snapshots), clock, shape, options)
        .context("cannot open the ledger")?;
    log_recovery(&report);
    log_closes_held(&report, package.event(), now_ms);
    Ok(Arc::new(partition))
}

fn log_full(full: Option<&LedgerError>) {
    match full {
        Some(error) => tracing::error!(
            %error,
            remedy = "free space under the data directory; no restart is needed",
            "the disk is full: votes are refused with 503, or will be when the open segment is full"
        ),
        None => tracing::warn!("there is room on the disk again"),
    }
}

fn log_clock(state: ClockState, system_ahead_ms: i64) {
    match state {
        ClockState::Agrees => tracing::warn!(
            system_ahead_ms,
            "the system's clock and the time of votes agree again"
        ),
        ClockState::Apart => tracing::warn!(
            system_ahead_ms,
            remedy = "see who set the clock; once it is right, restart at a quiet moment",
            "the system's clock and the time of votes are apart: votes are stamped as if it had not moved"
        ),
        ClockState::InDoubt => tracing::error!(
            system_ahead_ms,
            remedy = "set the system's clock right; if it is right now, restart",
            "the system's clock jumped: votes are refused with 503 until it is settled which time is right"
        ),
    }
}

fn log_recovery(report: &RecoveryReport) {
    if let Some(torn) = &report.torn_tail {
        let (path, offset, bytes) = (torn.path.display(), torn.offset, torn.bytes);
        tracing::warn!(%path, offset, bytes, "a torn write at the end of the ledger was cut off");
    }
    for why in &report.snapshots_refused {
        tracing::warn!(why, "a voted bitset was made again from the ledger");
    }
    for kept in &report.kept {
        tracing::warn!(path = %kept.display(), "what the start did not use was kept aside: show it to whoever looks into this");
    }
    let (epoch, segments, frames) = (report.epoch, report.segments, report.frames);
    tracing::info!(
        epoch,
        segments,
        frames,
        replayed = report.replayed,
        "ledger recovered"
    );
}

fn log_closes_held(report: &RecoveryReport, event: &Event, now_ms: i64) {
    let held = report.closes_held.iter();
    let ids: Vec<&str> = held
        .filter_map(|index| event.ballots().get(usize::from(*index)))
        .map(|ballot| ballot.id.as_str())
        .collect();
    if !ids.is_empty() {
        tracing::warn!(
            ballots = ids.join(", "),
            clock = instant_text(now_ms),
            remedy = "look at another clock; if this one is wrong, stop the validator, set the clock right and start again",
            "voting on ballots is over by the clock at this start: in 15 minutes that is written down, and is final"
        );
    }
}

/// What the ledger must know of the package.
fn shape(package: &Package) -> Shape {
    Shape::of(package.event(), package.manifest_sha256(), |ballot| {
        (0..package.shard_count(ballot))
            .map(|shard| package.credentials_in(ballot, shard))
            .collect()
    })
}

/// Puts together what answers requests, of parts that are ready.
pub(crate) fn assemble(
    config: &Config,
    roll: ElectoralRoll,
    partition: Arc<Partition<VoteReply>>,
    clock: Arc<dyn Clock>,
) -> Result<App> {
    let event: &Event = roll.package.event();
    let ids = event
        .ballots()
        .iter()
        .map(|ballot| ballot.id.clone())
        .collect();
    let metrics = Arc::new(Metrics::new(&partition, &roll.package, ids));
    let enclosing = Enclosing::new(&Arc::new(shape(&roll.package)))
        .context("no vote can be sealed to the mask key of the event")?;
    Ok(App {
        catalogue: Catalogue::new(event),
        routes: Routes::new()?,
        cors: config.cors.clone(),
        results: config.results.clone(),
        admission: Arc::new(Admission::new(config.addresses.clone(), config.requests)),
        body: config.body,
        lookups: Semaphore::new(LOOKUPS_MAX),
        streams: Arc::new(Semaphore::new(STREAMS_MAX)),
        lifecycle: Lifecycle::default(),
        station: PollingStation {
            ballots: BallotKeys::new(event)?,
            roll,
            attempts: Attempts::new(config.failed_attempts, config.client_failed_attempts),
            enclosing,
            partition: Arc::clone(&partition),
            clock: Arc::clone(&clock),
            commit_timeout: config.commit_timeout,
            observer: Arc::clone(&metrics) as Arc<dyn Observer>,
        },
        metrics,
        partition,
        clock,
    })
}
