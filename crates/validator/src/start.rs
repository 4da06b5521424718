//! From a configuration to a running validator: each step either succeeds or says what to do.

use std::path::Path;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, anyhow, bail};
use caller::Authorities;
use credentials::{Hasher, RollKey, Scheme};
use database::{Access, Target};
use durable::{Clock, OsStorage, SteadyClock};
use election::{Event, EventWitness, instant_text};
use ledger::log::Log;
use ledger::log::files::{self, FilesLog};
use ledger::{
    ClockState, Enclosing, LedgerError, Options, Partition, RecoveryReport, Shape, Snapshots,
    layout,
};
use listener::lifecycle::Lifecycle;
use listener::{Admission, Tls, TlsFiles};
use pages::{MonitorHistory, Program};
use replicated::{EventLedger, Introduction, Member, Members, PostgresLog};
use shards::{Package, Trust};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use transparency::{KEY_TEXT_BYTES_MAX, KeyUse, PrivateKey};

use crate::app::App;
use crate::ballots::BallotKeys;
use crate::catalogue::Catalogue;
use crate::checkpoints::{Desk, Keeping};
use crate::config::{Config, Replicated};
use crate::http::calls::Routes;
use crate::metrics::{Metrics, Retired, Sources};
use crate::partitions::{Opening, Partitions, Place, Recent, Standing, Steward};
use crate::vote::{Attempts, ElectoralRoll, Observer, PollingStation};

/// Receipts looked up at once.
const LOOKUPS_MAX: usize = 8;
/// Longest password file read.
const PASSWORD_BYTES_MAX: usize = 4_096;
/// Streams of the ledger at once, beside those of each partition.
const STREAMS_MAX: usize = 16;
/// Of each partition a tally follows two: one to count, one to write to its database.
const STREAMS_OF_A_PARTITION_MAX: usize = 4;

/// Reads the certificate and key of a listener, where it speaks TLS.
pub(crate) fn read_certificate(files: Option<&TlsFiles>) -> Result<Option<Arc<Tls>>> {
    let tls = files.cloned().map(Tls::load).transpose();
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
    Replicated(Box<Shared>),
}

/// A ledger that several validators share.
pub(crate) struct Shared {
    pub(crate) log: PostgresLog,
    pub(crate) members: Members,
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
        Ok(Kept::Replicated(Box::new(Shared {
            log: PostgresLog::new(target.clone(), member.clone()),
            members: Members::new(target, member),
        })))
    }

    pub(crate) fn log(&self) -> Arc<dyn Log> {
        match self {
            Kept::Files(log) => Arc::clone(log) as Arc<dyn Log>,
            Kept::Replicated(shared) => Arc::new(shared.log.clone()),
        }
    }
}

/// Begins the ledger of the package's event: `validator init`.
pub(crate) fn init(config: &Config) -> Result<()> {
    let package = open_package(config)?;
    let kept = Kept::of(config)?;
    let (log, snapshots) = (kept.log(), snapshots(config));
    if let Kept::Replicated(shared) = &kept {
        let begun = shared.members.begin_event(&event_ledger(&package));
        begun.context("cannot begin a ledger")?;
    }
    let partitions = package.manifest().partitions;
    for partition in 0..partitions {
        ledger::begin(&*log, Some(&snapshots), partition).context("cannot begin a ledger")?;
    }
    tracing::info!(
        ledger = log.name(),
        event = package.event().id,
        partitions,
        "ledger begun: the validator may be started"
    );
    Ok(())
}

fn snapshots(config: &Config) -> Snapshots {
    Snapshots::new(Arc::new(OsStorage), &config.data)
}

/// Whose ledger it is.
pub(crate) fn event_ledger(package: &Package) -> EventLedger {
    EventLedger {
        manifest_sha256: package.manifest_sha256(),
        partitions: package.manifest().partitions,
    }
}

/// What a start passes on to each partition.
fn options(config: &Config, partition: u16) -> Options {
    Options {
        partition,
        queue_submissions_max: config.queue_max,
        on_full: Box::new(log_full),
        on_clock: Box::new(log_clock),
        accept_rollback: config.accepted.rollback,
        accept_clock_behind: config.accepted.clock_behind,
        ..Options::default()
    }
}

/// The partitions of the package's ledger, which nobody owns yet.
pub(crate) fn partitions_of(package: &Package) -> Partitions {
    let is_witnessed = package.event().log.is_some();
    Partitions::new(package.manifest().partitions, is_witnessed)
}

/// What the ledger's log is kept by; none where the event has none.
///
/// # Errors
/// The key is missing, is another one, or is given for an event without a log; certificate authorities cannot be read.
pub(crate) fn log_keeping(config: &Config, event: &Event) -> Result<Option<Keeping>> {
    let (path, log) = match (&config.log_keeping.key, &event.log) {
        (None, None) => return Ok(None),
        (Some(path), Some(log)) => (path, log),
        (None, Some(log)) => bail!(
            "log.key is not set, and event {} has the log {}: give the file that `shardpack keygen --log` wrote",
            event.id,
            log.origin
        ),
        (Some(path), None) => bail!(
            "log.key is {}, and event {} names no log: leave it out, or use the package of the event with [log]",
            path.display(),
            event.id
        ),
    };
    let text = secrets::read(path, KEY_TEXT_BYTES_MAX).context("log.key")?;
    let key = PrivateKey::parse(&text, KeyUse::Log)
        .with_context(|| format!("cannot use log.key {}", path.display()))?;
    if *key.public().key_bytes() != log.key {
        bail!(
            "log.key {} is another key than the one that the event names for {}: give the file that was made with it",
            path.display(),
            log.origin
        );
    }
    let is_tls = |witness: &EventWitness| witness.url.starts_with("https:");
    let authorities = log.witnesses.iter().any(is_tls).then(|| {
        let authorities = &config.log_keeping.authorities;
        Authorities::read(authorities).context("log.authorities")
    });
    Ok(Some(Keeping {
        key,
        log: log.clone(),
        authorities: authorities.transpose()?,
        data: config.data.clone(),
        is_in_files: config.replicated.is_none(),
    }))
}

/// A ledger in files, which this validator writes whole.
pub(crate) fn record_alone(
    config: &Config,
    ledger: Arc<dyn Log>,
    package: &Package,
    clock: &Arc<SteadyClock>,
    keeping: Option<&Keeping>,
) -> Result<Recording> {
    let partitions = Arc::new(partitions_of(package));
    open_ledger(config, &ledger, package, clock, &partitions)?;
    let desk = start_log(keeping, &ledger, &partitions)?;
    Ok(Recording {
        ledger,
        partitions,
        steward: None,
        retired: Arc::default(),
        desk,
    })
}

/// Starts to keep the logs of a ledger's partitions, where the event has them.
pub(crate) fn start_log(
    keeping: Option<&Keeping>,
    ledger: &Arc<dyn Log>,
    partitions: &Arc<Partitions>,
) -> Result<Option<Arc<Desk>>> {
    let desk = keeping.map(|keeping| Desk::start(keeping, ledger, partitions));
    let desk = desk.transpose().context("cannot keep the ledger's log")?;
    Ok(desk.map(Arc::new))
}

/// Opens every partition of a ledger that this validator alone writes.
fn open_ledger(
    config: &Config,
    log: &Arc<dyn Log>,
    package: &Package,
    clock: &Arc<SteadyClock>,
    partitions: &Partitions,
) -> Result<()> {
    let now_ms = clock.now_ms();
    for partition in 0..partitions.count() {
        let (log, clock, shape) = (Arc::clone(log), Arc::clone(clock), shape(package));
        let options = options(config, partition);
        let opened = Partition::open(log, Some(snapshots(config)), clock, shape, options);
        let (owned, report) = opened.context("cannot open the ledger")?;
        log_recovery(&report);
        log_closes_held(&report, package.event(), now_ms);
        partitions.set(partition, Place::Here(Arc::new(owned)));
    }
    Ok(())
}

/// How the partitions of a shared ledger are opened, whenever this validator may.
pub(crate) fn opening(
    config: &Config,
    package: &Arc<Package>,
    clock: &Arc<SteadyClock>,
    retired: &Arc<Retired>,
) -> Opening {
    let (config, retired) = (config.clone(), Arc::clone(retired));
    let (package, told_clock) = (Arc::clone(package), Arc::clone(clock));
    Opening {
        snapshots: snapshots(&config),
        shape: Arc::new(shape(&package)),
        clock: Arc::clone(clock),
        options: Box::new(move |partition| options(&config, partition)),
        on_opened: Box::new(move |report| {
            log_recovery(report);
            log_closes_held(report, package.event(), told_clock.now_ms());
        }),
        on_retired: Box::new(move |state| retired.add(state)),
    }
}

/// Who this validator is to those that share its ledger.
///
/// # Errors
/// Certificate, key or authority cannot be read, or name another validator.
pub(crate) fn standing(
    replicated: &Replicated,
    package: &Package,
    runtime: &Handle,
) -> Result<Standing> {
    let identity = replicated.identity()?;
    let mut incarnation = [0; 16];
    getrandom::fill(&mut incarnation).map_err(|error| anyhow!("no randomness: {error}"))?;
    Ok(Standing {
        name: replicated.member.clone(),
        lease: replicated.lease,
        introduction: Introduction {
            address: replicated.relay.address.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            incarnation,
        },
        identity: Arc::new(identity),
        event: event_ledger(package),
        runtime: runtime.clone(),
    })
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
    let EventLedger {
        manifest_sha256,
        partitions,
    } = event_ledger(package);
    Shape::of(package.event(), manifest_sha256, partitions, |ballot| {
        (0..package.shard_count(ballot))
            .map(|shard| package.credentials_in(ballot, shard))
            .collect()
    })
}

/// Where votes are recorded, and what was counted there.
pub(crate) struct Recording {
    pub(crate) ledger: Arc<dyn Log>,
    pub(crate) partitions: Arc<Partitions>,
    pub(crate) steward: Option<Arc<Steward>>,
    pub(crate) retired: Arc<Retired>,
    /// The logs of the partitions; none where the event has none.
    pub(crate) desk: Option<Arc<Desk>>,
}

/// Puts together what answers requests, of parts that are ready.
pub(crate) fn assemble(
    config: &Config,
    roll: ElectoralRoll,
    recording: Recording,
    clock: Arc<dyn Clock>,
) -> Result<App> {
    let Recording {
        ledger,
        partitions,
        steward,
        retired,
        desk,
    } = recording;
    let decisions = Arc::new(Recent::default());
    let event: &Event = roll.package.event();
    let metrics = Arc::new(Metrics::new(Sources {
        partitions: &partitions,
        retired: &retired,
        package: &roll.package,
        clock: &clock,
        data: config.data.clone(),
        desk: desk.as_ref(),
        steward: steward.as_ref(),
    }));
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
        streams: Arc::new(Semaphore::new(
            STREAMS_MAX + STREAMS_OF_A_PARTITION_MAX * usize::from(partitions.count()),
        )),
        lifecycle: Lifecycle::default(),
        station: PollingStation {
            ballots: BallotKeys::new(event)?,
            roll,
            attempts: Attempts::new(config.failed_attempts, config.client_failed_attempts),
            enclosing,
            partitions: Arc::clone(&partitions),
            decisions: Arc::clone(&decisions),
            clock: Arc::clone(&clock),
            commit_timeout: config.commit_timeout,
            observer: Arc::clone(&metrics) as Arc<dyn Observer>,
        },
        metrics,
        history: Mutex::new(MonitorHistory::new(Program::Validator)),
        partitions,
        ledger,
        steward,
        desk,
        decisions,
        clock,
    })
}
