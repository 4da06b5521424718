//! Starts the two servers, validator and tally, waits until they are ready and reads their metrics.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::time::Instant;

use crate::api;
use crate::child::{Call, Server};
use crate::http;
use crate::machines::Hand;
use crate::ports;
use crate::prepare::Stage;

/// How long a server may take until it is ready; a verified start of a large package included.
pub(crate) const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long a counter may take to grow; voters who were turned away come back after seconds.
const GROWN_WITHIN: Duration = Duration::from_secs(25);
pub(crate) const POLL: Duration = Duration::from_millis(20);

/// Where the servers listen.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// The validator's listener for voters.
    pub public: SocketAddr,
    /// The validator's listener for the tally and for metrics.
    pub internal: SocketAddr,
    /// The tally's listener for readers of results.
    pub results: SocketAddr,
    /// The tally's listener for metrics.
    pub results_internal: SocketAddr,
}

impl Addresses {
    /// Four free ports.
    ///
    /// # Errors
    /// There are no free ports.
    pub fn free() -> Result<Addresses> {
        let public = ports::free()?;
        let mut others = Vec::new();
        while others.len() < 3 {
            let address = ports::free()?;
            if address != public && !others.contains(&address) {
                others.push(address);
            }
        }
        Ok(Addresses {
            public,
            internal: others[0],
            results: others[1],
            results_internal: others[2],
        })
    }

    /// The ports that the documentation names: 8000, 8100, 8001 and 8101.
    ///
    /// # Errors
    /// Names the port that is taken.
    pub fn standard() -> Result<Addresses> {
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let addresses = Addresses {
            public: at(8000),
            internal: at(8100),
            results: at(8001),
            results_internal: at(8101),
        };
        for (address, what) in [
            (addresses.public, "the validator"),
            (addresses.internal, "the validator's internal listener"),
            (addresses.results, "the tally"),
            (addresses.results_internal, "the tally's internal listener"),
        ] {
            if !ports::is_free(address) {
                bail!("{address} is taken, {what} cannot listen there: end the server that does");
            }
        }
        Ok(addresses)
    }
}

impl Stage {
    /// The command line of the validator.
    #[must_use]
    pub fn validator_call(&self, at: Addresses) -> Call {
        self.serving(self.call("validator"), at)
    }

    /// Starts the validator on a clock that is wrong by as many milliseconds as `file` says, and waits
    /// until it takes votes.
    ///
    /// # Errors
    /// As [`Stage::start_validator`]; the program with that clock is not built.
    pub async fn start_validator_on_clock(&self, at: Addresses, file: &Path) -> Result<Server> {
        let program = self.programs.path("examples/moved_clock");
        if !program.is_file() {
            bail!(
                "no {}: run `cargo build -p validator --example moved_clock`",
                program.display()
            );
        }
        let call = Call::new(program, self.machines.logs().join("validator.log"));
        start(self.serving(call, at).variable("MOVED_CLOCK", file), at).await
    }

    fn serving(&self, validator: Call, at: Addresses) -> Call {
        let call = validator
            .flag("--package", self.machines.package())
            .flag("--key", self.machines.roll_key())
            .flag("--data", self.machines.data())
            .flag("--listen", at.public.to_string())
            .flag("--internal", at.internal.to_string());
        self.trusting(self.signing_log(call))
    }

    /// Gives a validator the key of the ledger's log, where there is one.
    pub(crate) fn signing_log(&self, call: Call) -> Call {
        match self.is_witnessed {
            true => call.variable("VALIDATOR_LOG_KEY", self.machines.log_key()),
            false => call,
        }
    }

    /// Starts the validator and waits until it takes votes.
    ///
    /// # Errors
    /// It ends by itself, or is not ready in time.
    pub async fn start_validator(&self, at: Addresses) -> Result<Server> {
        start(self.validator_call(at), at).await
    }

    /// Starts the validator with settings of its own, as its configuration file has them, and waits until
    /// it takes votes.
    ///
    /// # Errors
    /// As [`Stage::start_validator`]; the file cannot be written.
    pub async fn start_validator_with(&self, at: Addresses, settings: &str) -> Result<Server> {
        let file = self.machines.online().join("validator.toml");
        fs::write(&file, settings).with_context(|| format!("cannot write {}", file.display()))?;
        start(self.validator_call(at).flag("--config", file), at).await
    }

    /// Starts the validator on a disk without room and waits until it answers; it takes no votes.
    ///
    /// # Errors
    /// As [`Stage::start_validator`].
    pub async fn start_validator_on_full_disk(&self, at: Addresses) -> Result<Server> {
        let mut server = self.validator_call(at).start()?;
        wait_until(&mut server, at.public, "/livez").await?;
        Ok(server)
    }

    /// The command line of the count hand, on the ledger's files.
    #[must_use]
    pub fn count_hand_call(&self, out: PathBuf) -> Call {
        let call = self
            .call("tally")
            .arg("release")
            .flag("--ledger", self.machines.ledger())
            .flag("--package", self.machines.package())
            .flag("--key", self.machines.hand_key(Hand::Count))
            .flag("--out", out)
            .logging_to(&self.machines.logs().join("count-hand.log"));
        self.trusting(call)
    }

    /// Starts the count hand beside the validator.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start_count_hand(&self) -> Result<Server> {
        let call = self.count_hand_call(self.machines.releases());
        call.arg("--follow").start()
    }

    /// The command line of the mask hand: a tally on the validator's stream.
    #[must_use]
    pub fn tally_call(&self, at: Addresses) -> Call {
        let call = self
            .call("tally")
            .arg("run")
            .flag("--from", format!("http://{}", at.internal))
            .flag("--package", self.machines.package())
            .flag("--mask", self.machines.hand_key(Hand::Mask))
            .flag("--releases", self.machines.releases())
            .flag("--listen", at.results.to_string())
            .flag("--internal", at.results_internal.to_string());
        self.trusting(call)
    }

    /// Starts the tally on the validator's stream and waits until it serves.
    ///
    /// # Errors
    /// It ends by itself, or is not ready in time.
    pub async fn start_tally(&self, at: Addresses) -> Result<Server> {
        let mut server = self.tally_call(at).start()?;
        wait_until_ready(&mut server, at.results).await?;
        Ok(server)
    }
}

/// Starts a validator and waits until it takes votes.
async fn start(validator: Call, at: Addresses) -> Result<Server> {
    let mut server = validator.start()?;
    wait_until_ready(&mut server, at.public).await?;
    Ok(server)
}

/// Waits until a server says that it is ready.
///
/// # Errors
/// It ends by itself, or is not ready in time.
pub async fn wait_until_ready(server: &mut Server, at: SocketAddr) -> Result<()> {
    wait_until(server, at, "/readyz").await
}

/// Waits until a path of a server is answered with 200.
pub(crate) async fn wait_until(server: &mut Server, at: SocketAddr, path: &str) -> Result<()> {
    let deadline = Instant::now() + READY_WITHIN;
    loop {
        server.check()?;
        if let Ok((200, _)) = http::get(at, path).await {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!(
                "http://{at}{path} is not 200 after {} s: see the logs",
                READY_WITHIN.as_secs()
            );
        }
        tokio::time::sleep(POLL).await;
    }
}

/// One number of a server's `/metrics`, by its name; the sum where it has labels.
///
/// # Errors
/// No answer, or no such metric.
pub async fn metric(at: SocketAddr, name: &str) -> Result<u64> {
    let (status, text) = http::get(at, "/metrics").await?;
    if status != 200 {
        bail!("GET http://{at}/metrics: expected 200, got {status}");
    }
    number(&String::from_utf8_lossy(&text), name)
        .with_context(|| format!("http://{at}/metrics has no number {name}"))
}

/// Waits until a counter of the validator has grown by `wanted`.
///
/// # Errors
/// The validator ends by itself, or the counter does not grow in time.
pub async fn grown(
    validator: &mut Server,
    at: Addresses,
    counter: &str,
    wanted: u64,
) -> Result<()> {
    let from = metric(at.internal, counter).await?;
    let deadline = Instant::now() + GROWN_WITHIN;
    loop {
        validator.check()?;
        let now = metric(at.internal, counter).await?;
        if now >= from + wanted {
            return Ok(());
        }
        if Instant::now() > deadline {
            let seconds = GROWN_WITHIN.as_secs();
            bail!(
                "{counter} stands at {now} after {seconds} s, expected {wanted} more than {from}"
            );
        }
        tokio::time::sleep(POLL).await;
    }
}

/// The last frame of each partition that a validator knows of.
///
/// # Errors
/// No answer.
pub async fn last_frames(at: SocketAddr) -> Result<BTreeMap<u16, u64>> {
    let (_, text) = http::get(at, "/metrics").await?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let of_partition = |line: &str| -> Option<(u16, u64)> {
        let labelled = line.strip_prefix("ledger_last_sequence{partition=\"")?;
        let (partition, value) = labelled.split_once("\"} ")?;
        Some((partition.parse().ok()?, value.trim().parse().ok()?))
    };
    Ok(text.lines().filter_map(of_partition).collect())
}

/// The value on the line `name value` of Prometheus' text format; the sum where it has labels.
fn number(text: &str, name: &str) -> Option<u64> {
    let value = |line: &str| -> Option<u64> {
        let rest = line.strip_prefix(name)?;
        let value = match rest.strip_prefix('{') {
            Some(labelled) => labelled.split_once("} ")?.1,
            None => rest.strip_prefix(' ')?,
        };
        value.split_whitespace().next()?.parse().ok()
    };
    let mut values = text.lines().filter_map(value).peekable();
    values.peek()?;
    Some(values.sum())
}

/// Waits until the tally has counted the ledger to its last frame; returns that frame's number.
///
/// # Errors
/// Either server fails, or the tally is still behind after `within`.
pub async fn tally_caught_up(at: Addresses, within: Duration) -> Result<u64> {
    let deadline = Instant::now() + within;
    loop {
        let last = metric(at.internal, "ledger_last_sequence").await?;
        let counted = api::tally_health(at.results).await?.counted();
        if counted == Some(last) {
            return Ok(last);
        }
        if Instant::now() > deadline {
            bail!(
                "the tally stands at frame {} of {last} after {} s: see tally.log",
                counted.map_or("none".to_owned(), |frame| frame.to_string()),
                within.as_secs()
            );
        }
        tokio::time::sleep(POLL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_found_by_their_whole_name() {
        let text = "# HELP ledger_votes Votes.\nledger_votes_total 41 1700000000\nledger_votes 3\n";
        assert_eq!(number(text, "ledger_votes_total"), Some(41));
        assert_eq!(number(text, "ledger_votes"), Some(3));
        assert_eq!(number(text, "ledger"), None);
        let text = "last{partition=\"0\"} 4\nlast{partition=\"1\"} 5\n";
        assert_eq!(number(text, "last"), Some(9));
    }
}
