//! `shardpack sign`: one officer's signature over the manifest.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use commandline::{note, print_line};
use durable::output::OutputFile;
use durable::{Clock, SystemClock};
use secrets::Officer;
use shards::{MANIFEST_FILE, Package, SIGNATURE_SUFFIX, UNTRUSTED_COMMENT, is_signature_name};

use crate::args::SignArgs;

/// The stock tool's words before the comment itself, which minisign adds.
const COMMENT_PREFIX: &str = "untrusted comment: ";

pub(crate) fn run(args: &SignArgs) -> Result<()> {
    // Whoever signs vouches for the content: refuse what no validator would open.
    let package = Package::open_unsigned(&args.package)?;
    let manifest_path = args.package.join(MANIFEST_FILE);
    let manifest = fs::read(&manifest_path)
        .with_context(|| format!("cannot read {}", manifest_path.display()))?;
    if shards::Sha256Sum::of(&manifest).0 != package.manifest_sha256() {
        bail!(
            "{} changed while it was being read, try again",
            manifest_path.display()
        );
    }
    let content = package.manifest();
    note!("event:           {}", content.event);
    note!(
        "credentials:     {} on {}",
        content.credentials(),
        commandline::count(content.ballots.len() as u64, "ballot")
    );
    note!("roll commitment: {}", content.roll_commitment);
    note!(
        "manifest:        {}",
        shards::Sha256Sum(package.manifest_sha256())
    );

    let officer = Officer::read(&args.key, args.password.source())?;
    let path = signature_path(&args.package, &officer, args.force)?;
    let mut output = OutputFile::create(&path, args.force)?;
    let comment = UNTRUSTED_COMMENT.trim_start_matches(COMMENT_PREFIX);
    let now_ms = SystemClock::new().now_ms();
    let signature = officer.sign(&manifest, MANIFEST_FILE, now_ms, comment)?;
    output
        .write_all(signature.as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))?;
    output.settle()?;
    print_line!("{}", path.display())?;
    output.finish()?;
    Ok(())
}

/// The first officer's signature has the name that the stock tool expects; further officers' carry
/// the key id. An officer who has signed keeps the file.
fn signature_path(package: &Path, officer: &Officer, force: bool) -> Result<PathBuf> {
    let first = package.join(format!("{MANIFEST_FILE}{SIGNATURE_SUFFIX}"));
    let own = format!("{MANIFEST_FILE}.{}{SIGNATURE_SUFFIX}", officer.key_id());
    debug_assert!(
        is_signature_name(&own),
        "signature names and their readers agree"
    );
    let own = package.join(own);
    let taken = match fs::read_to_string(&first) {
        Ok(text) => officer.is_named_in(&text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(first),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read {}", first.display()));
        }
    };
    match taken {
        true if !force => bail!(
            "{} is this officer's signature already, pass --force to sign again",
            first.display()
        ),
        true => Ok(first),
        false => Ok(own),
    }
}
