//! The programs of others that a cluster is made of, as Debian's packages install them.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::postgres;

/// The member of a cluster that keeps what Patroni knows.
pub const ETCD: &str = "etcd";
/// What chooses the primary.
pub const PATRONI: &str = "patroni";
/// The balancer before the validators.
pub const HAPROXY: &str = "haproxy";
/// Programs for administrators, which are not on everybody's path.
const FOR_ADMINISTRATORS: [&str; 2] = ["/usr/sbin", "/sbin"];

/// Whether everything is there, PostgreSQL included.
#[must_use]
pub fn are_installed() -> bool {
    let named = [ETCD, PATRONI, HAPROXY];
    postgres::is_installed() && named.into_iter().all(|name| find(name).is_ok())
}

/// Where a program lies.
///
/// # Errors
/// It is not installed.
pub fn find(name: &str) -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let others = FOR_ADMINISTRATORS.map(PathBuf::from);
    env::split_paths(&path)
        .chain(others)
        .map(|dir| dir.join(name))
        .find(|file| file.is_file())
        .with_context(|| format!("{name} is not installed: run scripts/patroni install"))
}
