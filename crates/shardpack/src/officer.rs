//! An officer's key pair and password.
//!
//! Keys are stock minisign files. A password lives in a buffer that is wiped, and is handed on to
//! minisign by value; no error message quotes it.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use data_encoding::HEXUPPER;
use minisign::{PublicKey, SecretKey, SecretKeyBox};
use zeroize::Zeroizing;

use crate::args::PasswordArgs;

const FILE_BYTES_MAX: usize = 4096;

/// A new key's password, asked for twice; none where the key is to stay in the clear.
pub(crate) fn new_password(args: &PasswordArgs) -> Result<Option<Zeroizing<String>>> {
    if args.no_password {
        return Ok(None);
    }
    if let Some(path) = &args.password_file {
        return read_password(path).map(Some);
    }
    let password = ask("password for the new secret key: ")?;
    if *ask("the same again: ")? != *password {
        bail!("the two passwords differ, start again");
    }
    if password.is_empty() {
        bail!("password is empty, choose one or pass --no-password");
    }
    Ok(Some(password))
}

/// Reads and decrypts a secret key.
pub(crate) fn secret_key(path: &Path, args: &PasswordArgs) -> Result<SecretKey> {
    let text = read_small(path)?;
    if text.lines().count() < 2 {
        bail!(
            "{} is not a minisign secret key: it has fewer than two lines",
            path.display()
        );
    }
    let boxed = || SecretKeyBox::from_string(&text).map_err(|e| unusable(path, &e));
    if args.no_password {
        return boxed()?
            .into_unencrypted_secret_key()
            .map_err(|e| unusable(path, &e));
    }
    if args.password_file.is_none()
        && let Ok(key) = boxed()?.into_unencrypted_secret_key()
    {
        return Ok(key);
    }
    let password = match &args.password_file {
        Some(file) => read_password(file)?,
        None => ask(&format!("password of {}: ", path.display()))?,
    };
    boxed()?
        .into_secret_key(Some(password.to_string()))
        .map_err(|e| unusable(path, &e))
}

fn unusable(path: &Path, error: &minisign::PError) -> anyhow::Error {
    anyhow!(
        "{}: {error}: check the file and its password",
        path.display()
    )
}

/// The key id as minisign shows it: sixteen upper-case hexadecimal digits.
pub(crate) fn key_id(keynum: &[u8]) -> String {
    let mut shown = keynum.to_vec();
    shown.reverse();
    HEXUPPER.encode(&shown)
}

pub(crate) fn public_key(secret: &SecretKey) -> Result<PublicKey> {
    PublicKey::from_secret_key(secret).map_err(|error| anyhow!("secret key is unusable: {error}"))
}

fn read_password(path: &Path) -> Result<Zeroizing<String>> {
    let text = read_small(path)?;
    let password = text.lines().next().unwrap_or_default();
    if password.is_empty() {
        bail!(
            "{}: the first line is empty, write the password there",
            path.display()
        );
    }
    Ok(Zeroizing::new(password.to_owned()))
}

fn read_small(path: &Path) -> Result<Zeroizing<String>> {
    let bytes = secrets::read(path, FILE_BYTES_MAX)?;
    let text = std::str::from_utf8(&bytes)
        .with_context(|| format!("{} is not a text file", path.display()))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn ask(prompt: &str) -> Result<Zeroizing<String>> {
    let answer = rpassword::prompt_password(prompt)
        .context("cannot ask for a password without a terminal, pass --password-file")?;
    Ok(Zeroizing::new(answer))
}
