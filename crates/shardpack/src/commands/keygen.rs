//! `shardpack keygen`: an officer's key pair.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use commandline::{note, print_line};
use durable::output::OutputFile;
use minisign::KeyPair;
use zeroize::Zeroizing;

use crate::args::KeygenArgs;
use crate::officer;

pub(crate) fn run(args: &KeygenArgs) -> Result<()> {
    let (secret_path, public_path) = (named(&args.out, "key"), named(&args.out, "pub"));
    // Both names are taken before anybody types a password.
    let mut secret_file = OutputFile::create_secret(&secret_path, args.force)?;
    let mut public_file = OutputFile::create(&public_path, args.force)?;
    let pair = match officer::new_password(&args.password)? {
        Some(password) => KeyPair::generate_encrypted_keypair(Some(password.to_string())),
        None => KeyPair::generate_unencrypted_keypair(),
    }
    .map_err(|error| anyhow!("cannot make a key pair: {error}"))?;
    let kind = if args.password.no_password {
        ""
    } else {
        "encrypted "
    };
    let comment = format!("minisign {kind}secret key");
    let secret = pair
        .sk
        .to_box(Some(&comment))
        .map_err(|error| anyhow!("{error}"))?;
    let public = pair.pk.to_box().map_err(|error| anyhow!("{error}"))?;
    let cannot = |path: &Path| format!("cannot write {}", path.display());
    secret_file
        .write_all(Zeroizing::new(secret.into_string()).as_bytes())
        .with_context(|| cannot(&secret_path))?;
    public_file
        .write_all(public.into_string().as_bytes())
        .with_context(|| cannot(&public_path))?;
    print_line!("{}", officer::key_id(pair.pk.keynum()))?;
    secret_file.finish()?;
    public_file.finish()?;
    note!(
        "secret key: {} (keep it with the officer)",
        secret_path.display()
    );
    note!(
        "public key: {} (give it to the operators)",
        public_path.display()
    );
    Ok(())
}

fn named(pair: &Path, ending: &str) -> PathBuf {
    let mut name = pair.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}
