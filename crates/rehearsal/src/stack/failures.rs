//! The failures that are caused, one for each alert: how each begins, goes on and is undone.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::Signal;

use super::follower;
use super::site::Site;
use super::strangers;
use crate::cluster::node::Blow;
use crate::cluster::patroni::STANDBY;
use crate::prepare::Stage;

const DAY: Duration = Duration::from_secs(86_400);
const YEAR: Duration = Duration::from_secs(365 * 86_400);
/// What a disk that fills loses each time that somebody looks.
const POURED: usize = 100 << 10;
/// Blocks of the package's files are hashed by this size.
const BLOCK: u64 = 4_096;
/// A clock that differs by so much is told of; one that differs by 2 s owns nothing.
const WRONG_MS: i64 = 1_200;
/// Looks between two restarts of the partition's owner, and of the standby's being frozen and let go.
const RESTART_EVERY: u64 = 40;
const FROZEN_FOR: u64 = 8;
const FROZEN_EVERY: u64 = 11;

/// What goes wrong, each in one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nobody votes any more.
    NoVoters,
    /// Strangers send credentials that are on no roll.
    Strangers,
    /// Strangers guess the code of one voter.
    Guessing,
    /// The synchronous standby stands still most of the time.
    SlowStandby,
    /// Nothing is read to the validator that follows the ledger's owner.
    StuckFollower,
    /// The mask hand's line is cut.
    CutMaskHand,
    /// The count hand is stopped.
    StoppedCountHand,
    /// A validator's clock is moved.
    MovedClock,
    /// A validator's disk fills.
    FillingDisk,
    /// The synchronous standby's machine is lost.
    LostStandby,
    /// The ledger's owner is restarted again and again.
    RestartedOwners,
    /// A witness is stopped.
    StoppedWitness,
    /// A validator has a certificate that ends tomorrow.
    EndingCertificate,
    /// The mirror's line is cut.
    CutMirror,
    /// The mask hand is killed.
    KilledProgram,
    /// Both validators stand still.
    FrozenValidators,
    /// Bytes of a validator's package change on its disk.
    DamagedPackage,
    /// The last backup was made three days ago.
    OldBackup,
}

/// A failure that was begun, with what is needed to undo it.
#[derive(Debug)]
pub struct Begun {
    failure: Failure,
    /// Nodes of the database that it struck.
    struck: Vec<(usize, Blow)>,
    /// What stood in the package's files.
    bytes: Vec<(PathBuf, u64, u8)>,
    /// Processes that stand still.
    frozen: Vec<i32>,
    beats: u64,
}

impl Failure {
    /// Begins it.
    ///
    /// # Errors
    /// It cannot be caused: a part of the stack refuses.
    pub async fn begin(self, site: &mut Site) -> Result<Begun> {
        let mut begun = Begun {
            failure: self,
            struck: Vec::new(),
            bytes: Vec::new(),
            frozen: Vec::new(),
            beats: 0,
        };
        match self {
            Failure::NoVoters => site.crowd.pause().await?,
            Failure::CutMaskHand => site.to_mask_hand.cut(),
            Failure::CutMirror => site.to_mirror.cut(),
            Failure::StoppedCountHand => site.count_hand.stop().await?,
            Failure::KilledProgram => site.mask_hand.kill().await?,
            Failure::MovedClock => site.members.move_clock(WRONG_MS).await?,
            Failure::OldBackup => site.back_up(3 * DAY)?,
            Failure::LostStandby => begun.strike(site, STANDBY, Blow::Killed).await?,
            Failure::FrozenValidators => to_both(site, Signal::STOP)?,
            Failure::StoppedWitness => {
                let witness = site.witnesses.last_mut().and_then(Option::take);
                witness.context("no witness")?.server.stop().await?;
            }
            Failure::EndingCertificate => {
                let authority = site.servers.shared().authority;
                site.members.all[1].renew(authority, DAY)?;
            }
            Failure::DamagedPackage => begun.bytes = damage(site)?,
            Failure::StuckFollower => {
                begun.frozen = follower::freeze(&site.servers, &mut site.members).await?;
            }
            Failure::Strangers
            | Failure::Guessing
            | Failure::SlowStandby
            | Failure::FillingDisk
            | Failure::RestartedOwners => {}
        }
        Ok(begun)
    }
}

fn to_both(site: &mut Site, signal: Signal) -> Result<()> {
    let mut both = site.members.all.iter_mut();
    both.try_for_each(|member| member.program.signal(signal))
}

impl Begun {
    /// Goes on with it, ten times a second.
    ///
    /// # Errors
    /// As [`Failure::begin`].
    pub async fn beat(&mut self, stage: &Stage, site: &mut Site) -> Result<()> {
        self.beats += 1;
        match self.failure {
            Failure::Strangers => strangers::unknown(site.gateway.plain, self.beats),
            Failure::Guessing => {
                let nas = stage.sample_voter()?;
                strangers::guess(site.gateway.plain, &nas, self.beats);
            }
            Failure::SlowStandby => self.slow(site).await?,
            Failure::FillingDisk => {
                let disk = site.members.all[1].disk.as_ref();
                disk.context("nobody but root may mount a small disk")?
                    .pour(POURED)?;
            }
            Failure::RestartedOwners if self.beats % RESTART_EVERY == 1 => {
                let owner = site.members.owner().await?;
                // One that is killed just after it took a partition never tells that it did.
                site.members.all[owner].program.stop().await?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Undoes it.
    ///
    /// # Errors
    /// What was ended does not come back.
    pub async fn undo(self, stage: &Stage, site: &mut Site) -> Result<()> {
        for (node, blow) in self.struck {
            site.servers.heal(node, blow)?;
        }
        for (file, place, byte) in &self.bytes {
            fs::File::options()
                .write(true)
                .open(file)?
                .write_all_at(&[*byte], *place)?;
        }
        match self.failure {
            Failure::NoVoters => site.crowd.vote()?,
            Failure::FrozenValidators => to_both(site, Signal::CONT)?,
            Failure::CutMaskHand => site.to_mask_hand.mend(),
            Failure::CutMirror => site.to_mirror.mend(),
            Failure::StoppedCountHand => site.count_hand.start_again()?,
            Failure::KilledProgram => site.mask_hand.start_again()?,
            Failure::MovedClock => site.members.move_clock(0).await?,
            Failure::OldBackup => site.back_up(Duration::ZERO)?,
            Failure::StuckFollower => follower::thaw(&site.servers, &self.frozen).await?,
            Failure::FillingDisk => {
                let disk = site.members.all[1].disk.as_ref();
                disk.context("no small disk")?.make_room()?;
            }
            Failure::StoppedWitness => {
                let name = crate::witnesses::NAMES[site.witnesses.len() - 1];
                let place = site.witnesses.last_mut().context("no witness")?;
                *place = Some(stage.start_witness(name).await?);
            }
            Failure::EndingCertificate => {
                let authority = site.servers.shared().authority;
                site.members.all[1].renew(authority, 10 * YEAR)?;
            }
            Failure::DamagedPackage => {
                site.members.all[1].program.stop().await?;
                site.members.all[1].program.start_again()?;
            }
            _ => {}
        }
        Ok(())
    }

    async fn strike(&mut self, site: &mut Site, role: &str, blow: Blow) -> Result<()> {
        let node = site.servers.who_is(role).await?;
        site.servers.strike(node, blow).await?;
        self.struck.push((node, blow));
        Ok(())
    }

    /// Freezes the standby's server for most of a second, again and again: shorter than anybody takes it for lost.
    async fn slow(&mut self, site: &mut Site) -> Result<()> {
        match self.beats % FROZEN_EVERY {
            1 => self.strike(site, STANDBY, Blow::ServerFrozen).await?,
            FROZEN_FOR => {
                for (node, blow) in self.struck.drain(..) {
                    site.servers.heal(node, blow)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Changes a byte of each block of the digests in the second validator's package, and says what stood there.
fn damage(site: &Site) -> Result<Vec<(PathBuf, u64, u8)>> {
    let mut found = Vec::new();
    let mut dirs = vec![site.members.all[1].package.clone()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir)? {
            let path = entry?.path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|end| end == "dig") {
                change(&path, &mut found)?;
            }
        }
    }
    if found.is_empty() {
        bail!("the package holds no file of digests");
    }
    Ok(found)
}

fn change(path: &PathBuf, found: &mut Vec<(PathBuf, u64, u8)>) -> Result<()> {
    let file = fs::File::options().read(true).write(true).open(path)?;
    let length = file.metadata()?.len();
    let mut place = length.min(BLOCK) / 2;
    while place < length {
        let mut byte = [0];
        file.read_exact_at(&mut byte, place)?;
        file.write_all_at(&[!byte[0]], place)?;
        found.push((path.clone(), place, byte[0]));
        place += BLOCK;
    }
    Ok(())
}
