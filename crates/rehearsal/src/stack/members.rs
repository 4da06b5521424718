//! The two validators of the stack, each with a data directory, a certificate and a copy of the package of its own. The
//! second one's clock can be moved.

use std::ffi::CStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::Signal;
use tokio::time::Instant;

use super::program::Program;
use crate::authority::Authority;
use crate::child::Call;
use crate::cluster::servers::Servers;
use crate::prepare::Stage;
use crate::services::{self, Addresses};
use crate::small_disk::SmallDisk;
use crate::validators::NAMES;

const READY_WITHIN: Duration = Duration::from_secs(60);
/// Of the disk under a data directory.
const SIZE: &CStr = c"size=64m,mode=0700";
/// The validator whose clock can be moved.
const MOVED: usize = 1;

/// A validator with what is its own.
#[derive(Debug)]
pub struct Member {
    /// Its name among those that share the ledger.
    pub name: &'static str,
    /// Where it listens, for voters and inside.
    pub at: Addresses,
    /// Its copy of the package.
    pub package: PathBuf,
    /// Its process, where it runs.
    pub program: Program,
    /// The disk under its data directory, small enough to be filled; none where nobody may mount one.
    pub disk: Option<SmallDisk>,
    /// Directory of its certificate and key for the gateway.
    certificate: PathBuf,
}

/// Both validators, and the clock of one.
#[derive(Debug)]
pub struct Members {
    /// The first is followed by the mirror and by the mask hand.
    pub all: [Member; 2],
    clock: PathBuf,
}

impl Members {
    /// Starts both, and waits until they serve.
    ///
    /// # Errors
    /// A program is not built or does not start; one does not serve in time.
    pub async fn start(stage: &Stage, servers: &Servers, authority: &Authority) -> Result<Members> {
        let clock = stage.machines.online().join("clock");
        let first = Member::start(stage, servers, authority, 0, &clock).await?;
        let second = Member::start(stage, servers, authority, 1, &clock).await?;
        let mut members = Members {
            all: [first, second],
            clock,
        };
        members.ready().await?;
        Ok(members)
    }

    /// Waits until both serve.
    ///
    /// # Errors
    /// One does not in time.
    pub async fn ready(&mut self) -> Result<()> {
        for member in &mut self.all {
            let at = member.at.internal;
            services::wait_until_ready(member.program.server()?, at).await?;
        }
        Ok(())
    }

    /// Starts those again that have ended, as a service manager does.
    ///
    /// # Errors
    /// A program cannot be started.
    pub fn look_after(&mut self) -> Result<()> {
        let mut all = self.all.iter_mut();
        all.try_for_each(|member| member.program.look_after())
    }

    /// Place of the one that owns the ledger's partition.
    ///
    /// # Errors
    /// None does for some time.
    pub async fn owner(&self) -> Result<usize> {
        let deadline = Instant::now() + READY_WITHIN;
        while Instant::now() < deadline {
            for (place, member) in self.all.iter().enumerate() {
                // One that starts yet tells nothing.
                let owned = services::metric(member.at.internal, "ledger_partitions_owned").await;
                if owned.is_ok_and(|owned| owned > 0) {
                    return Ok(place);
                }
            }
            tokio::time::sleep(services::POLL).await;
        }
        bail!("no validator owns the ledger: see v1.log and v2.log")
    }

    /// Starts the second one again with its clock moved by so many milliseconds: one that runs goes by its monotonic
    /// clock, and does not follow what somebody sets.
    ///
    /// # Errors
    /// The file that says so cannot be written; it does not end, or not start.
    pub async fn move_clock(&mut self, ms: i64) -> Result<()> {
        let program = &mut self.all[MOVED].program;
        program.stop().await?;
        fs::write(&self.clock, ms.to_string()).context("cannot move the clock")?;
        program.start_again()
    }

    /// Ends both.
    ///
    /// # Errors
    /// One ends with another status than 0.
    pub async fn stop(mut self) -> Result<()> {
        for member in &mut self.all {
            member.program.stop().await?;
        }
        Ok(())
    }
}

impl Member {
    async fn start(
        stage: &Stage,
        servers: &Servers,
        authority: &Authority,
        place: usize,
        clock: &Path,
    ) -> Result<Member> {
        let (name, at) = (NAMES[place], Addresses::free()?);
        let here = stage.machines.online().join(format!("stack-{name}"));
        fs::create_dir(&here).with_context(|| format!("cannot make {}", here.display()))?;
        authority.certify(name, &here, None)?;
        let package = here.join("package");
        copy(stage, &stage.machines.package(), &package).await?;
        let call = stage.member_call(&servers.shared(), name, at)?;
        let call = call
            .given("--package", &package)
            .variable("VALIDATOR_TLS_CERTIFICATE", here.join("server.pem"))
            .variable("VALIDATOR_TLS_KEY", here.join("server.key"))
            .variable("VALIDATOR_CLIENTS_TRUSTED_PROXIES", "127.0.0.1/32")
            .variable("VALIDATOR_CLIENTS_PROXY_PROTOCOL", "true")
            // Voters here come from other addresses of this machine, and are to be counted.
            .variable("VALIDATOR_CLIENTS_EXEMPT", "127.0.0.1/32");
        let moved = stage.programs.path("examples/moved_clock");
        let call = match place {
            MOVED => call.by(moved).variable("MOVED_CLOCK", clock),
            _ => call,
        };
        let data = stage.machines.online().join(format!("data-{name}"));
        Ok(Member {
            name,
            at,
            package,
            disk: SmallDisk::mount(&data, SIZE).ok(),
            program: Program::start(call)?,
            certificate: here,
        })
    }

    /// Gives it a certificate that ends after so long, and has it read that.
    ///
    /// # Errors
    /// No certificate can be made; it does not run.
    pub fn renew(&mut self, authority: &Authority, lasts: Duration) -> Result<()> {
        authority.certify_for(self.name, &self.certificate, None, Some(lasts))?;
        self.program.signal(Signal::HUP)
    }
}

async fn copy(stage: &Stage, from: &Path, to: &Path) -> Result<()> {
    let call = Call::new("cp".into(), stage.machines.logs().join("cp.log"));
    call.arg("-a").arg(from).arg(to).run().await.map(drop)
}
