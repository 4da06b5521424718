//! Validators that share a ledger, each at an address of its own, and started again where they end, as a service
//! manager does (`Restart=on-failure`).

use std::fs;
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use tokio::time::Instant;

use crate::authority::Authority;
use crate::child::{Call, Server};
use crate::http;
use crate::ports;
use crate::prepare::Stage;
use crate::services::{self, Addresses};

/// What they are called.
pub const NAMES: [&str; 3] = ["v1", "v2", "v3"];
/// Partitions of a ledger that they share.
pub const PARTITIONS: u16 = 4;
/// A validator that cannot start yet, as the database is away, is not started again at once.
const RESTART_AFTER: Duration = Duration::from_millis(500);
const READY_WITHIN: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

/// A validator that ended though nobody had asked it to.
#[derive(Clone, Debug, Serialize)]
pub struct Ended {
    /// Its name among those that share the ledger.
    pub member: &'static str,
    /// The status with which it ended.
    pub status: String,
    /// Whether the system killed it: by a fault of its own, or for want of memory.
    pub is_by_signal: bool,
    /// The last line that it wrote.
    pub said: String,
}

#[derive(Debug)]
struct Member {
    name: &'static str,
    at: Addresses,
    call: Call,
    server: Option<Server>,
    /// When it was last seen to have ended.
    ended: Instant,
}

/// The ledger that validators share.
pub struct SharedLedger<'a> {
    /// Tells a validator of the database.
    pub known_to: Box<dyn Fn(Call) -> Call + 'a>,
    /// Signs what the validators prove to each other who they are by.
    pub authority: &'a Authority,
    /// Where they work, and where their certificates are kept.
    pub dir: PathBuf,
}

/// The validators, each of which serves every voter.
#[derive(Debug)]
pub struct Validators {
    members: Vec<Member>,
    /// Which of them the next blow strikes.
    turn: usize,
    /// Those that ended by themselves so far.
    pub ended: Vec<Ended>,
}

impl Stage {
    /// Begins the event's ledger in the database.
    ///
    /// # Errors
    /// The validator refuses, in its own words.
    pub async fn begin_on(&self, shared: &SharedLedger<'_>) -> Result<()> {
        let init = self.call("validator").arg("init");
        let at = ports::free()?;
        self.sharing(shared, NAMES[0], (init, at))?
            .run()
            .await
            .map(drop)
    }

    /// The command line of a validator that shares a ledger, with a data directory of its own.
    ///
    /// # Errors
    /// A directory, or a certificate, cannot be made.
    pub fn member_call(
        &self,
        shared: &SharedLedger<'_>,
        name: &str,
        at: Addresses,
    ) -> Result<Call> {
        let validator = (self.call("validator"), ports::free()?);
        let call = self.sharing(shared, name, validator)?;
        let call = self.signing_log(call);
        Ok(call
            .flag("--key", self.machines.roll_key())
            .flag("--listen", at.public.to_string())
            .flag("--internal", at.internal.to_string())
            .in_dir(&shared.dir)
            .logging_to(&self.machines.logs().join(format!("{name}.log"))))
    }

    /// The command line that looks whether a validator could share a ledger, and starts none.
    ///
    /// # Errors
    /// A directory, or a certificate, cannot be made.
    pub fn check_on(&self, shared: &SharedLedger<'_>, name: &str) -> Result<Call> {
        let check = self.call("validator").arg("check-config");
        self.sharing(shared, name, (check, ports::free()?))
    }

    /// The command line of a validator that others reach at `relay`.
    fn sharing(
        &self,
        shared: &SharedLedger<'_>,
        name: &str,
        (validator, relay): (Call, SocketAddr),
    ) -> Result<Call> {
        let data = self.machines.online().join(format!("data-{name}"));
        fs::create_dir_all(&data).with_context(|| format!("cannot make {}", data.display()))?;
        let proof = certified(shared, name)?;
        let call = validator
            .flag("--package", self.machines.package())
            .flag("--data", data)
            .variable("VALIDATOR_LEDGER_MEMBER", name)
            .variable("VALIDATOR_RELAY_LISTEN", relay.to_string())
            .variable("VALIDATOR_RELAY_CERTIFICATE", proof.join("server.pem"))
            .variable("VALIDATOR_RELAY_KEY", proof.join("server.key"))
            .variable("VALIDATOR_RELAY_CA", shared.authority.file());
        Ok((shared.known_to)(self.trusting(call)))
    }
}

/// The directory of a validator's certificate and key, made where there is none.
fn certified(shared: &SharedLedger<'_>, name: &str) -> Result<PathBuf> {
    let dir = shared.dir.join(name);
    if !dir.exists() {
        fs::create_dir(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        shared.authority.certify(name, &dir, None)?;
    }
    Ok(dir)
}

impl Validators {
    /// Starts `count` of them, and waits until they serve.
    ///
    /// # Errors
    /// There are no free ports; a program does not start; none serves in time.
    pub async fn start(
        stage: &Stage,
        shared: &SharedLedger<'_>,
        count: usize,
    ) -> Result<Validators> {
        let names = NAMES.iter().take(count);
        let members: Result<Vec<Member>> =
            names.map(|name| Member::of(stage, shared, name)).collect();
        let mut validators = Validators {
            members: members?,
            turn: 0,
            ended: Vec::new(),
        };
        validators.served().await?;
        Ok(validators)
    }

    /// Name and address for voters of each.
    #[must_use]
    pub fn addresses(&self) -> Vec<(&'static str, SocketAddr)> {
        let members = self.members.iter();
        members
            .map(|member| (member.name, member.at.public))
            .collect()
    }

    /// Addresses of the first, whether it runs or not.
    #[must_use]
    pub fn first(&self) -> Addresses {
        self.members[0].at
    }

    /// Name and addresses of each.
    #[must_use]
    pub fn places(&self) -> Vec<(&'static str, Addresses)> {
        let members = self.members.iter();
        members.map(|member| (member.name, member.at)).collect()
    }

    /// Where each tells its metrics.
    #[must_use]
    pub fn metrics(&self) -> Vec<SocketAddr> {
        let members = self.members.iter();
        members.map(|member| member.at.internal).collect()
    }

    /// Their processes; none where one has ended.
    #[must_use]
    pub fn ids(&self) -> Vec<Option<u32>> {
        let id = |member: &Member| member.server.as_ref().and_then(Server::id);
        self.members.iter().map(id).collect()
    }

    /// Waits until each owns as many of so many partitions as it should.
    ///
    /// # Errors
    /// They do not in time, or one ends.
    pub async fn shared_out(&self, partitions: u16) -> Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        let least = u64::from(partitions) / self.members.len() as u64;
        loop {
            let mut owned = Vec::new();
            for member in &self.members {
                // One that starts yet tells nothing.
                let told = services::metric(member.at.internal, "ledger_partitions_owned").await;
                owned.push(told.unwrap_or(0));
            }
            let all: u64 = owned.iter().sum();
            if all == u64::from(partitions) && owned.iter().all(|mine| *mine >= least) {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("the validators own {owned:?} of {partitions} partitions: see v1.log");
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Addresses of one that serves, if any does.
    pub async fn serving(&self) -> Option<Addresses> {
        for member in &self.members {
            let asked = http::get(member.at.public, "/readyz");
            let answer = tokio::time::timeout(RESTART_AFTER, asked).await;
            if matches!(answer, Ok(Ok((200, _)))) {
                return Some(member.at);
            }
        }
        None
    }

    /// Starts those again that have ended, and takes down with what they ended.
    ///
    /// # Errors
    /// A program does not start.
    pub async fn look_after(&mut self) -> Result<()> {
        for member in &mut self.members {
            if let Some(status) = member.has_ended().await? {
                self.ended.push(member.account(status));
            }
            if member.server.is_none() && member.ended.elapsed() >= RESTART_AFTER {
                member.server = Some(member.call.start()?);
            }
        }
        Ok(())
    }

    /// Asks one to end (SIGTERM), waits until it has, and starts it again.
    ///
    /// # Errors
    /// It ends with another status than 0.
    pub async fn hand_over(&mut self) -> Result<()> {
        let member = self.next();
        let server = member.server.take();
        server.context("it has ended")?.stop().await?;
        member.server = Some(member.call.start()?);
        Ok(())
    }

    /// Ends the one at `place`, by SIGTERM or, where it is not drained, by SIGKILL, and starts `program` in its place,
    /// with the same command line.
    ///
    /// # Errors
    /// It ends with another status than 0.
    pub async fn replace(
        &mut self,
        place: usize,
        program: PathBuf,
        is_drained: bool,
    ) -> Result<()> {
        let member = &mut self.members[place];
        let mut server = member.server.take().context("it has ended")?;
        match is_drained {
            true => server.stop().await?,
            false => server.kill().await?,
        }
        member.call = member.call.clone().by(program);
        member.server = Some(member.call.start()?);
        Ok(())
    }

    /// Kills one, and starts it again.
    ///
    /// # Errors
    /// The system refuses.
    pub async fn kill(&mut self) -> Result<()> {
        let member = self.next();
        let server = member.server.as_mut().context("it has ended")?;
        server.kill().await?;
        member.server = Some(member.call.start()?);
        Ok(())
    }

    /// All are killed, and none is started again.
    ///
    /// # Errors
    /// The system refuses.
    pub async fn lose(self) -> Result<()> {
        for member in self.members {
            if let Some(mut server) = member.server
                && server.is_running()?
            {
                server.kill().await?;
            }
        }
        Ok(())
    }

    /// Each one in its turn.
    fn next(&mut self) -> &mut Member {
        let place = self.turn % self.members.len();
        self.turn += 1;
        &mut self.members[place]
    }

    /// Ends one after the other.
    ///
    /// # Errors
    /// One ends with another status than 0.
    pub async fn stop(self) -> Result<()> {
        for member in self.members {
            if let Some(server) = member.server {
                server.stop().await?;
            }
        }
        Ok(())
    }

    /// Waits until one serves.
    async fn served(&mut self) -> Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        while self.serving().await.is_none() {
            if Instant::now() > deadline {
                let seconds = READY_WITHIN.as_secs();
                bail!("no validator serves after {seconds} s: see v1.log and v2.log");
            }
            self.look_after().await?;
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }
}

impl Member {
    fn of(stage: &Stage, shared: &SharedLedger<'_>, name: &'static str) -> Result<Member> {
        let at = Addresses::free()?;
        let call = stage.member_call(shared, name, at)?;
        Ok(Member {
            name,
            at,
            server: Some(call.start()?),
            call,
            ended: Instant::now(),
        })
    }

    async fn has_ended(&mut self) -> Result<Option<ExitStatus>> {
        let Some(server) = &mut self.server else {
            return Ok(None);
        };
        if server.is_running()? {
            return Ok(None);
        }
        let status = server.wait().await?;
        self.ended = Instant::now();
        Ok(Some(status))
    }

    /// What is to be told of its end; it has no process from here on.
    fn account(&mut self, status: ExitStatus) -> Ended {
        let tail = self.server.take().map(|server| server.log_tail());
        let tail = tail.unwrap_or_default();
        let said = tail.lines().last().unwrap_or_default().trim().to_owned();
        Ended {
            member: self.name,
            status: status.to_string(),
            is_by_signal: status.signal().is_some(),
            said,
        }
    }
}
