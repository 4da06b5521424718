//! The rules of a vote's fields as callers are told them: a code for programs, words for people.

use super::language::Words;
use crate::vote::Rule;

/// How callers are told that a field breaks a rule.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RuleText {
    /// Stable code for programs.
    pub(crate) code: &'static str,
    /// What to write instead.
    pub(crate) words: Words,
}

/// Code and words of a rule.
pub(crate) fn text_of(rule: Rule) -> RuleText {
    match rule {
        Rule::Missing => text(
            "missing",
            "ce champ est obligatoire",
            "this field is required",
        ),
        Rule::Unknown => text(
            "unknown-field",
            "champ inconnu : retirez-le ou corrigez son nom",
            "unknown field: remove it or correct its name",
        ),
        Rule::Repeated => text(
            "repeated-field",
            "ce champ figure deux fois : gardez-en un",
            "this field stands twice: keep one",
        ),
        Rule::Text => text(
            "not-a-string",
            "une chaîne de caractères est attendue",
            "a string is expected",
        ),
        Rule::Integer => text(
            "not-an-integer",
            "un entier à partir de 1 est attendu",
            "an integer from 1 is expected",
        ),
        Rule::Integers => text(
            "not-a-list-of-integers",
            "une liste de numéros de candidats est attendue",
            "a list of candidate numbers is expected",
        ),
        Rule::Nas => text(
            "nas-format",
            "9 chiffres sont attendus, espaces et traits d'union permis",
            "9 digits are expected, spaces and hyphens are allowed",
        ),
        Rule::Code => text(
            "code-format",
            "6 à 32 lettres et chiffres sont attendus, espaces et traits d'union permis",
            "6 to 32 letters and digits are expected, spaces and hyphens are allowed",
        ),
        Rule::BallotId => text(
            "id-format",
            "1 à 32 caractères parmi A-Z a-z 0-9 . _ - sont attendus",
            "1 to 32 of the characters A-Z a-z 0-9 . _ - are expected",
        ),
        Rule::LawVote => text(
            "vote-value",
            "oui, non ou blanc est attendu",
            "oui, non or blanc is expected",
        ),
        Rule::NoBlank => text(
            "no-blank-vote",
            "cette loi n'admet pas de vote blanc : répondez oui ou non",
            "this law takes no blank vote: answer oui or non",
        ),
        Rule::VotingMethod => text(
            "voting-method-value",
            "single_choice ou ranked_choice est attendu",
            "single_choice or ranked_choice is expected",
        ),
        Rule::OtherMethod => text(
            "other-voting-method",
            "cette élection a un autre mode de scrutin",
            "this election has another voting method",
        ),
        Rule::NotRanked => text(
            "not-a-ranked-vote",
            "un vote à choix unique n'a pas de classement",
            "a single-choice vote has no ranking",
        ),
        Rule::FirstChoice => text(
            "not-the-first-choice",
            "ce n'est pas le premier choix du classement : retirez-le ou corrigez-le",
            "this is not the first choice of the ranking: remove or correct it",
        ),
        Rule::RankTwice => text(
            "candidate-ranked-twice",
            "un candidat figure deux fois au classement",
            "a candidate is ranked twice",
        ),
        Rule::NoRank => text(
            "empty-ranking",
            "classez au moins un candidat",
            "rank at least one candidate",
        ),
        Rule::TooManyRanks => text(
            "too-many-ranks",
            "le classement a plus de rangs que ce bulletin n'en admet",
            "the ranking has more ranks than this ballot takes",
        ),
    }
}

const fn text(code: &'static str, fr: &'static str, en: &'static str) -> RuleText {
    RuleText {
        code,
        words: Words { fr, en },
    }
}
