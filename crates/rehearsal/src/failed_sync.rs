//! A sync that fails under load: the data directory lies on a disk that promises more room than there is,
//! as a thin-provisioned volume does. Writes succeed and syncs fail. The validator must end at once,
//! answer nobody, and find every vote again once the disk has the room that it promises.

use std::ffi::CStr;
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::mount::{UnmountFlags, unmount};
use rustix::process::Signal;

use crate::child::{Call, Server};
use crate::judge::{Experiment, Judged};
use crate::prepare::Stage;
use crate::services::{self, Addresses};
use crate::small_disk::SmallDisk;
use crate::steps::Steps;
use crate::voting::Voting;

/// The room that the disk really has.
const BEHIND: &CStr = c"size=60m,mode=0700";
/// The room that the disk promises: two segments and more.
const PROMISED_BYTES: u64 = 200 << 20;
/// Votes that must arrive before and after.
const VOTES: u64 = 200;
/// How long the validator may live on a disk that fails.
const END_WITHIN: Duration = Duration::from_secs(25);
/// Exit status of `e2fsck` where it corrected all faults that it found; a higher one is worse.
const CORRECTED: i32 = 1;

/// An ext4 filesystem in a file on a small disk, mounted over the data directory.
struct ThinDisk {
    behind: SmallDisk,
    image: PathBuf,
    data: PathBuf,
    log: PathBuf,
}

impl ThinDisk {
    async fn make(stage: &Stage) -> Result<ThinDisk> {
        let path = stage.machines.root().join("thin");
        fs::create_dir(&path)?;
        let disk = ThinDisk {
            behind: SmallDisk::mount(&path, BEHIND).context("no small filesystem")?,
            image: path.join("image"),
            data: stage.machines.data(),
            log: stage.machines.logs().join("disk.log"),
        };
        File::create_new(&disk.image)?.set_len(PROMISED_BYTES)?;
        let mkfs = disk.call("mkfs.ext4").args(["-q", "-F", "-J", "size=4"]);
        mkfs.arg(&disk.image).run().await?;
        disk.mount().await?;
        Ok(disk)
    }

    fn call(&self, program: &str) -> Call {
        Call::new(program.into(), self.log.clone())
    }

    async fn mount(&self) -> Result<()> {
        let call = self.call("mount").args(["-o", "loop"]);
        call.arg(&self.image).arg(&self.data).run().await.map(drop)
    }

    /// Makes room, then unmounts, checks and mounts the disk, as an operator does.
    async fn heal(&self) -> Result<()> {
        self.behind.make_room()?;
        unmount(&self.data, UnmountFlags::empty()).context("cannot unmount the failed disk")?;
        let check = self.call("e2fsck").arg("-p").arg(&self.image);
        let (status, told) = check.outcome().await?;
        if status.code().is_none_or(|code| code > CORRECTED) {
            bail!("e2fsck ended with {status}: {told}");
        }
        self.mount().await
    }
}

impl Drop for ThinDisk {
    fn drop(&mut self) {
        let _ = unmount(&self.data, UnmountFlags::DETACH);
    }
}

/// Lets a sync fail on a disk that is mounted over the data directory, where a new ledger begins. The
/// truth file is replaced.
///
/// # Errors
/// Anything that keeps it from being played, and a validator that lives on.
pub async fn run(stage: &Stage, voting: Voting, steps: &mut Steps) -> Result<Experiment> {
    let disk = match ThinDisk::make(stage).await {
        Ok(disk) => disk,
        Err(error) => {
            let why = format!("{error:#}");
            return Ok(Experiment::not_tested("a failed sync", &why, steps));
        }
    };
    let played = play(stage, voting, &disk, steps).await?;
    steps.done("ledger verified after the failed sync");
    Ok(Experiment::Judged(played))
}

async fn play(stage: &Stage, voting: Voting, disk: &ThinDisk, steps: &mut Steps) -> Result<Judged> {
    let at = Addresses::free()?;
    stage.begin_ledger().await?;
    let mut validator = stage.start_validator(at).await?;
    let casting = stage.cast(at, voting)?;
    services::grown(&mut validator, at, "ledger_votes_total", VOTES).await?;
    disk.behind.fill()?;
    aborted(validator).await?;
    steps.done("a sync failed: the validator ended at once (SIGABRT)");
    disk.heal().await?;
    let mut validator = stage.start_validator(at).await?;
    services::grown(&mut validator, at, "ledger_votes_total", VOTES).await?;
    steps.done("disk made whole: started again, votes taken again");
    casting.end_early()?;
    let summary = casting.finish().await?;
    validator.stop().await?;
    stage.judge(&summary, None).await
}

/// Waits until the validator ends by SIGABRT, as it must; any other end is an error.
async fn aborted(mut validator: Server) -> Result<()> {
    let ended = tokio::time::timeout(END_WITHIN, validator.wait()).await;
    let status = ended.context("the validator lives on though its syncs fail")??;
    if status.signal() != Some(Signal::ABORT.as_raw()) {
        bail!(
            "the validator ended with {status} after a failed sync, expected SIGABRT\n{}",
            validator.log_tail()
        );
    }
    Ok(())
}
