//! `hashgen keygen`: the roll key, for scheme hmac-sha256.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use commandline::print_line;
use credentials::RollKey;
use durable::output::OutputFile;

/// Make a roll key.
///
/// Whoever holds the key, the package and a NAS can search for that person's code; without the key
/// nobody can. Carry it apart from the package, and give it to the validator alone.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:
  hashgen keygen --out roll.key")]
pub struct Args {
    /// File to write the key into, readable by its owner only
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Print the key id as JSON
    #[arg(long)]
    json: bool,
    /// Replace the file: digests made with its key become useless
    #[arg(long)]
    force: bool,
}

/// Draws a key, writes it and prints its id.
pub fn run(args: &Args) -> Result<()> {
    let mut file = OutputFile::create_secret(&args.out, args.force)?;
    let key = RollKey::generate()?;
    file.write_all(key.to_file_text().as_bytes())
        .with_context(|| format!("cannot write {}", args.out.display()))?;
    file.settle()?;
    if args.json {
        print_line!("{}", serde_json::json!({ "key_id": key.key_id() }))?;
    } else {
        print_line!("key id {}", key.key_id())?;
    }
    Ok(file.finish()?)
}
