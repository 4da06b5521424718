//! A site is lost, or its database alone: two validators on a replicated ledger, the archive of the database on a third
//! machine, a mirror on a fourth.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tokio::time::Instant;

use super::archive::{Archive, SEGMENT_BYTES};
use super::electorate::{self, Electorate, plain, until};
use super::servers::Servers;
use super::told::{Frames, Scene};
use super::wal::Samples;
use crate::authority::Authority;
use crate::chance;
use crate::child::Server;
use crate::lost_machine::{self, Copying};
use crate::prepare::{SAMPLE_ROLL, Stage};
use crate::races;
use crate::services::{self, Addresses};
use crate::steps::Steps;
use crate::validators::{NAMES, SharedLedger, Validators};
use crate::verdict::Verdict;
use crate::witnesses;

const VALIDATORS: usize = 2;
/// Votes before anything is archived that the scene waits for.
const VOTES: u64 = 150;
/// How long after a segment was archived the blow falls: before the next one is.
const AFTER_SEGMENT_MS: std::ops::Range<u64> = 400..1_200;
/// What a validator says that had read more than a database holds.
const SET_BACK: &str = "the database was set back to an earlier state";
/// How long it is looked for that no validator takes a vote on a database that was set back.
const LOOKED_FOR: Duration = Duration::from_secs(8);
/// What a validator says whose ledger the witnesses know to be older.
const UNWITNESSED: &str = "contradict";

/// What is lost, and what is left to go on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// Servers and validators with their disks; the archive is left.
    SiteButArchive,
    /// The same, and the event has a log: the archive may not be gone on from, the mirror may.
    SiteButMirror,
    /// The database's servers alone; validators live on, and know more than the archive.
    Database,
}

impl Lost {
    /// What the table says of it: what happened, what was gone, what was needed.
    fn words(self) -> [&'static str; 3] {
        match self {
            Lost::SiteButArchive => [
                "site lost, gone on from the archive",
                "both database servers and both validators with their disks",
                "pgBackRest's repository and passphrase, package, roll key; the officers' decision",
            ],
            Lost::SiteButMirror => [
                "site lost, gone on from the mirror",
                "the same; the event has a log",
                "the mirror, package, roll key, log key; the officers' decision",
            ],
            Lost::Database => [
                "database lost, validators alive",
                "both database servers with their disks",
                "pgBackRest's repository and passphrase; the officers' decision, --accept-rollback",
            ],
        }
    }
}

/// What validators have beside the database: an authority of their own, and a directory to work in.
struct Members {
    authority: Authority,
    dir: TempDir,
}

impl Members {
    fn new() -> Result<Members> {
        let dir = TempDir::with_prefix("rehearsal-members-").context("no temporary directory")?;
        Ok(Members {
            authority: Authority::new(dir.path().join("ca.pem"))?,
            dir,
        })
    }

    /// The ledger at a database; validators that start may be told to give up what is behind a frame.
    fn shared(&self, servers: &Servers, accepted: Option<u64>) -> SharedLedger<'_> {
        let url = servers.url();
        SharedLedger {
            known_to: Box::new(move |call| {
                let call = call.variable("VALIDATOR_LEDGER_POSTGRES", &url);
                match accepted {
                    Some(frame) => call.flag("--accept-rollback", frame.to_string()),
                    None => call,
                }
            }),
            authority: &self.authority,
            dir: self.dir.path().to_owned(),
        }
    }
}

/// The site before its loss.
struct Site {
    archive: Archive,
    servers: Servers,
    members: Members,
    validators: Validators,
    copying: Copying,
    samples: Samples,
}

/// What is left of it.
struct Left {
    archive: Archive,
    /// Both of them where the database alone is lost.
    validators: Option<(Members, Validators)>,
    ports: [u16; 2],
    samples: Samples,
    mirror: u64,
    at: Instant,
}

/// What is gone on from.
enum Back {
    Archive(Again),
    Mirror(Mirrored),
}

impl Back {
    /// Where voters are sent.
    fn at(&self) -> Addresses {
        match self {
            Back::Archive(again) => again.validators.first(),
            Back::Mirror(again) => again.at,
        }
    }
}

/// Servers and validators on what the archive had.
struct Again {
    servers: Servers,
    validators: Validators,
    _members: Members,
    frames: Frames,
    said: Vec<String>,
    faults: Vec<String>,
}

/// One validator on the mirror's files, and what could be restored beside it.
struct Mirrored {
    at: Addresses,
    validator: Server,
    left: Left,
}

/// Plays one loss under load: `votes` votes before and as many after. Where `forgets_segment`, the archive misses its
/// newest segment, and the verdict says so.
///
/// # Errors
/// Anything that keeps it from being played.
pub(super) async fn play(
    stage: &Stage,
    lost: Lost,
    (votes, forgets_segment, seed): (u64, bool, u64),
    steps: &mut Steps,
) -> Result<Scene> {
    let mut electorate = Electorate::prepare(stage, (votes, seed), steps).await?;
    let witnesses = stage.start_witnesses().await?;
    let site = Site::begin(stage).await?;
    steps.done("two servers, archived; two validators; a mirror elsewhere");
    let (at, first) = (site.validators.first(), electorate.first());
    let playing = async {
        let left = site.lose(stage, lost).await?;
        let begun = left.at;
        let back = left.go_on(stage, lost, forgets_segment).await?;
        let receipt = electorate::first_vote(back.at(), &first).await?;
        anyhow::Ok((back, receipt, begun.elapsed()))
    };
    let (voted, back) = tokio::try_join!(electorate.vote(stage, at), playing)?;
    ensure!(
        voted.acknowledged() < votes,
        "all {votes} had voted before the blow, so nothing could be lost: play it with more --votes"
    );
    let (back, receipt, took) = back;
    electorate.note_first(receipt);
    steps.done(&format!("{}: the first voter has voted", lost.words()[0]));
    let scene = match back {
        Back::Archive(again) => judged(stage, (lost, took), again, &mut electorate).await?,
        Back::Mirror(again) => on_mirror(stage, took, again, &mut electorate).await?,
    };
    witnesses::stop(witnesses).await?;
    Ok(scene)
}

impl Site {
    async fn begin(stage: &Stage) -> Result<Site> {
        let archive = Archive::new(stage.machines.logs().join("pgbackrest.log"))?;
        let (servers, metrics) = Servers::begin(stage, &archive).await?;
        for name in ["last_success", "archived"] {
            let line = format!("\nscrutin_backup_{name}_timestamp_seconds 1");
            ensure!(
                metrics.contains(&line),
                "the backup tells no {name}: {metrics}"
            );
        }
        let members = Members::new()?;
        stage.begin_on(&members.shared(&servers, None)).await?;
        let shared = members.shared(&servers, None);
        let validators = Validators::start(stage, &shared, VALIDATORS).await?;
        drop(shared);
        validators.shared_out(stage.partitions).await?;
        Ok(Site {
            samples: Samples::start(stage, &servers)?,
            copying: Copying::start(stage, validators.first()).await?,
            archive,
            servers,
            members,
            validators,
        })
    }

    /// Waits until some votes are archived, and strikes before the next segment is.
    async fn lose(self, stage: &Stage, lost: Lost) -> Result<Left> {
        let at = self.validators.first();
        until("votes before the loss", async || {
            let frames = services::last_frames(at.internal).await?;
            Ok(frames.values().sum::<u64>() > VOTES)
        })
        .await?;
        let archived = self.archive.end().await?;
        // Two, so that a restore which misses one still has a ledger.
        until("further segments are archived", async || {
            Ok(self.archive.end().await? > archived + SEGMENT_BYTES)
        })
        .await?;
        tokio::time::sleep(chance::moment(AFTER_SEGMENT_MS)?).await;
        let (at, mut validators) = (Instant::now(), None);
        match lost {
            Lost::Database => validators = Some((self.members, self.validators)),
            _ => self.validators.lose().await?,
        }
        let ports = self.servers.lose().await?;
        self.copying.end().await?;
        if validators.is_none() {
            for name in NAMES.into_iter().take(VALIDATORS) {
                fs::remove_dir_all(data_of(stage, name))?;
            }
        }
        Ok(Left {
            archive: self.archive,
            validators,
            ports,
            samples: self.samples,
            mirror: lost_machine::last_frame(&stage.machines.data())?,
            at,
        })
    }
}

fn data_of(stage: &Stage, name: &str) -> PathBuf {
    stage.machines.online().join(format!("data-{name}"))
}

impl Left {
    /// Restores the newest state of the archive at the same address, and tells the frame at which it ends.
    async fn restored(&self, stage: &Stage, forgets_segment: bool) -> Result<(Servers, Frames)> {
        let end = self.archive.end().await?;
        let (before, archive_at_least, archive_at_most) = self.samples.foretell(end)?;
        if forgets_segment {
            self.archive.forget_newest()?;
        }
        let servers = Servers::restore(stage, &self.archive, self.ports).await?;
        let last = servers.sql("SELECT max(frame) FROM ledger_links").await?;
        let archive = last
            .trim()
            .parse()
            .context("the restored ledger is empty")?;
        let frames = Frames {
            before,
            archive_at_least,
            archive_at_most,
            archive,
            mirror: self.mirror,
        };
        Ok((servers, frames))
    }

    /// Goes on from what may be gone on from.
    async fn go_on(self, stage: &Stage, lost: Lost, forgets_segment: bool) -> Result<Back> {
        if lost != Lost::SiteButMirror {
            return self
                .restore(stage, forgets_segment)
                .await
                .map(Back::Archive);
        }
        let at = Addresses::free()?;
        Ok(Back::Mirror(Mirrored {
            validator: stage.start_validator(at).await?,
            at,
            left: self,
        }))
    }

    /// Goes on from the archive.
    async fn restore(mut self, stage: &Stage, forgets_segment: bool) -> Result<Again> {
        let (servers, frames) = self.restored(stage, forgets_segment).await?;
        let (mut said, mut faults, mut accepted) = (Vec::new(), Vec::new(), None);
        let members = match self.validators.take() {
            None => Members::new()?,
            Some((members, alive)) => {
                let (line, found) = refuse_to_go_on(stage, alive).await?;
                (said, faults) = (vec![line], found);
                accepted = Some(frames.archive);
                members
            }
        };
        let shared = members.shared(&servers, accepted);
        let validators = Validators::start(stage, &shared, VALIDATORS).await?;
        drop(shared);
        Ok(Again {
            servers,
            validators,
            _members: members,
            frames,
            said,
            faults,
        })
    }
}

/// Validators that live on must say that the database was set back, and take no vote until people decide. Returns what one
/// said, and what speaks against that; they are ended then.
async fn refuse_to_go_on(stage: &Stage, alive: Validators) -> Result<(String, Vec<String>)> {
    let said = logged(stage, SET_BACK).await?;
    let votes = races::subjects(SAMPLE_ROLL)?;
    let vote = votes.last().context("there is no sample voter")?;
    let mut faults = Vec::new();
    let deadline = Instant::now() + LOOKED_FOR;
    while faults.is_empty() && Instant::now() < deadline {
        for (name, at) in alive.places() {
            if let Some(answer) = races::cast(at, vote).await? {
                faults.push(format!(
                    "{name} goes on on a database that was set back: {answer:?}"
                ));
            }
        }
        tokio::time::sleep(services::POLL).await;
    }
    if alive.serving().await.is_some() {
        faults.push("a validator says that it is ready on a database that was set back".to_owned());
    }
    alive.lose().await?;
    Ok((said, faults))
}

/// Waits until the log of a validator has a line with these words, and returns it.
async fn logged(stage: &Stage, words: &str) -> Result<String> {
    let logs = NAMES.map(|name| stage.machines.logs().join(format!("{name}.log")));
    let mut found = None;
    until(&format!("a validator says {words:?}"), async || {
        let text: String = logs
            .iter()
            .map(|log| fs::read_to_string(log).unwrap_or_default())
            .collect();
        found = text
            .lines()
            .find(|line| line.contains(words))
            .map(str::to_owned);
        Ok(found.is_some())
    })
    .await?;
    Ok(plain(&found.unwrap_or_default(), stage.machines.root()))
}

/// The second half of the votes, and the whole ledger held against every answer.
async fn judged(
    stage: &Stage,
    (lost, vote_again): (Lost, Duration),
    again: Again,
    electorate: &mut Electorate,
) -> Result<Scene> {
    let at = again.validators.first();
    electorate.vote_all(stage, at).await?;
    let lacking = electorate.lacking(stage, at.public).await?;
    let data = stage.machines.data();
    rustix::fs::rename(&data, data.with_file_name("data-of-the-mirror"))?;
    fs::create_dir(&data)?;
    let copying = Copying::start(stage, at).await?;
    copying.finish(&again.validators.metrics()).await?;
    again.validators.stop().await?;
    drop(again.servers);
    let told = Told {
        lost,
        frames: again.frames,
        last: again.frames.archive,
        vote_again,
        said: again.said,
        faults: again.faults,
    };
    told.scene(stage, lacking, electorate).await
}

/// The second half of the votes on the mirror; then shows that the archive may not be gone on from.
async fn on_mirror(
    stage: &Stage,
    vote_again: Duration,
    again: Mirrored,
    electorate: &mut Electorate,
) -> Result<Scene> {
    let Mirrored {
        at,
        validator,
        left,
    } = again;
    electorate.vote_all(stage, at).await?;
    let lacking = electorate.lacking(stage, at.public).await?;
    let (servers, frames) = left.restored(stage, false).await?;
    let said = vec![contradicted(stage, &servers).await?];
    validator.stop().await?;
    let told = Told {
        lost: Lost::SiteButMirror,
        frames,
        last: left.mirror,
        vote_again,
        said,
        faults: Vec::new(),
    };
    told.scene(stage, lacking, electorate).await
}

/// A validator on a database that is older than what witnesses have cosigned takes no vote, and says why.
async fn contradicted(stage: &Stage, servers: &Servers) -> Result<String> {
    let members = Members::new()?;
    let at = Addresses::free()?;
    let call = stage.member_call(&members.shared(servers, None), NAMES[0], at)?;
    let validator = call.start()?;
    let said = logged(stage, UNWITNESSED).await?;
    let votes = races::subjects(SAMPLE_ROLL)?;
    let vote = votes.last().context("there is no sample voter")?;
    let answer = races::cast(at, vote).await?;
    ensure!(
        answer.is_none(),
        "a vote was taken on an older copy: {answer:?}"
    );
    drop(validator);
    Ok(said)
}

/// What a scene has come to.
struct Told {
    lost: Lost,
    frames: Frames,
    /// The last frame of the copy that was gone on from.
    last: u64,
    vote_again: Duration,
    said: Vec<String>,
    faults: Vec<String>,
}

impl Told {
    /// Holds the files of the ledger against every answer.
    async fn scene(
        self,
        stage: &Stage,
        lacking: Vec<String>,
        electorate: &Electorate,
    ) -> Result<Scene> {
        let truth = electorate.truth(stage)?;
        let mut faults = self.faults;
        faults.extend(lost_machine::contradictions(stage, &truth, &lacking, self.last).await?);
        faults.extend(self.frames.faults());
        let [scene, gone, needed] = self.lost.words();
        Ok(Scene {
            scene,
            gone,
            needed,
            vote_again_s: Some(self.vote_again.as_secs_f64()),
            results_again_s: None,
            acknowledged: truth.receipts(),
            lost_receipts: lacking,
            frames: Some(self.frames),
            said: self.said,
            verdict: Verdict::new("exactly what the copy lacked is lost, and no more", faults),
        })
    }
}
