//! What a policy says: logs, witnesses, and the rule that tells when enough witnesses have cosigned.

use crate::key::VerifierKey;

/// Whom to believe about a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub(crate) logs: Vec<TrustedLog>,
    pub(crate) witnesses: Vec<TrustedWitness>,
    pub(crate) quorum: Quorum,
}

/// A log whose checkpoints count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedLog {
    /// Its key; the key's name is the log's origin.
    pub key: VerifierKey,
    /// Where it is served, if the policy says so.
    pub url: Option<String>,
}

/// A witness whose cosignatures count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedWitness {
    /// Its name in the policy.
    pub name: String,
    /// With which it cosigns.
    pub key: VerifierKey,
    /// Where it takes checkpoints, if the policy says so.
    pub url: Option<String>,
}

/// When enough witnesses have cosigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quorum {
    /// No cosignature is needed.
    None,
    /// This witness must have cosigned: its place in the policy's list.
    Witness(usize),
    /// At least `need` of the members must be satisfied; 1 to all of them.
    Group {
        /// Name of the group in the policy.
        name: String,
        /// How many members are needed.
        need: usize,
        /// Witnesses and further groups.
        members: Vec<Quorum>,
    },
}

impl Policy {
    /// The logs whose checkpoints count, one at least.
    #[must_use]
    pub fn logs(&self) -> &[TrustedLog] {
        &self.logs
    }

    /// All witnesses that are named.
    #[must_use]
    pub fn witnesses(&self) -> &[TrustedWitness] {
        &self.witnesses
    }

    /// The rule in words, such as `2 of (a, b, 1 of (c, d))`.
    #[must_use]
    pub fn quorum_text(&self) -> String {
        self.text_of(&self.quorum)
    }

    fn text_of(&self, quorum: &Quorum) -> String {
        match quorum {
            Quorum::None => "none".to_owned(),
            Quorum::Witness(at) => self.witnesses[*at].name.clone(),
            Quorum::Group { need, members, .. } => {
                let members: Vec<String> = members.iter().map(|m| self.text_of(m)).collect();
                format!("{need} of ({})", members.join(", "))
            }
        }
    }
}

impl Quorum {
    /// Whether the rule is satisfied by these witnesses: one flag for each in the policy's list.
    pub(crate) fn is_met(&self, cosigned: &[bool]) -> bool {
        match self {
            Quorum::None => true,
            Quorum::Witness(at) => cosigned[*at],
            Quorum::Group { need, members, .. } => {
                let met = members.iter().filter(|member| member.is_met(cosigned));
                met.count() >= *need
            }
        }
    }
}
