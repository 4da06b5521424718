//! Two validators on the cluster's ledger, each at an address of its own, and started again where they end, as a
//! service manager does (`Restart=on-failure`).

use std::fs;
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use tokio::time::Instant;

use super::servers::Servers;
use crate::child::{Call, Server};
use crate::http;
use crate::prepare::Stage;
use crate::services::Addresses;

/// What they are called.
pub const NAMES: [&str; 2] = ["v1", "v2"];
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

/// Both validators; one writes, and the other stands by.
#[derive(Debug)]
pub struct Validators {
    members: [Member; 2],
    /// Those that ended by themselves so far.
    pub ended: Vec<Ended>,
}

impl Stage {
    /// Begins the event's ledger in the database.
    ///
    /// # Errors
    /// The validator refuses, in its own words.
    pub async fn begin_on(&self, servers: &Servers) -> Result<()> {
        let init = self.call("validator").arg("init");
        self.sharing(servers, NAMES[0], init)?.run().await.map(drop)
    }

    fn sharing(&self, servers: &Servers, name: &str, validator: Call) -> Result<Call> {
        let data = self.machines.online().join(format!("data-{name}"));
        fs::create_dir_all(&data).with_context(|| format!("cannot make {}", data.display()))?;
        let call = validator
            .flag("--package", self.machines.package())
            .flag("--data", data);
        Ok(servers.known_to(self.trusting(call), name))
    }
}

impl Validators {
    /// Starts both, and waits until one serves.
    ///
    /// # Errors
    /// There are no free ports; a program does not start; none serves in time.
    pub async fn start(stage: &Stage, servers: &Servers) -> Result<Validators> {
        let [first, second] = NAMES;
        let mut validators = Validators {
            members: [
                Member::of(stage, servers, first)?,
                Member::of(stage, servers, second)?,
            ],
            ended: Vec::new(),
        };
        validators.served(&[0, 1]).await?;
        Ok(validators)
    }

    /// Name and address for voters of each.
    #[must_use]
    pub fn addresses(&self) -> [(&'static str, SocketAddr); 2] {
        [0, 1].map(|n| (self.members[n].name, self.members[n].at.public))
    }

    /// Where each tells its metrics.
    #[must_use]
    pub fn metrics(&self) -> [SocketAddr; 2] {
        [0, 1].map(|n| self.members[n].at.internal)
    }

    /// Addresses of the one that serves, if one does.
    pub async fn writer(&self) -> Option<Addresses> {
        let place = self.serving().await?;
        Some(self.members[place].at)
    }

    /// Starts those again that have ended, and takes down with what they ended.
    ///
    /// # Errors
    /// A program does not start.
    pub async fn look_after(&mut self) -> Result<()> {
        self.look_after_these(&[0, 1]).await
    }

    async fn look_after_these(&mut self, places: &[usize]) -> Result<()> {
        for place in places {
            let member = &mut self.members[*place];
            if let Some(status) = member.has_ended().await? {
                self.ended.push(member.account(status));
            }
            if member.server.is_none() && member.ended.elapsed() >= RESTART_AFTER {
                member.server = Some(member.call.start()?);
            }
        }
        Ok(())
    }

    /// Asks the one that serves to end (SIGTERM), waits until the other serves, and starts it again: it would take
    /// the ledger back at once otherwise.
    ///
    /// # Errors
    /// None serves; it ends with another status than 0; the other does not serve in time.
    pub async fn hand_over(&mut self) -> Result<()> {
        let place = self.serving().await.context("no validator serves")?;
        let server = self.members[place].server.take();
        server.context("it has ended")?.stop().await?;
        self.served(&[1 - place]).await?;
        let member = &mut self.members[place];
        member.server = Some(member.call.start()?);
        Ok(())
    }

    /// Kills the one that serves, and starts it again.
    ///
    /// # Errors
    /// None serves; the system refuses.
    pub async fn kill(&mut self) -> Result<()> {
        let place = self.serving().await.context("no validator serves")?;
        let member = &mut self.members[place];
        let server = member.server.as_mut().context("it has ended")?;
        server.kill().await?;
        member.server = Some(member.call.start()?);
        Ok(())
    }

    /// Ends the one that stands by, then the other.
    ///
    /// # Errors
    /// One ends with another status than 0.
    pub async fn stop(self) -> Result<()> {
        let serving = self.serving().await;
        let mut order: Vec<(bool, Member)> = (self.members.into_iter().enumerate())
            .map(|(place, member)| (Some(place) == serving, member))
            .collect();
        order.sort_by_key(|(serves, _)| *serves);
        for (_, member) in order {
            if let Some(server) = member.server {
                server.stop().await?;
            }
        }
        Ok(())
    }

    /// Waits until one serves; those in `places` are looked after meanwhile.
    async fn served(&mut self, places: &[usize]) -> Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        while self.serving().await.is_none() {
            if Instant::now() > deadline {
                let seconds = READY_WITHIN.as_secs();
                bail!("no validator serves after {seconds} s: see v1.log and v2.log");
            }
            self.look_after_these(places).await?;
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    async fn serving(&self) -> Option<usize> {
        for (place, member) in self.members.iter().enumerate() {
            let asked = http::get(member.at.public, "/readyz");
            let answer = tokio::time::timeout(RESTART_AFTER, asked).await;
            if matches!(answer, Ok(Ok((200, _)))) {
                return Some(place);
            }
        }
        None
    }
}

impl Member {
    fn of(stage: &Stage, servers: &Servers, name: &'static str) -> Result<Member> {
        let at = Addresses::free()?;
        let call = stage
            .sharing(servers, name, stage.call("validator"))?
            .flag("--key", stage.machines.roll_key())
            .flag("--listen", at.public.to_string())
            .flag("--internal", at.internal.to_string())
            .in_dir(&servers.working_dir())
            .logging_to(&stage.machines.logs().join(format!("{name}.log")));
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
