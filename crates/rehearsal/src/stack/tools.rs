//! The programs of others that watch the stack, as Debian's packages install them.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::child::Call;
use crate::cluster::tools;

/// Scrapes, keeps and judges what programs tell of themselves.
pub const PROMETHEUS: (&str, &str) = ("SCRUTIN_PROMETHEUS", "prometheus");
/// Groups alerts and sends them on.
pub const ALERTMANAGER: (&str, &str) = ("SCRUTIN_ALERTMANAGER", "prometheus-alertmanager");
/// Tells of the machine: its disks, and what others leave in a directory.
pub const NODE_EXPORTER: (&str, &str) = ("SCRUTIN_NODE_EXPORTER", "prometheus-node-exporter");

/// Where Debian's Alertmanager looks for its templates, wherever it lies itself.
const TEMPLATES: &str = "/usr/share/prometheus/alertmanager/default.tmpl";
/// Lays what was unpacked beside the program over the system's directory, for that program alone.
const WITH_ITS_SHARE: &str =
    r#"mount -t overlay overlay -o lowerdir="$0:/usr/share" /usr/share && exec "$@""#;

/// A call of Alertmanager, which finds its templates also where the package was unpacked and not installed.
///
/// # Errors
/// It is not there.
pub fn alertmanager(log: PathBuf) -> Result<Call> {
    let program = find(ALERTMANAGER)?;
    if Path::new(TEMPLATES).is_file() {
        return Ok(Call::new(program, log));
    }
    let share = program.ancestors().nth(2).map(|dir| dir.join("share"));
    let share = share.context("Alertmanager lies in no directory of a package")?;
    let mut call = Call::new("unshare".into(), log).arg("--mount");
    if !rustix::process::geteuid().is_root() {
        call = call.arg("--map-root-user");
    }
    Ok(call
        .args(["sh", "-c", WITH_ITS_SHARE])
        .arg(share)
        .arg(program))
}

/// Whether everything is there.
#[must_use]
pub fn are_installed() -> bool {
    let named = [PROMETHEUS, ALERTMANAGER, NODE_EXPORTER];
    named.into_iter().all(|name| find(name).is_ok())
}

/// Where a program lies: the variable names it, or it is installed.
///
/// # Errors
/// It is not there.
pub fn find((variable, name): (&str, &str)) -> Result<PathBuf> {
    if let Some(file) = env::var_os(variable).map(PathBuf::from) {
        return Ok(file);
    }
    tools::find(name).with_context(|| {
        format!("{variable} names no {name}: run scripts/prometheus install, and its lines of scripts/prometheus env")
    })
}
