//! `tally keygen`: the event's box key, secret half and public half in two files.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use commandline::{note, print_line};
use durable::output::OutputFile;
use ledger::BoxSecretKey;

use crate::cli::Keygen;

/// Writes `<out>.key` (mode 0600) and `<out>.pub`; prints the line for `election.toml`.
pub(crate) fn run(args: &Keygen) -> anyhow::Result<()> {
    let key = BoxSecretKey::generate().context("the system gives no randomness")?;
    let public = key.public();
    let (secret_path, public_path) = (
        with_suffix(&args.out, ".key"),
        with_suffix(&args.out, ".pub"),
    );
    // Both are started before either is finished: an existing one refuses both.
    let mut secret_file = OutputFile::create_secret(&secret_path, args.force)?;
    let mut public_file = OutputFile::create(&public_path, args.force)?;
    let write = || format!("cannot write {}", secret_path.display());
    secret_file
        .write_all(key.to_file_text().as_bytes())
        .with_context(write)?;
    writeln!(public_file, "{public}").with_context(write)?;
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
