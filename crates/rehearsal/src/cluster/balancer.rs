//! HAProxy before the validators, as an operator sets it up: voters know its address alone, and it sends them to
//! those validators that say at `/readyz` that they serve.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::tools;
use crate::child::{Call, Owner, Server};

/// Starts it; bytes are passed on as they are, so that each answer is a validator's.
///
/// # Errors
/// It is not installed; its configuration cannot be written.
pub fn start(
    at: SocketAddr,
    validators: &[(&str, SocketAddr)],
    dir: &Path,
    log: PathBuf,
    owner: Option<Owner>,
) -> Result<Server> {
    let program = tools::find(tools::HAPROXY)?;
    let file = dir.join("haproxy.cfg");
    fs::write(&file, configuration(at, validators))
        .with_context(|| format!("cannot write {}", file.display()))?;
    Call::new(program, log)
        .owned_by(owner)
        .in_dir(dir)
        .arg("-db") // in the foreground
        .flag("-f", file)
        .start()
}

fn configuration(at: SocketAddr, validators: &[(&str, SocketAddr)]) -> String {
    let servers: String = (validators.iter())
        .map(|(name, address)| format!("  server {name} {address}\n"))
        .collect();
    format!(
        "\
defaults
  mode tcp
  maxconn 4000
  timeout connect 1s
  timeout client 1h
  timeout server 1h
  timeout check 1s
  option redispatch 1
  default-server check inter 100ms fall 2 rise 1 on-marked-down shutdown-sessions

frontend voters
  bind {at}
  default_backend validators

backend validators
  option httpchk GET /readyz
  http-check expect status 200
{servers}"
    )
}
