//! Tokens of auditors and administrators: made once, shown once, kept as a hash.
//!
//! A token is `scrutin-ID-SECRET`: an id of 8 hexadecimal digits that logs may name, and a secret of
//! 256 random bits in 64. The file holds a line for each, `ID ROLE SHA-256-OF-SECRET MADE-AT`; to
//! take a token back, delete its line. The secret has all the entropy of its hash, so a slow hash
//! for passwords would protect nothing more.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::ValueEnum;
use durable::output::OutputFile;
use election::instant_text;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

const PREFIX: &str = "scrutin";
const ID_BYTES: usize = 4;
const SECRET_BYTES: usize = 32;
/// Far more than an event has auditors.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// What the holder of a token is. Both may read audit and exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Somebody who checks the count from outside.
    Auditor,
    /// Somebody who operates the tally.
    Admin,
}

impl Role {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Role::Auditor => "auditor",
            Role::Admin => "admin",
        }
    }
}

/// Who asks, once the token was found right.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) id: String,
    pub(crate) role: Role,
}

/// A file of tokens.
#[derive(Debug, Clone)]
pub(crate) struct TokenFile(pub(crate) PathBuf);

/// A token that its holder can be shown, and that no file knows yet.
pub(crate) struct NewToken {
    /// The token itself: shown once, kept nowhere.
    pub(crate) text: Zeroizing<String>,
    /// What a file keeps of it.
    line: String,
}

impl NewToken {
    /// Draws a token.
    ///
    /// # Errors
    /// The system gives no randomness.
    pub(crate) fn draw(role: Role, now_ms: i64) -> anyhow::Result<NewToken> {
        let mut bytes = Zeroizing::new([0; ID_BYTES + SECRET_BYTES]);
        getrandom::fill(&mut *bytes)
            .map_err(io::Error::from)
            .context("the system gives no randomness")?;
        let (id, secret) = bytes.split_at(ID_BYTES);
        let (id, secret) = (hex(id), Zeroizing::new(hex(secret)));
        let hash = hex(&Sha256::digest(secret.as_bytes()));
        Ok(NewToken {
            text: Zeroizing::new(format!("{PREFIX}-{id}-{}", *secret)),
            line: format!("{id} {} {hash} {}\n", role.name(), instant_text(now_ms)),
        })
    }
}

impl TokenFile {
    /// Waits until nobody else adds a token to this file. Whoever holds the lock has read the file
    /// after the last change and writes it before the next.
    ///
    /// # Errors
    /// The directory cannot be locked; the file cannot be read.
    pub(crate) fn lock(&self) -> anyhow::Result<LockedTokens<'_>> {
        let parent = self.0.parent().filter(|parent| *parent != Path::new(""));
        let directory = parent.unwrap_or(Path::new("."));
        let cannot = || format!("cannot lock {}", directory.display());
        // The directory stands for the file, which each change replaces by another one.
        let lock = File::open(directory).with_context(cannot)?;
        lock.lock().with_context(cannot)?;
        Ok(LockedTokens {
            lines: self.read_or_empty()?,
            file: self,
            _lock: lock,
        })
    }

    /// Whose token this is; none where the file does not have it.
    ///
    /// The file is read each time: a line that was deleted counts at once.
    ///
    /// # Errors
    /// The file cannot be read, or a line is none that [`TokenFile::issue`] writes.
    pub(crate) fn holder(&self, token: &str) -> anyhow::Result<Option<Holder>> {
        let mut parts = token.splitn(3, '-');
        let (Some(PREFIX), Some(id), Some(secret)) = (parts.next(), parts.next(), parts.next())
        else {
            return Ok(None);
        };
        let hash = hex(&Sha256::digest(secret.as_bytes()));
        let text = self.read_or_empty()?;
        let mut found = None;
        for (number, line) in text.lines().enumerate() {
            let entry = TokenLine::parse(line).with_context(|| {
                let path = self.0.display();
                format!("{path}, line {}: expected ID ROLE HASH MADE-AT; delete the line, or make the token again", number + 1)
            })?;
            // All lines are compared, each in constant time: time tells nothing of a hash.
            let same = entry.hash.as_bytes().ct_eq(hash.as_bytes());
            if bool::from(same) && entry.id == id {
                found = Some(Holder {
                    id: entry.id.to_owned(),
                    role: entry.role,
                });
            }
        }
        Ok(found)
    }

    fn read_or_empty(&self) -> anyhow::Result<String> {
        let cannot = || format!("cannot read the tokens in {}", self.0.display());
        let length = match fs::metadata(&self.0) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
            Err(error) => return Err(error).with_context(cannot),
        };
        ensure!(
            length <= FILE_BYTES_MAX,
            "{} is no file of tokens: {length} bytes, at most {FILE_BYTES_MAX}",
            self.0.display()
        );
        fs::read_to_string(&self.0).with_context(cannot)
    }

    /// Reads the whole file once, so that a fault in it ends the start and not the night.
    ///
    /// # Errors
    /// See [`TokenFile::holder`]; a file that does not exist.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let path = Path::new(&self.0);
        ensure!(
            path.exists(),
            "there are no tokens in {}: make one with tally token new --role auditor --file {0}",
            path.display()
        );
        self.holder("scrutin-00000000-").map(drop)
    }
}

/// A file of tokens while nobody else may change it.
pub(crate) struct LockedTokens<'a> {
    file: &'a TokenFile,
    lines: String,
    /// Unlocked when it is dropped.
    _lock: File,
}

impl LockedTokens<'_> {
    /// Adds what is kept of a token, once there is room for it and `show` has shown its text: a hash whose
    /// token nobody could read would be of no use, nor a token that is not kept.
    ///
    /// # Errors
    /// The file cannot be written, or the text not be shown; the file is then as it was.
    pub(crate) fn add(
        mut self,
        token: &NewToken,
        show: impl FnOnce(&str) -> std::io::Result<()>,
    ) -> anyhow::Result<()> {
        if !self.lines.is_empty() && !self.lines.ends_with('\n') {
            self.lines.push('\n');
        }
        self.lines += &token.line;
        // Written aside and renamed: a crash leaves the tokens there were.
        let mut file = OutputFile::create_secret(&self.file.0, true)?;
        file.write_all(self.lines.as_bytes())?;
        file.settle()?;
        show(&token.text)?;
        Ok(file.finish()?)
    }
}

/// A line of the file.
struct TokenLine<'a> {
    id: &'a str,
    role: Role,
    hash: &'a str,
}

impl TokenLine<'_> {
    fn parse(line: &str) -> Option<TokenLine<'_>> {
        let mut fields = line.split(' ');
        let (id, role, hash) = (fields.next()?, fields.next()?, fields.next()?);
        let _made_at = fields.next()?;
        let is_hex = |text: &str, digits| {
            text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        let role = Role::from_str(role, false).ok()?;
        let sound = is_hex(id, 2 * ID_BYTES) && is_hex(hash, 64) && fields.next().is_none();
        sound.then_some(TokenLine { id, role, hash })
    }
}

fn hex(bytes: &[u8]) -> String {
    crate::documents::hex(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn issue(file: &TokenFile, role: Role, now_ms: i64) -> Zeroizing<String> {
        let token = NewToken::draw(role, now_ms).expect("randomness");
        let locked = file.lock().expect("a lock");
        locked.add(&token, |_| Ok(())).expect("written");
        token.text
    }

    #[test]
    fn tokens_that_are_made_at_once_are_all_kept() {
        let home = tempfile::TempDir::new().expect("a private directory");
        let file = TokenFile(home.path().join("tokens"));
        let made: Vec<_> = std::thread::scope(|scope| {
            let many = (0..16).map(|at| {
                scope.spawn({
                    let file = &file;
                    move || issue(file, Role::Auditor, at)
                })
            });
            let many: Vec<_> = many.collect();
            many.into_iter()
                .map(|one| one.join().expect("a token"))
                .collect()
        });
        for token in made {
            assert!(
                file.holder(&token).expect("sound").is_some(),
                "a line is lost"
            );
        }
    }

    #[test]
    fn a_token_is_known_until_its_line_is_deleted_and_the_file_never_holds_it() {
        let home = tempfile::TempDir::new().expect("a private directory");
        let file = TokenFile(home.path().join("tokens"));
        assert!(file.check().is_err(), "no file");
        let auditor = issue(&file, Role::Auditor, 0);
        let admin = issue(&file, Role::Admin, 1_000);
        file.check().expect("sound");
        let role = |token: &str| file.holder(token).expect("sound").map(|holder| holder.role);
        assert_eq!(role(&auditor), Some(Role::Auditor));
        assert_eq!(role(&admin), Some(Role::Admin));
        let text = fs::read_to_string(&file.0).expect("readable");
        for token in [&auditor, &admin] {
            let secret = token.rsplit('-').next().expect("a secret");
            assert_eq!(secret.len(), 64);
            assert!(!text.contains(secret), "the secret is in the file");
        }
        let mode = fs::metadata(&file.0).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        // The id of one with the secret of the other, a changed digit, other shapes.
        let (id, secret) = (&admin[..17], &auditor[17..]);
        let mut changed = auditor.to_string();
        let last = if changed.ends_with('0') { "1" } else { "0" };
        changed.replace_range(changed.len() - 1.., last);
        for wrong in [
            &format!("{id}{secret}"),
            &changed,
            "",
            "scrutin",
            "scrutin--",
            "x-y-z",
        ] {
            assert_eq!(role(wrong), None, "{wrong}");
        }
        let rest: Vec<&str> = text.lines().skip(1).collect();
        fs::write(&file.0, rest.join("\n")).expect("written");
        assert_eq!(role(&auditor), None);
        assert_eq!(role(&admin), Some(Role::Admin));
        fs::write(&file.0, "rubbish\n").expect("written");
        let error = file.check().expect_err("rubbish");
        assert!(format!("{error:#}").contains("line 1"), "{error:#}");
    }
}
