//! The text of a policy (c2sp.org/tlog-policy), as it is published and carried.
//!
//! ```text
//! # comment
//! log <key> [<url>]
//! witness <name> <key> [<url>]
//! group <name> all|any|<k> <name>...
//! quorum <name>|none
//! ```
//! A name stands in a line above those that use it, and in one group at most, so that no witness counts
//! twice. The reader is stricter than the text asks for: it takes UTF-8 alone, and a policy without a log is
//! refused, because nobody could meet it.

use std::collections::BTreeMap;

use crate::key::{KeyError, KeyUse, VerifierKey};
use crate::policy::rules::{Policy, Quorum, TrustedLog, TrustedWitness};
use crate::text;

/// Longest policy that is read, in bytes.
pub const POLICY_BYTES_MAX: usize = 64 << 10;
/// Most logs, most witnesses and most groups of a policy.
pub const POLICY_ITEMS_MAX: usize = 64;

const NONE: &str = "none";

/// Why a text is no policy: the line, from 1, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the policy: {fault}")]
pub struct PolicyError {
    /// Number of the line, from 1; the last one where something is missing.
    pub line: usize,
    /// What is wrong with it.
    pub fault: PolicyFault,
}

/// What may be wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    /// No policy is that long.
    #[error("there are more than {POLICY_BYTES_MAX} bytes: it is another file")]
    TooLong,
    /// A byte that no policy has.
    #[error("it is not UTF-8, or has a control character: write it with a plain text editor")]
    NoText,
    /// The line begins with another word.
    #[error("{quoted} is no line of a policy: begin it with log, witness, group, quorum or #")]
    Keyword {
        /// The beginning of the line.
        quoted: String,
    },
    /// Words are missing or left over.
    #[error("write {form}")]
    Form {
        /// How the line is written.
        form: &'static str,
    },
    /// A key cannot be read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Two lines have the same key.
    #[error("the key stands in another line already: one log or witness would count twice")]
    DuplicateKey,
    /// Two lines define the same name.
    #[error("the name {name} is taken already, or is {NONE}: choose another")]
    DuplicateName {
        /// The name as it is written.
        name: String,
    },
    /// A name is used that no line above defines.
    #[error("{name} is not defined in a line above: define it first, or correct the name")]
    UnknownName {
        /// The name as it is written.
        name: String,
    },
    /// A witness or group could count twice.
    #[error(
        "{name} is a member of a group already: a witness that counts twice would make others needless"
    )]
    UsedTwice {
        /// The name as it is written.
        name: String,
    },
    /// Nobody could meet the group, or everybody would.
    #[error(
        "{need} of {members} members cannot be asked for: write all, any, or a number from 1 to {members}"
    )]
    Threshold {
        /// What is asked for, as it is written.
        need: String,
        /// Members of the group.
        members: usize,
    },
    /// More lines of one kind than are taken.
    #[error("there are more than {POLICY_ITEMS_MAX} lines of this kind")]
    TooMany,
    /// There is no rule, or there are two.
    #[error(
        "a policy has one quorum line: write quorum and the name of a witness or group, or quorum {NONE}"
    )]
    OneQuorum,
    /// No checkpoint could be accepted.
    #[error("the policy names no log, so that nobody can meet it: write log and the log's key")]
    NoLog,
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// See [`PolicyFault`]; the first fault is told.
    pub fn parse(bytes: &[u8]) -> Result<Policy, PolicyError> {
        let first = |fault| PolicyError { line: 1, fault };
        if bytes.len() > POLICY_BYTES_MAX {
            return Err(first(PolicyFault::TooLong));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| first(PolicyFault::NoText))?;
        let mut reader = Reader::default();
        let mut last = 1;
        for (words, line) in text.split('\n').zip(1..) {
            reader
                .line(words)
                .map_err(|fault| PolicyError { line, fault })?;
            last = line;
        }
        reader
            .finish()
            .map_err(|fault| PolicyError { line: last, fault })
    }
}

/// The policy as far as it was read.
#[derive(Default)]
struct Reader {
    logs: Vec<TrustedLog>,
    witnesses: Vec<TrustedWitness>,
    groups: usize,
    names: BTreeMap<String, Defined>,
    quorum: Option<Quorum>,
}

/// What a name stands for.
struct Defined {
    quorum: Quorum,
    is_member: bool,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), PolicyFault> {
        if line
            .bytes()
            .any(|byte| byte != b'\t' && (byte < b' ' || byte == 0x7f))
        {
            return Err(PolicyFault::NoText);
        }
        let words = line.split([' ', '\t']).filter(|word| !word.is_empty());
        let words: Vec<&str> = words.collect();
        match *words.as_slice() {
            [] => Ok(()),
            [word, ..] if word.starts_with('#') => Ok(()),
            ["log", key] => self.log(key, None),
            ["log", key, url] => self.log(key, Some(url)),
            ["log", ..] => Err(form("log KEY, and its URL if you like")),
            ["witness", name, key] => self.witness(name, key, None),
            ["witness", name, key, url] => self.witness(name, key, Some(url)),
            ["witness", ..] => Err(form("witness NAME KEY, and its URL if you like")),
            ["group", name, need, ref members @ ..] if !members.is_empty() => {
                self.group(name, need, members)
            }
            ["group", ..] => Err(form(
                "group NAME all, any or a number, and the members' names",
            )),
            ["quorum", name] => self.quorum(name),
            ["quorum", ..] => Err(form("quorum and one name")),
            _ => Err(PolicyFault::Keyword {
                quoted: text::quoted(line),
            }),
        }
    }

    fn log(&mut self, key: &str, url: Option<&str>) -> Result<(), PolicyFault> {
        let key = VerifierKey::parse(key, KeyUse::Log)?;
        check_room(self.logs.len())?;
        // One operator may sign several logs by one key; their names tell them apart.
        if self.logs.iter().any(|log| log.key == key) {
            return Err(PolicyFault::DuplicateKey);
        }
        let url = url.map(str::to_owned);
        self.logs.push(TrustedLog { key, url });
        Ok(())
    }

    fn witness(&mut self, name: &str, key: &str, url: Option<&str>) -> Result<(), PolicyFault> {
        let key = VerifierKey::parse(key, KeyUse::Witness)?;
        check_room(self.witnesses.len())?;
        let mut others = self.witnesses.iter();
        // The same key under two names is one witness.
        if others.any(|other| other.key.key_bytes() == key.key_bytes()) {
            return Err(PolicyFault::DuplicateKey);
        }
        self.define(name, Quorum::Witness(self.witnesses.len()))?;
        self.witnesses.push(TrustedWitness {
            name: name.to_owned(),
            key,
            url: url.map(str::to_owned),
        });
        Ok(())
    }

    fn group(&mut self, name: &str, need: &str, members: &[&str]) -> Result<(), PolicyFault> {
        check_room(self.groups)?;
        self.groups += 1;
        let threshold = || PolicyFault::Threshold {
            need: text::quoted(need),
            members: members.len(),
        };
        let count = match need {
            "all" => members.len(),
            "any" => 1,
            number => text::decimal(number)
                .and_then(|number| usize::try_from(number).ok())
                .filter(|number| (1..=members.len()).contains(number))
                .ok_or_else(threshold)?,
        };
        let members: Result<Vec<Quorum>, PolicyFault> =
            members.iter().map(|member| self.member(member)).collect();
        let group = Quorum::Group {
            name: name.to_owned(),
            need: count,
            members: members?,
        };
        self.define(name, group)
    }

    fn quorum(&mut self, name: &str) -> Result<(), PolicyFault> {
        if self.quorum.is_some() {
            return Err(PolicyFault::OneQuorum);
        }
        self.quorum = Some(match name {
            NONE => Quorum::None,
            name => self.defined(name)?.quorum.clone(),
        });
        Ok(())
    }

    fn define(&mut self, name: &str, quorum: Quorum) -> Result<(), PolicyFault> {
        if name == NONE || self.names.contains_key(name) {
            return Err(PolicyFault::DuplicateName {
                name: text::quoted(name),
            });
        }
        let is_member = false;
        let defined = Defined { quorum, is_member };
        self.names.insert(name.to_owned(), defined);
        Ok(())
    }

    fn defined(&mut self, name: &str) -> Result<&mut Defined, PolicyFault> {
        let defined = self.names.get_mut(name);
        defined.ok_or_else(|| PolicyFault::UnknownName {
            name: text::quoted(name),
        })
    }

    /// What a name stands for; no other group may have it then.
    fn member(&mut self, name: &str) -> Result<Quorum, PolicyFault> {
        let defined = self.defined(name)?;
        if std::mem::replace(&mut defined.is_member, true) {
            return Err(PolicyFault::UsedTwice {
                name: text::quoted(name),
            });
        }
        Ok(defined.quorum.clone())
    }

    fn finish(self) -> Result<Policy, PolicyFault> {
        if self.logs.is_empty() {
            return Err(PolicyFault::NoLog);
        }
        Ok(Policy {
            logs: self.logs,
            witnesses: self.witnesses,
            quorum: self.quorum.ok_or(PolicyFault::OneQuorum)?,
        })
    }
}

fn form(form: &'static str) -> PolicyFault {
    PolicyFault::Form { form }
}

fn check_room(used: usize) -> Result<(), PolicyFault> {
    if used < POLICY_ITEMS_MAX {
        return Ok(());
    }
    Err(PolicyFault::TooMany)
}
