//! `tally keygen`: the event's box key, secret half and public half in two files; and whether a key is
//! the one of a package.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use commandline::{note, print_line};
use durable::output::OutputFile;
use ledger::BoxSecretKey;
use shards::Package;

use crate::cli::Keygen;
use crate::inputs::read_box_key;

/// Makes a key, or checks one.
pub(crate) fn run(args: &Keygen) -> anyhow::Result<()> {
    match (&args.out, &args.check, &args.package) {
        (Some(out), None, None) => make(out, args),
        (None, Some(key), Some(package)) => check(key, package, args.json),
        _ => unreachable!("clap asks for --out, or for --check and --package"),
    }
}

/// Says that a key opens the choices of a package, or fails.
fn check(key: &Path, package: &Path, as_json: bool) -> anyhow::Result<()> {
    let opened = Package::open_unsigned(package)
        .with_context(|| format!("cannot use package {}", package.display()))?;
    let (event, public) = (
        &opened.event().id,
        read_box_key(key, opened.event())?.public(),
    );
    if as_json {
        let told = serde_json::json!({ "event": event, "box_key": public.to_string() });
        print_line!("{told}")?;
    } else {
        print_line!("{} opens the choices of event {event}", key.display())?;
    }
    Ok(())
}

/// Writes `<out>.key` (mode 0600) and `<out>.pub`; prints the line for `election.toml`.
fn make(out: &Path, args: &Keygen) -> anyhow::Result<()> {
    let key = BoxSecretKey::generate().context("the system gives no randomness")?;
    let public = key.public();
    let (secret_path, public_path) = (with_suffix(out, ".key"), with_suffix(out, ".pub"));
    // Both are started before either is finished: an existing one refuses both.
    let mut secret_file = OutputFile::create_secret(&secret_path, args.force)?;
    let mut public_file = OutputFile::create(&public_path, args.force)?;
    let cannot = |path: &Path| format!("cannot write {}", path.display());
    secret_file
        .write_all(key.to_file_text().as_bytes())
        .with_context(|| cannot(&secret_path))?;
    writeln!(public_file, "{public}").with_context(|| cannot(&public_path))?;
    if args.json {
        let told = serde_json::json!({
            "box_key": public.to_string(),
            "secret_file": secret_path,
            "public_file": public_path,
        });
        print_line!("{told}")?;
    } else {
        print_line!("box_key = \"{public}\"")?;
    }
    secret_file.finish()?;
    public_file.finish()?;
    note!(
        "secret half in {} (keep it where choices may be opened), public half in {}; put the line above into election.toml",
        secret_path.display(),
        public_path.display()
    );
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}
