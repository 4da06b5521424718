//! An officer's signing key, in the files that `shardpack keygen` and the stock minisign make.
//!
//! The password lives in a buffer that is wiped and is handed to minisign by value; no message
//! quotes it.

use std::io::Cursor;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use minisign::{PublicKey, SecretKey, SecretKeyBox};
use zeroize::Zeroizing;

use crate::inputs::read_secret;

/// An officer who can sign.
pub(crate) struct Officer {
    secret: SecretKey,
    public: PublicKey,
}

impl Officer {
    /// Reads the key in `path`: with the first line of `password_file`, without a password where
    /// the key has none, or else with the password asked for at the terminal.
    ///
    /// # Errors
    /// A file that is no minisign secret key, a wrong password, no terminal to ask at.
    pub(crate) fn read(path: &Path, password_file: Option<&Path>) -> anyhow::Result<Officer> {
        let text = read_text(path)?;
        let unusable = |error: minisign::PError| {
            anyhow!(
                "officer's key {}: {error}: check the file and its password",
                path.display()
            )
        };
        // minisign indexes the second line of what it is given.
        if text.lines().count() < 2 {
            bail!(
                "officer's key {}: not a minisign secret key, it has fewer than two lines",
                path.display()
            );
        }
        let boxed = || SecretKeyBox::from_string(&text);
        let in_clear = boxed().and_then(SecretKeyBox::into_unencrypted_secret_key);
        let secret = match (password_file, in_clear) {
            (None, Ok(secret)) => secret,
            (file, _) => {
                let password = match file {
                    Some(file) => first_line(file)?,
                    None => ask(path)?,
                };
                boxed()
                    .and_then(|boxed| boxed.into_secret_key(Some(password.to_string())))
                    .map_err(unusable)?
            }
        };
        let public = PublicKey::from_secret_key(&secret).map_err(unusable)?;
        Ok(Officer { secret, public })
    }

    /// A detached signature over `bytes`, which will be the file `name`, in minisign's text form.
    ///
    /// # Errors
    /// minisign refuses the key.
    pub(crate) fn sign(&self, bytes: &[u8], name: &str, now_ms: i64) -> anyhow::Result<String> {
        let trusted = format!(
            "timestamp:{}\tfile:{name}\thashed",
            now_ms.div_euclid(1_000)
        );
        let signature = minisign::sign(
            Some(&self.public),
            &self.secret,
            Cursor::new(bytes),
            Some(&trusted),
            Some("signature of a statement of results"),
        );
        let signature = signature.map_err(|error| anyhow!("cannot sign {name}: {error}"))?;
        Ok(signature.into_string())
    }
}

fn first_line(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let text = read_text(path)?;
    match text.lines().next() {
        Some(password) if !password.is_empty() => Ok(Zeroizing::new(password.to_owned())),
        _ => bail!(
            "{}: the first line is empty, write the password there",
            path.display()
        ),
    }
}

fn read_text(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let cannot = || format!("cannot read {}", path.display());
    let bytes = read_secret(path)?;
    let text = std::str::from_utf8(&bytes).with_context(cannot)?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn ask(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let answer = rpassword::prompt_password(format!("password of {}: ", path.display()))
        .context("cannot ask for a password without a terminal, pass --password-file")?;
    Ok(Zeroizing::new(answer))
}
