//! What is wrong with one field, in words for the voter and in a code for programs.

use crate::http::language::Words;
use std::borrow::Cow;

/// A field at fault. Never carries its value.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) field: Cow<'static, str>,
    pub(crate) rule: Rule,
}

/// The rule that a field breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    Missing,
    Unknown,
    Repeated,
    Text,
    Integer,
    Integers,
    Nas,
    Code,
    BallotId,
    LawVote,
    NoBlank,
    VotingMethod,
    OtherMethod,
    NotRanked,
    FirstChoice,
    RankTwice,
    NoRank,
    TooManyRanks,
}

impl Rule {
    /// How many there are.
    const NUMBER: usize = Rule::TooManyRanks as usize + 1;

    /// Stable code for programs.
    pub(crate) fn code(self) -> &'static str {
        TEXTS[self as usize].1
    }

    /// What to write instead.
    pub(crate) fn words(self) -> Words {
        TEXTS[self as usize].2
    }
}

/// Code and words of each rule, in the order of the enumeration: a test holds them together.
const TEXTS: [(Rule, &str, Words); Rule::NUMBER] = [
    text(
        Rule::Missing,
        "missing",
        "ce champ est obligatoire",
        "this field is required",
    ),
    text(
        Rule::Unknown,
        "unknown-field",
        "champ inconnu : retirez-le ou corrigez son nom",
        "unknown field: remove it or correct its name",
    ),
    text(
        Rule::Repeated,
        "repeated-field",
        "ce champ figure deux fois : gardez-en un",
        "this field stands twice: keep one",
    ),
    text(
        Rule::Text,
        "not-a-string",
        "une chaîne de caractères est attendue",
        "a string is expected",
    ),
    text(
        Rule::Integer,
        "not-an-integer",
        "un entier à partir de 1 est attendu",
        "an integer from 1 is expected",
    ),
    text(
        Rule::Integers,
        "not-a-list-of-integers",
        "une liste de numéros de candidats est attendue",
        "a list of candidate numbers is expected",
    ),
    text(
        Rule::Nas,
        "nas-format",
        "9 chiffres sont attendus, espaces et traits d'union permis",
        "9 digits are expected, spaces and hyphens are allowed",
    ),
    text(
        Rule::Code,
        "code-format",
        "6 à 32 lettres et chiffres sont attendus, espaces et traits d'union permis",
        "6 to 32 letters and digits are expected, spaces and hyphens are allowed",
    ),
    text(
        Rule::BallotId,
        "id-format",
        "1 à 32 caractères parmi A-Z a-z 0-9 . _ - sont attendus",
        "1 to 32 of the characters A-Z a-z 0-9 . _ - are expected",
    ),
    text(
        Rule::LawVote,
        "vote-value",
        "oui, non ou blanc est attendu",
        "oui, non or blanc is expected",
    ),
    text(
        Rule::NoBlank,
        "no-blank-vote",
        "cette loi n'admet pas de vote blanc : répondez oui ou non",
        "this law takes no blank vote: answer oui or non",
    ),
    text(
        Rule::VotingMethod,
        "voting-method-value",
        "single_choice ou ranked_choice est attendu",
        "single_choice or ranked_choice is expected",
    ),
    text(
        Rule::OtherMethod,
        "other-voting-method",
        "cette élection a un autre mode de scrutin",
        "this election has another voting method",
    ),
    text(
        Rule::NotRanked,
        "not-a-ranked-vote",
        "un vote à choix unique n'a pas de classement",
        "a single-choice vote has no ranking",
    ),
    text(
        Rule::FirstChoice,
        "not-the-first-choice",
        "ce n'est pas le premier choix du classement : retirez-le ou corrigez-le",
        "this is not the first choice of the ranking: remove or correct it",
    ),
    text(
        Rule::RankTwice,
        "candidate-ranked-twice",
        "un candidat figure deux fois au classement",
        "a candidate is ranked twice",
    ),
    text(
        Rule::NoRank,
        "empty-ranking",
        "classez au moins un candidat",
        "rank at least one candidate",
    ),
    text(
        Rule::TooManyRanks,
        "too-many-ranks",
        "le classement a plus de rangs que ce bulletin n'en admet",
        "the ranking has more ranks than this ballot takes",
    ),
];

const fn text(
    rule: Rule,
    code: &'static str,
    fr: &'static str,
    en: &'static str,
) -> (Rule, &'static str, Words) {
    (rule, code, Words { fr, en })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stand_in_the_order_of_the_rules() {
        for (at, (rule, code, _)) in TEXTS.iter().enumerate() {
            assert_eq!(*rule as usize, at, "{code}");
        }
    }
}
