//! The rules of a vote's fields as callers are told them: a code for programs, words for people.

use super::words::Words;
use crate::vote::Rule;

/// Stable code for programs.
pub(super) fn code(rule: Rule) -> &'static str {
    match rule {
        Rule::Missing => "missing",
        Rule::Unknown => "unknown-field",
        Rule::Repeated => "repeated-field",
        Rule::Text => "not-a-string",
        Rule::Integer => "not-an-integer",
        Rule::Integers => "not-a-list-of-integers",
        Rule::Nas => "nas-format",
        Rule::Code => "code-format",
        Rule::BallotId => "id-format",
        Rule::LawVote => "vote-value",
        Rule::NoBlank => "no-blank-vote",
        Rule::VotingMethod => "voting-method-value",
        Rule::OtherMethod => "other-voting-method",
        Rule::NotRanked => "not-a-ranked-vote",
        Rule::FirstChoice => "not-the-first-choice",
        Rule::RankTwice => "candidate-ranked-twice",
        Rule::NoRank => "empty-ranking",
        Rule::TooManyRanks => "too-many-ranks",
    }
}

/// What to write instead.
pub(super) fn words(rule: Rule) -> Words {
    let (fr, en) = match rule {
        Rule::Missing => ("ce champ est obligatoire", "this field is required"),
        Rule::Unknown => (
            "champ inconnu : retirez-le ou corrigez son nom",
            "unknown field: remove it or correct its name",
        ),
        Rule::Repeated => (
            "ce champ figure deux fois : gardez-en un",
            "this field stands twice: keep one",
        ),
        Rule::Text => (
            "une chaîne de caractères est attendue",
            "a string is expected",
        ),
        Rule::Integer => (
            "un entier à partir de 1 est attendu",
            "an integer from 1 is expected",
        ),
        Rule::Integers => (
            "une liste de numéros de candidats est attendue",
            "a list of candidate numbers is expected",
        ),
        Rule::Nas => (
            "9 chiffres sont attendus, espaces et traits d'union permis",
            "9 digits are expected, spaces and hyphens are allowed",
        ),
        Rule::Code => (
            "6 à 32 lettres et chiffres sont attendus, espaces et traits d'union permis",
            "6 to 32 letters and digits are expected, spaces and hyphens are allowed",
        ),
        Rule::BallotId => (
            "1 à 32 caractères parmi A-Z a-z 0-9 . _ - sont attendus",
            "1 to 32 of the characters A-Z a-z 0-9 . _ - are expected",
        ),
        Rule::LawVote => (
            "oui, non ou blanc est attendu",
            "oui, non or blanc is expected",
        ),
        Rule::NoBlank => (
            "cette loi n'admet pas de vote blanc : répondez oui ou non",
            "this law takes no blank vote: answer oui or non",
        ),
        Rule::VotingMethod => (
            "single_choice ou ranked_choice est attendu",
            "single_choice or ranked_choice is expected",
        ),
        Rule::OtherMethod => (
            "cette élection a un autre mode de scrutin",
            "this election has another voting method",
        ),
        Rule::NotRanked => (
            "un vote à choix unique n'a pas de classement",
            "a single-choice vote has no ranking",
        ),
        Rule::FirstChoice => (
            "ce n'est pas le premier choix du classement : retirez-le ou corrigez-le",
            "this is not the first choice of the ranking: remove or correct it",
        ),
        Rule::RankTwice => (
            "un candidat figure deux fois au classement",
            "a candidate is ranked twice",
        ),
        Rule::NoRank => (
            "classez au moins un candidat",
            "rank at least one candidate",
        ),
        Rule::TooManyRanks => (
            "le classement a plus de rangs que ce bulletin n'en admet",
            "the ranking has more ranks than this ballot takes",
        ),
    };
    Words { fr, en }
}
