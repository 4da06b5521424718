//! The repository of pgBackRest, on a machine of its own: set as `deploy/pgbackrest/` has it, but for the places.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use tempfile::TempDir;

use crate::child::{Call, Owner};
use crate::postgres;

/// The settings that operators install, of the repository's machine and of the database servers.
const DEPLOYED: [&str; 2] = [
    include_str!("../../../../deploy/pgbackrest/repository.conf"),
    include_str!("../../../../deploy/pgbackrest/database.conf"),
];
/// The script of the backup's timer.
const SCRIPT: &str = include_str!("../../../../deploy/pgbackrest/backup");
const STANZA: &str = "--stanza=scrutin";
/// Bytes of a segment of the write-ahead log, as Debian's servers have it.
pub(super) const SEGMENT_BYTES: u64 = 16 << 20;

/// Where a database server keeps what pgBackRest asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// The directory of the site, which its user can write into; sockets lie there.
    pub(super) dir: &'a Path,
    /// Port of the primary, and of the standby.
    pub(super) ports: [u16; 2],
}

impl Place<'_> {
    /// The cluster of the primary.
    pub(super) fn primary(&self) -> PathBuf {
        self.dir.join("primary")
    }

    /// The cluster of the standby.
    pub(super) fn standby(&self) -> PathBuf {
        self.dir.join("standby")
    }
}

/// The backup's machine: nothing that happens to the database servers happens to it.
#[derive(Debug)]
pub(super) struct Archive {
    dir: TempDir,
    owner: Option<Owner>,
    log: PathBuf,
}

#[derive(Deserialize)]
struct Stanza {
    archive: Vec<Span>,
}

#[derive(Deserialize)]
struct Span {
    max: Option<String>,
}

impl Archive {
    /// An empty repository; `log` takes what pgBackRest says.
    ///
    /// # Errors
    /// A directory cannot be made.
    pub(super) fn new(log: PathBuf) -> Result<Archive> {
        let owner = postgres::unprivileged()?;
        let dir = private_dir("rehearsal-backup-", owner)?;
        let archive = Archive { dir, owner, log };
        archive.settings(archive.own_place())?;
        Ok(archive)
    }

    /// The backup's machine itself, which has no server of the database.
    fn own_place(&self) -> Place<'_> {
        Place {
            dir: self.dir.path(),
            ports: [0, 0],
        }
    }

    fn repository(&self) -> PathBuf {
        self.dir.path().join("repository")
    }

    /// Writes the settings of a place.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn settings(&self, at: Place<'_>) -> Result<()> {
        let (file, secrets) = (at.dir.join("pgbackrest.conf"), at.dir.join("conf.d"));
        if !secrets.exists() {
            fs::create_dir(&secrets)?;
        }
        let secret = secrets.join("passphrase.conf");
        let passphrase = "[global]\nrepo1-cipher-pass=of a rehearsal, and of nothing else\n";
        for (path, text) in [
            (&secret, passphrase),
            (&file, &settings(DEPLOYED, at, &self.repository())?),
        ] {
            fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
            owned(path, self.owner)?;
        }
        owned(&secrets, self.owner)
    }

    /// A command of pgBackRest at a place.
    fn call(&self, at: Place<'_>, command: &str) -> Call {
        Call::new("pgbackrest".into(), self.log.clone())
            .owned_by(self.owner)
            .flag("--config", at.dir.join("pgbackrest.conf"))
            .flag("--config-include-path", at.dir.join("conf.d"))
            .args([STANZA, command])
    }

    /// Makes the stanza, and the first base backup as the timer makes it. Returns the metrics that it tells.
    ///
    /// # Errors
    /// pgBackRest refuses, in its own words; the script fails.
    pub(super) async fn begin(&self, at: Place<'_>) -> Result<String> {
        self.call(at, "stanza-create").run().await?;
        self.call(at, "check").run().await?;
        let script = at.dir.join("backup");
        fs::write(&script, SCRIPT)?;
        owned(&script, self.owner)?;
        for step in ["make", "tell"] {
            let call = Call::new("/bin/sh".into(), self.log.clone());
            call.owned_by(self.owner)
                .arg(&script)
                .arg(step)
                .variable("PGBACKREST_CONFIG", at.dir.join("pgbackrest.conf"))
                .variable("PGBACKREST_CONFIG_INCLUDE_PATH", at.dir.join("conf.d"))
                .variable("SCRUTIN_TEXTFILES", at.dir)
                .variable("PGHOST", at.dir)
                .variable("PGPORT", at.ports[0].to_string())
                .variable("PGUSER", postgres::SUPERUSER)
                .run()
                .await?;
        }
        let told = at.dir.join("scrutin_backup.prom");
        fs::read_to_string(&told).with_context(|| format!("cannot read {}", told.display()))
    }

    /// Where the archive ends: the first byte of the write-ahead log that it does not have.
    ///
    /// # Errors
    /// pgBackRest refuses; nothing was archived.
    pub(super) async fn end(&self) -> Result<u64> {
        let call = self.call(self.own_place(), "info");
        let told = call.arg("--output=json").run().await?;
        let stanzas: Vec<Stanza> = serde_json::from_str(&told).context("pgbackrest info")?;
        let spans = stanzas.iter().flat_map(|stanza| &stanza.archive);
        let newest = spans.filter_map(|span| span.max.as_deref()).max();
        end_of(newest.context("nothing was archived")?)
    }

    /// Takes the newest segment out of the repository: what a careless restore would miss.
    ///
    /// # Errors
    /// There is none; it cannot be removed.
    pub(super) fn forget_newest(&self) -> Result<()> {
        let mut segments = Vec::new();
        segments_under(&self.repository().join("archive"), &mut segments)?;
        segments.sort_by_key(|path| path.file_name().map(ToOwned::to_owned));
        let newest = segments.pop().context("nothing was archived")?;
        fs::remove_file(&newest).with_context(|| format!("cannot remove {}", newest.display()))
    }

    /// Restores the newest state that the repository has into the primary's place, which is empty.
    ///
    /// # Errors
    /// pgBackRest refuses, in its own words.
    pub(super) async fn restore(&self, at: Place<'_>) -> Result<()> {
        make_private(&at.primary(), self.owner)?;
        self.call(at, "restore").run().await.map(drop)
    }
}

/// A directory that the database's user can write into and everybody can enter.
///
/// # Errors
/// It cannot be made.
pub(super) fn private_dir(prefix: &str, owner: Option<Owner>) -> Result<TempDir> {
    let dir = TempDir::with_prefix(prefix).context("no temporary directory")?;
    fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755))?;
    owned(dir.path(), owner)?;
    Ok(dir)
}

/// A directory for a cluster, which its user alone may enter.
///
/// # Errors
/// It cannot be made.
pub(super) fn make_private(dir: &Path, owner: Option<Owner>) -> Result<()> {
    fs::create_dir(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    fs::set_permissions(dir, PermissionsExt::from_mode(0o700))?;
    owned(dir, owner)
}

fn owned(path: &Path, owner: Option<Owner>) -> Result<()> {
    if let Some(owner) = owner {
        chown(path, Some(owner.user), Some(owner.group))?;
    }
    Ok(())
}

/// The deployed settings of both machines in one file, with the places of a rehearsal: no TLS and no other host, as the
/// machines are directories.
fn settings(deployed: [&str; 2], at: Place<'_>, repository: &Path) -> Result<String> {
    let [primary, standby] = at.ports.map(|port| port.to_string());
    let shown = |path: &Path| path.display().to_string();
    let places = [
        ("repo1-path", shown(repository)),
        ("lock-path", shown(&at.dir.join("lock"))),
        ("log-path", shown(&at.dir.join("log"))),
        ("spool-path", shown(&at.dir.join("spool"))),
        ("log-level-file", "off".to_owned()),
        ("pg1-path", shown(&at.primary())),
        ("pg1-port", primary),
        ("pg1-socket-path", shown(at.dir)),
        ("pg1-user", postgres::SUPERUSER.to_owned()),
        ("pg2-path", shown(&at.standby())),
    ];
    let (mut text, mut set) = (String::new(), BTreeSet::new());
    for line in deployed.into_iter().flat_map(str::lines) {
        let Some((name, _)) = line.split_once('=').filter(|_| !line.starts_with('#')) else {
            text += &format!("{line}\n");
            continue;
        };
        let is_of_the_line = ["repo1-host", "pg1-host", "pg2-host", "tls-server-"]
            .iter()
            .any(|other| name.starts_with(other));
        if is_of_the_line || !set.insert(name) {
            continue;
        }
        match places.iter().find(|(place, _)| *place == name) {
            Some((_, here)) => text += &format!("{name}={here}\n"),
            None => text += &format!("{line}\n"),
        }
    }
    for (name, _) in &places {
        ensure!(
            text.contains(&format!("\n{name}=")),
            "deploy/pgbackrest sets no {name}"
        );
    }
    let (socket, user) = (shown(at.dir), postgres::SUPERUSER);
    text += &format!("pg2-port={standby}\npg2-socket-path={socket}\npg2-user={user}\n");
    Ok(text)
}

/// Where a segment of the write-ahead log ends: `TTTTTTTTLLLLLLLLSSSSSSSS`, hexadecimal timeline, upper half, segment.
fn end_of(segment: &str) -> Result<u64> {
    let part = |range| {
        let digits: Option<&str> = segment.get(range);
        digits.and_then(|digits| u64::from_str_radix(digits, 16).ok())
    };
    match (part(8..16), part(16..24), segment.len()) {
        (Some(upper), Some(number), 24) => Ok((upper << 32) + (number + 1) * SEGMENT_BYTES),
        _ => bail!("{segment} is no name of a segment"),
    }
}

/// Every archived segment below a directory; not the files that mark a backup.
fn segments_under(dir: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            segments_under(&path, found)?;
        } else if path.extension().is_some_and(|ending| ending == "zst") {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_ends_where_the_next_begins() {
        assert_eq!(end_of("000000010000000000000004").unwrap(), 5 << 24);
        assert_eq!(end_of("0000000200000001000000FF").unwrap(), 2 << 32);
        for not in [
            "",
            "00000001",
            "00000001000000000000000G",
            "000000010000000000000004.backup",
        ] {
            assert!(end_of(not).is_err(), "{not}");
        }
    }

    #[test]
    fn what_is_deployed_is_kept_but_for_the_places() {
        let at = Place {
            dir: Path::new("/site"),
            ports: [5, 6],
        };
        let text = settings(DEPLOYED, at, Path::new("/backup")).unwrap();
        for kept in [
            "repo1-cipher-type=aes-256-cbc",
            "archive-async=n",
            "backup-standby=y",
            "\npg1-path=/site/primary\n",
            "\npg1-port=5\n",
        ] {
            assert!(text.contains(kept), "{kept}");
        }
        assert!(
            !text.contains("example.org=") && !text.contains("\nrepo1-host"),
            "{text}"
        );
        assert!(settings(["[global]\n", ""], at, Path::new("/backup")).is_err());
    }
}
