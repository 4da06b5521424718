//! The gateway by the file of `deploy/`, and the voters' browsers before it: the load generator speaks no TLS, so a
//! second HAProxy speaks it for the voters, each of its connections from another address.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::program::Program;
use crate::authority::Authority;
use crate::child::Call;
use crate::cluster::tools;
use crate::ports;
use crate::services;

/// What the gateway's certificate names.
const NAME: &str = "localhost";
/// Addresses from which voters come.
const SOURCES: u8 = 64;

/// Where the programs behind the gateway take its requests.
#[derive(Clone, Copy, Debug)]
pub struct Behind {
    /// Those of the validators.
    pub validators: [SocketAddr; 2],
    /// That of the mask hand, which shows results.
    pub tally: SocketAddr,
}

/// HAProxy before everything, and one in the place of browsers.
#[derive(Debug)]
pub struct Gateway {
    /// Where voters' browsers speak TLS.
    pub votes: SocketAddr,
    /// Where readers of results do.
    pub results: SocketAddr,
    /// Where HAProxy tells its metrics.
    pub metrics: SocketAddr,
    /// Where the load generator speaks plainly; what it says goes to the gateway by TLS.
    pub plain: SocketAddr,
    haproxy: Program,
    browsers: Program,
}

impl Gateway {
    /// Starts both, and waits until votes would be taken.
    ///
    /// # Errors
    /// HAProxy is not installed or refuses its file; no validator is ready in time.
    pub async fn start(
        deploy: &Path,
        dir: &Path,
        authority: &Authority,
        behind: Behind,
    ) -> Result<Gateway> {
        let certificate = bundle(authority, dir)?;
        let [votes, results, metrics, plain] = [
            ports::free()?,
            ports::free()?,
            ports::free()?,
            ports::free()?,
        ];
        let file = fs::canonicalize(deploy.join("haproxy/haproxy.cfg"));
        let file = file.with_context(|| format!("no gateway in {}", deploy.display()))?;
        let haproxy = tools::find(tools::HAPROXY)?;
        let [first, second] = behind.validators;
        let call = Call::new(haproxy.clone(), dir.join("haproxy.log"))
            .in_dir(dir)
            .variable("GATEWAY_VOTE", votes.to_string())
            .variable("GATEWAY_RESULTS", results.to_string())
            .variable("GATEWAY_METRICS", metrics.to_string())
            .variable("GATEWAY_SOCKET", dir.join("haproxy.sock"))
            .variable("GATEWAY_CERTIFICATE", &certificate)
            .variable("GATEWAY_CA", authority.file())
            .variable("VALIDATOR_1", first.to_string())
            .variable("VALIDATOR_2", second.to_string())
            .variable("TALLY", behind.tally.to_string())
            .arg("-db") // in the foreground
            .flag("-f", file);
        let own = dir.join("browsers.cfg");
        fs::write(&own, browsers(plain, votes, authority.file()))?;
        let voters = Call::new(haproxy, dir.join("browsers.log"))
            .in_dir(dir)
            .arg("-db")
            .flag("-f", own);
        let mut gateway = Gateway {
            votes,
            results,
            metrics,
            plain,
            haproxy: Program::start(call)?,
            browsers: Program::start(voters)?,
        };
        gateway.ready().await?;
        Ok(gateway)
    }

    /// Fails where one has ended by itself.
    ///
    /// # Errors
    /// See above.
    pub fn check(&mut self) -> Result<()> {
        self.haproxy.check()?;
        self.browsers.check()
    }

    /// Ends both.
    ///
    /// # Errors
    /// The system refuses.
    pub async fn stop(mut self) -> Result<()> {
        self.browsers.kill().await?;
        self.haproxy.kill().await
    }

    async fn ready(&mut self) -> Result<()> {
        services::wait_until(self.haproxy.server()?, self.metrics, "/metrics").await?;
        services::wait_until(self.browsers.server()?, self.plain, "/api/v1/health").await
    }
}

/// The gateway's certificate and key in one file, as HAProxy takes them.
fn bundle(authority: &Authority, dir: &Path) -> Result<PathBuf> {
    let made = dir.join("gateway");
    fs::create_dir_all(&made)?;
    authority.certify(NAME, &made, None)?;
    let mut both = fs::read_to_string(made.join("server.pem"))?;
    both += &fs::read_to_string(made.join("server.key"))?;
    let file = made.join("both.pem");
    fs::write(&file, both).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

fn browsers(plain: SocketAddr, gateway: SocketAddr, authority: &Path) -> String {
    let authority = authority.display();
    let servers: String = (1..=SOURCES)
        .map(|n| {
            format!(
                "  server voter{n} {gateway} source 127.1.0.{n} ssl verify required ca-file {authority} verifyhost {NAME} sni str({NAME})\n"
            )
        })
        .collect();
    format!(
        "\
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h

frontend voters
  bind {plain}
  default_backend gateway

backend gateway
  balance roundrobin
{servers}"
    )
}
