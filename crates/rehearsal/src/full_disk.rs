//! A full disk under load, on a small filesystem that is really full: votes go on where space was
//! reserved ahead, are refused with 503 where there is none, and are taken again as soon as there
//! is room, by the same process. Nothing that was answered is lost.

use crate::child::Server;
use crate::http;
use crate::judge::Judged;
use crate::prepare::Stage;
use crate::services::{self, Addresses};
use crate::steps::Steps;
use crate::voting::{LOOK_AGAIN, Voting};
use anyhow::{Context, Result, bail};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use serde::Serialize;
use serde_json::json;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

/// Room for one segment (64 MiB) and not for two.
const DISK: &std::ffi::CStr = c"size=80m,mode=0700";
/// Votes that must arrive in each phase.
const VOTES: u64 = 200;
/// How long a phase may take.
const WITHIN: Duration = Duration::from_secs(25);
static BALLAST_BLOCK: [u8; 1 << 16] = [0x5a; 1 << 16];

/// What a full disk did.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum FullDisk {
    /// This machine permits no small filesystem.
    NotTested {
        /// Why.
        not_tested: String,
    },
    /// It was full and had room again.
    Judged {
        /// Submissions that the ledger refused for lack of room.
        refused: u64,
        /// What became of the votes.
        #[serde(flatten)]
        judged: Judged,
    },
}

impl FullDisk {
    /// Whether nothing speaks against the ledger.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        match self {
            FullDisk::NotTested { .. } => true,
            FullDisk::Judged { judged, refused } => judged.is_clean() && *refused > 0,
        }
    }
}

/// A filesystem in memory over an existing directory, unmounted when dropped.
struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    /// # Errors
    /// The system's, `PermissionDenied` where this user may not mount.
    fn mount(path: &Path) -> std::io::Result<SmallDisk> {
        let flags = MountFlags::NODEV | MountFlags::NOSUID | MountFlags::NOEXEC;
        mount("rehearsal", path, "tmpfs", flags, DISK)?;
        let path = path.to_owned();
        Ok(SmallDisk { path })
    }

    fn ballast(&self) -> PathBuf {
        self.path.join("ballast")
    }

    /// Leaves no byte free.
    fn fill(&self) -> Result<()> {
        let mut ballast = File::create(self.ballast()).context("cannot write ballast")?;
        loop {
            match ballast.write_all(&BALLAST_BLOCK) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(()),
                Err(error) => return Err(error).context("cannot fill the small disk"),
            }
        }
    }

    fn make_room(&self) -> Result<()> {
        fs::remove_file(self.ballast()).context("cannot remove the ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Files may be open still: it goes when they are closed.
        let _ = unmount(&self.path, UnmountFlags::DETACH);
    }
}

/// Plays it on a disk mounted over the data directory, which so begins a ledger anew; what lies
/// below is there again afterwards. The truth file is replaced.
///
/// # Errors
/// Anything that keeps it from being played, and a validator that does not answer as promised.
pub async fn run(stage: &Stage, voting: Voting, steps: &mut Steps) -> Result<FullDisk> {
    let disk = match SmallDisk::mount(&stage.site.data()) {
        Ok(disk) => disk,
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            let not_tested = "this user may not mount a small filesystem: run as root".to_owned();
            steps.done(&format!("NOT TESTED, a full disk: {not_tested}"));
            return Ok(FullDisk::NotTested { not_tested });
        }
        Err(error) => return Err(error).context("cannot mount a small filesystem"),
    };
    let played = play(stage, voting, &disk, steps).await?;
    steps.done("ledger verified after the full disk");
    Ok(played)
}

async fn play(
    stage: &Stage,
    voting: Voting,
    disk: &SmallDisk,
    steps: &mut Steps,
) -> Result<FullDisk> {
    let at = Addresses::free()?;
    let mut validator = stage.start_validator(at).await?;
    let casting = stage.cast(at, voting)?;
    more(&mut validator, at, "ledger_votes_total", VOTES).await?;
    disk.fill()?;
    more(&mut validator, at, "ledger_votes_total", VOTES).await?;
    steps.done("disk full: votes go on in the space reserved ahead");
    // A start gives reserved space back, and now it is too little for a new segment.
    validator.kill().await?;
    let mut validator = stage.start_validator(at).await?;
    more(&mut validator, at, "ledger_full_total", 1).await?;
    refuses(at).await?;
    let recorded = services::metric(at.internal, "ledger_votes_total").await?;
    if recorded > 0 {
        bail!("{recorded} votes were recorded on a full disk");
    }
    steps.done("killed and started on the full disk: votes answered 503 with Retry-After");
    disk.make_room()?;
    more(&mut validator, at, "ledger_votes_total", VOTES).await?;
    steps.done("room again: votes taken again, by the same process");
    let refused = services::metric(at.internal, "ledger_full_total").await?;
    casting.end_early()?;
    let summary = casting.finish().await?;
    validator.stop().await?;
    let judged = stage.judge(&summary, None).await?;
    Ok(FullDisk::Judged { refused, judged })
}

/// Waits until a counter of the validator has grown by `wanted`.
async fn more(validator: &mut Server, at: Addresses, counter: &str, wanted: u64) -> Result<()> {
    let from = services::metric(at.internal, counter).await?;
    let deadline = Instant::now() + WITHIN;
    loop {
        validator.check()?;
        let now = services::metric(at.internal, counter).await?;
        if now >= from + wanted {
            return Ok(());
        }
        if Instant::now() > deadline {
            let seconds = WITHIN.as_secs();
            bail!(
                "{counter} stands at {now} after {seconds} s, expected {wanted} more than {from}"
            );
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// A sample voter's vote, told that nothing was recorded and when to come back.
async fn refuses(at: Addresses) -> Result<()> {
    let vote = json!({"nas": "123456789", "code": "ABC123", "law_id": "L2025-001", "vote": "oui"});
    let told = http::post(at.public, "/api/v1/vote", &vote).await?;
    let body = String::from_utf8_lossy(&told.body);
    if told.status != 503 || told.retry_after_s.is_none() || !body.contains("storage-full") {
        bail!(
            "a vote on a full disk was answered {} with Retry-After {:?}, expected 503 storage-full \
             with one: {body}",
            told.status,
            told.retry_after_s
        );
    }
    Ok(())
}
