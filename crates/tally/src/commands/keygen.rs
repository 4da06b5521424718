//! `tally keygen`: the key of one hand, secret half and public half in two files; and whether a key is
//! one of a package's event.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use commandline::{note, print_line};
use durable::output::OutputFile;
use ledger::{Hand, HandSecretKey};
use shards::Package;

use crate::cli::Keygen;
use crate::inputs::{check_key, read_any_key};

/// Makes a key, or checks one.
pub(crate) fn run(args: &Keygen) -> anyhow::Result<()> {
    match (args.hand, &args.out, &args.check, &args.package) {
        (Some(hand), Some(out), None, None) => make(hand.into(), out, args),
        (None, None, Some(key), Some(package)) => check(key, package, args.json),
        _ => unreachable!("clap asks for --hand and --out, or for --check and --package"),
    }
}

/// Says whose key of a package's event a key is, or fails.
fn check(key: &Path, package: &Path, as_json: bool) -> anyhow::Result<()> {
    let opened = Package::open_unsigned(package)
        .with_context(|| format!("cannot use package {}", package.display()))?;
    let (event, secret) = (opened.event(), read_any_key(key)?);
    check_key(key, &secret, event)?;
    let (hand, public) = (secret.hand(), secret.public());
    if as_json {
        let told =
            serde_json::json!({ "event": event.id, name_in_event(hand): public.to_string() });
        print_line!("{told}")?;
    } else {
        let path = key.display();
        print_line!("{path} is the {hand} key of event {}", event.id)?;
    }
    Ok(())
}

/// The member of `election.toml` that names the public half.
fn name_in_event(hand: Hand) -> &'static str {
    match hand {
        Hand::Count => "count_key",
        Hand::Mask => "mask_key",
    }
}

/// Writes `<out>.key` (mode 0600) and `<out>.pub`; prints the line for `election.toml`.
fn make(hand: Hand, out: &Path, args: &Keygen) -> anyhow::Result<()> {
    let key = HandSecretKey::generate(hand).context("the system gives no randomness")?;
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
    // A key that nobody can read back must not be told for the event.
    secret_file.settle()?;
    public_file.settle()?;
    if args.json {
        let told = serde_json::json!({
            name_in_event(hand): public.to_string(),
            "secret_file": secret_path,
            "public_file": public_path,
        });
        print_line!("{told}")?;
    } else {
        print_line!("{} = \"{public}\"", name_in_event(hand))?;
    }
    secret_file.finish()?;
    public_file.finish()?;
    note!(
        "secret half in {} (the {hand} hand keeps it, away from the other key), public half in {}; put the line above into election.toml",
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
