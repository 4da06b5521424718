//! Searches files for every NAS and code of a roll: no voter must ever find theirs in one.
//!
//! What counts as found, in any file of any kind:
//! - a NAS as nine decimal digits that are no part of a longer number, plain or with one space or
//!   hyphen between its groups of three. Digits that follow another digit and a point, comma or hyphen
//!   do not count (fractions of seconds, receipts). Digits between two letters do not count: random
//!   text such as a receipt's tracker has nine digits in a row now and then. Lists of byte values in
//!   order do not count;
//! - a code of eight symbols or more anywhere, in any case;
//! - a shorter code as a whole word, in any case.
//!
//! A NAS in another encoding (binary, base64, encrypted) is not found: the search guards against
//! text that leaks into logs, errors and records, not against a program that hides it.

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Codes of this length or more are found anywhere, by their first symbols; this is how many.
const STEM: usize = 8;
const NAS_DIGITS: usize = 9;
/// Longest code (and longest window that is looked at).
const CODE_MAX: usize = 32;

/// The secrets of a roll, in memory only.
#[derive(Default)]
pub struct Secrets {
    nas: HashSet<[u8; NAS_DIGITS]>,
    stems: HashSet<[u8; STEM]>,
    long_codes: HashSet<Vec<u8>>,
    long_lengths: HashSet<usize>,
    short_codes: HashSet<Vec<u8>>,
}

/// A kind of secret that a roll holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secret {
    /// A voter's social insurance number.
    Nas,
    /// A voter's secret code.
    Code,
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Secret::Nas => "NAS",
            Secret::Code => "code",
        })
    }
}

/// Where a secret was found. It does not say which: a report must not leak what it found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The file that holds the secret.
    pub path: PathBuf,
    /// Byte at which the secret begins.
    pub offset: usize,
    /// Which of a voter's secrets it is.
    pub what: Secret,
}

/// How much was searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Searched {
    /// How many files were read from beginning to end.
    pub files: u64,
    /// How many bytes they hold.
    pub bytes: u64,
}

impl Secrets {
    /// Reads every NAS and code of the roll at `path`.
    ///
    /// # Errors
    /// No such file, no columns NAS and Code, no rows.
    pub fn of_roll(path: &Path) -> Result<Secrets> {
        let name = path.display();
        let mut reader =
            csv::Reader::from_path(path).with_context(|| format!("cannot read roll {name}"))?;
        let header = reader.headers()?.clone();
        let column = |wanted: &str| {
            header
                .iter()
                .position(|field| field.eq_ignore_ascii_case(wanted))
                .with_context(|| format!("roll {name} has no column {wanted}"))
        };
        let (nas, code) = (column("NAS")?, column("Code")?);
        let mut secrets = Secrets::default();
        for row in reader.byte_records() {
            let row = row.with_context(|| format!("roll {name}"))?;
            let field = |column| {
                row.get(column)
                    .with_context(|| format!("a row of roll {name} is too short"))
            };
            secrets.add(field(nas)?, field(code)?);
        }
        if secrets.is_empty() {
            bail!("roll {name} has no voters to search for");
        }
        Ok(secrets)
    }

    /// Adds one voter, in any spelling that the roll may have.
    pub fn add(&mut self, nas: &[u8], code: &[u8]) {
        let symbols = |text: &[u8]| -> Vec<u8> {
            text.iter()
                .filter(|b| b.is_ascii_alphanumeric())
                .map(u8::to_ascii_uppercase)
                .collect()
        };
        if let Ok(nas) = symbols(nas).try_into() {
            self.nas.insert(nas);
        }
        let code = symbols(code);
        if let Some(stem) = code.first_chunk::<STEM>() {
            self.stems.insert(*stem);
            self.long_lengths.insert(code.len());
            self.long_codes.insert(code);
        } else if !code.is_empty() {
            self.short_codes.insert(code);
        }
    }

    fn is_empty(&self) -> bool {
        self.nas.is_empty() && self.stems.is_empty() && self.short_codes.is_empty()
    }

    /// Searches every file below `root`, symbolic links not followed. Returns the first find.
    ///
    /// # Errors
    /// A file or directory cannot be read: what was not searched is not clean.
    pub fn search(&self, root: &Path, searched: &mut Searched) -> Result<Option<Found>> {
        let entries =
            fs::read_dir(root).with_context(|| format!("cannot search {}", root.display()))?;
        for entry in entries {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            let found = if kind.is_dir() {
                self.search(&path, searched)?
            } else if kind.is_file() {
                let bytes =
                    fs::read(&path).with_context(|| format!("cannot search {}", path.display()))?;
                searched.files += 1;
                searched.bytes += bytes.len() as u64;
                self.find(&bytes)
                    .map(|(offset, what)| Found { path, offset, what })
            } else {
                None
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The first secret in `bytes`: where it begins and what it is.
    #[must_use]
    pub fn find(&self, bytes: &[u8]) -> Option<(usize, Secret)> {
        (0..bytes.len()).find_map(|at| {
            let rest = &bytes[at..];
            let before = &bytes[..at];
            if self.nas_at(before, rest) {
                Some((at, Secret::Nas))
            } else if self.code_at(before, rest) {
                Some((at, Secret::Code))
            } else {
                None
            }
        })
    }

    fn nas_at(&self, before: &[u8], rest: &[u8]) -> bool {
        if !rest.first().is_some_and(u8::is_ascii_digit) || continues_number(before) {
            return false;
        }
        let Some((digits, after)) = nine_digits(rest) else {
            return false;
        };
        let letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
        let longer = after.first().is_some_and(u8::is_ascii_digit);
        let in_random_text = letter(before.last()) && letter(after.first());
        let part_of_more = longer || in_random_text || in_byte_table(before, &digits, after);
        !part_of_more && self.nas.contains(&digits)
    }

    fn code_at(&self, before: &[u8], rest: &[u8]) -> bool {
        if !rest.first().is_some_and(u8::is_ascii_alphanumeric) {
            return false; // most of a ledger's preallocated bytes, at no cost
        }
        let mut window = [0; CODE_MAX];
        let len = rest.len().min(CODE_MAX);
        let window = &mut window[..len];
        window.copy_from_slice(&rest[..len]);
        window.make_ascii_uppercase();
        if let Some(stem) = window.first_chunk::<STEM>()
            && self.stems.contains(stem)
        {
            let whole = |len: &usize| {
                window
                    .get(..*len)
                    .is_some_and(|code| self.long_codes.contains(code))
            };
            return self.long_lengths.iter().any(whole);
        }
        let starts_word = !before.last().is_some_and(u8::is_ascii_alphanumeric);
        let word = window
            .iter()
            .position(|b| !b.is_ascii_alphanumeric())
            .unwrap_or(len);
        starts_word && self.short_codes.contains(&window[..word])
    }
}

/// Whether what follows `before` goes on with a number: after a digit, also over a point, a comma
/// or a hyphen.
fn continues_number(before: &[u8]) -> bool {
    match before {
        [.., last] if last.is_ascii_digit() => true,
        [.., whole, b'.' | b',' | b'-'] => whole.is_ascii_digit(),
        _ => false,
    }
}

/// Whether the digits are part of a list of byte values in order, as the root of a package's index
/// holds one, with 0xff for each value that leads nowhere: the sample voter's NAS is 123456789, and
/// a list that goes 0x30, 0xff, 0x31 spells it. Text is never like that on both sides.
fn in_byte_table(before: &[u8], digits: &[u8], after: &[u8]) -> bool {
    const LOOK_AT: usize = 12;
    const IN_ORDER: usize = 4;
    let listed = |byte: &u8| *byte != 0xff;
    let mut around: Vec<u8> = before
        .iter()
        .rev()
        .take(LOOK_AT)
        .copied()
        .filter(listed)
        .take(IN_ORDER)
        .collect();
    around.reverse();
    around.extend(digits);
    around.extend(
        after
            .iter()
            .take(LOOK_AT)
            .copied()
            .filter(listed)
            .take(IN_ORDER),
    );
    around.len() == digits.len() + 2 * IN_ORDER
        && (around.is_sorted_by(|a, b| a < b) || around.is_sorted_by(|a, b| a > b))
}

/// Nine digits at the start of `bytes`, one space or hyphen allowed after each third, and the rest.
fn nine_digits(bytes: &[u8]) -> Option<([u8; NAS_DIGITS], &[u8])> {
    let mut digits = [0; NAS_DIGITS];
    let mut rest = bytes;
    for (at, digit) in digits.iter_mut().enumerate() {
        if let ([b' ' | b'-', after @ ..], 3 | 6) = (rest, at) {
            rest = after;
        }
        let (&first, after) = rest.split_first()?;
        if !first.is_ascii_digit() {
            return None;
        }
        *digit = first;
        rest = after;
    }
    Some((digits, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Option<(usize, Secret)> {
        let mut secrets = Secrets::default();
        secrets.add(b"123 456 789", b"abc123");
        secrets.add(b"200000008", b"7ZK3-M9QW-2RT5-XYVB-8");
        secrets.find(text.as_bytes())
    }

    #[test]
    fn every_spelling_is_found() {
        for (text, expected) in [
            ("123456789", (0, Secret::Nas)),
            ("nas=123456789;", (4, Secret::Nas)),
            ("nas123456789;", (3, Secret::Nas)),
            ("(no. 123456789:;)", (5, Secret::Nas)),
            ("voter 123-456-789 refused", (6, Secret::Nas)),
            ("\u{0}\u{1}200 000 008\u{ff}", (2, Secret::Nas)),
            ("{\"code\":\"ABC123\"}", (9, Secret::Code)),
            ("code abc123", (5, Secret::Code)),
            ("xx7zk3m9qw2rt5xyvb8yy", (2, Secret::Code)),
        ] {
            assert_eq!(check(text), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn parts_of_other_things_are_not_found() {
        for text in [
            "",
            "1234567890",
            "0123456789",
            "0.123456789 s",
            "12,123456789",
            "0-17-123456789ABCDEFG",
            "XYZ123456789ABC",
            "+,-./123456789:;<=",
            "123456788",
            "12-3456789",
            "xABC1234",
            "ABC1234",
            "7ZK3M9QW",
            "7ZK3M9QW2RT5XYVB9",
        ] {
            assert_eq!(check(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_index_of_a_package_spells_no_nas() {
        let mut secrets = Secrets::default();
        secrets.add(b"123456789", b"ABC123");
        let table = b"\x29\x2a\x2b\x2c\xff\x2e\xff\xff\x2f0\xff123456789:\xff;<=\xff\xffBC";
        assert_eq!(secrets.find(table), None);
        assert_eq!(
            secrets.find(b"\xff\xff\xff\xff123456789\xff\xff\xff\xff"),
            Some((4, Secret::Nas))
        );
    }

    #[test]
    fn a_planted_secret_is_found_in_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let roll = dir.path().join("roll.csv");
        fs::write(&roll, "NAS,Code,Region\n123456789,ABC123,1\n").unwrap();
        let secrets = Secrets::of_roll(&roll).unwrap();
        let data = dir.path().join("data/deep");
        fs::create_dir_all(&data).unwrap();
        fs::write(data.join("clean"), "1700000000000 accepted").unwrap();
        let mut searched = Searched::default();
        assert_eq!(
            secrets
                .search(&dir.path().join("data"), &mut searched)
                .unwrap(),
            None
        );
        assert_eq!(
            searched,
            Searched {
                files: 1,
                bytes: 22
            }
        );
        fs::write(data.join("log"), "bad nas: 123456789").unwrap();
        let found = secrets
            .search(&dir.path().join("data"), &mut searched)
            .unwrap()
            .unwrap();
        assert_eq!(
            (found.path, found.offset, found.what),
            (data.join("log"), 9, Secret::Nas)
        );
    }

    #[test]
    fn an_empty_roll_proves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let roll = dir.path().join("roll.csv");
        fs::write(&roll, "NAS,Code,Region\n").unwrap();
        assert!(Secrets::of_roll(&roll).is_err());
    }
}
