//! `shardpack sign`: one officer's signature over the manifest.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow, bail};
use commandline::{note, print_line};
use durable::output::OutputFile;
use minisign::SignatureBox;
use shards::{MANIFEST_FILE, Package, SIGNATURE_SUFFIX, UNTRUSTED_COMMENT, is_signature_name};

use crate::args::SignArgs;
use crate::officer;

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

    let secret = officer::secret_key(&args.key, &args.password)?;
    let public = officer::public_key(&secret)?;
    let path = signature_path(&args.package, public.keynum(), args.force)?;
    let mut output = OutputFile::create(&path, args.force)?;
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .context("the clock of this machine stands before 1970, set it")?
        .as_secs();
    let trusted = format!("timestamp:{seconds}\tfile:{MANIFEST_FILE}\thashed");
    let signature = minisign::sign(
        Some(&public),
        &secret,
        Cursor::new(&manifest),
        Some(&trusted),
        Some(UNTRUSTED_COMMENT.trim_start_matches(COMMENT_PREFIX)),
    )
    .map_err(|error| anyhow!("cannot sign {}: {error}", manifest_path.display()))?;
    output
        .write_all(signature.into_string().as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))?;
    print_line!("{}", path.display())?;
    output.finish()?;
    Ok(())
}

/// The first officer's signature has the name that the stock tool expects; further officers' carry
/// the key id. An officer who has signed keeps the file.
fn signature_path(package: &Path, keynum: &[u8], force: bool) -> Result<PathBuf> {
    let first = package.join(format!("{MANIFEST_FILE}{SIGNATURE_SUFFIX}"));
    let own = format!(
        "{MANIFEST_FILE}.{}{SIGNATURE_SUFFIX}",
        officer::key_id(keynum)
    );
    debug_assert!(
        is_signature_name(&own),
        "signature names and their readers agree"
    );
    let own = package.join(own);
    let taken = match fs::read_to_string(&first) {
        Ok(text) => signed_by(&text, keynum),
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

fn signed_by(signature: &str, keynum: &[u8]) -> bool {
    SignatureBox::from_string(signature).is_ok_and(|signature| signature.keynum() == keynum)
}
