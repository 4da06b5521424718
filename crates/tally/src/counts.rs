//! Votes per choice of one region, or of a whole ballot: what is added up, published and written.

use std::collections::BTreeMap;

use election::Choice;

/// Votes per choice. Choices without a vote have no entry.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    by_choice: BTreeMap<Choice, u64>,
}

/// Whether a choice already had votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Added {
    /// These are its first: whoever adds them checks that the ballot offers it.
    First,
    More,
}

impl Counts {
    pub(crate) fn add(&mut self, choice: &Choice, votes: u64) -> Added {
        if let Some(sum) = self.by_choice.get_mut(choice) {
            *sum += votes;
            return Added::More;
        }
        self.by_choice.insert(choice.clone(), votes);
        Added::First
    }

    pub(crate) fn merge(&mut self, other: &Counts) {
        for (choice, votes) in &other.by_choice {
            self.add(choice, *votes);
        }
    }

    /// Votes for exactly this choice.
    pub(crate) fn of(&self, choice: &Choice) -> u64 {
        self.by_choice.get(choice).copied().unwrap_or(0)
    }

    pub(crate) fn total(&self) -> u64 {
        self.by_choice.values().sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_choice.is_empty()
    }

    /// Choices with their votes, ascending by choice.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Choice, u64)> {
        self.by_choice
            .iter()
            .map(|(choice, votes)| (choice, *votes))
    }

    /// Rankings with their votes, ascending.
    pub(crate) fn rankings(&self) -> impl Iterator<Item = (&[u32], u64)> {
        self.iter().filter_map(|(choice, votes)| match choice {
            Choice::Ranking(ranking) => Some((ranking.as_slice(), votes)),
            _ => None,
        })
    }

    /// Votes per candidate: of a single choice, or first preferences of rankings.
    pub(crate) fn first_preferences(&self) -> BTreeMap<u32, u64> {
        let mut sums = BTreeMap::new();
        for (choice, votes) in self.iter() {
            let first = match choice {
                Choice::Candidate(number) => Some(*number),
                Choice::Ranking(ranking) => ranking.first().copied(),
                Choice::Oui | Choice::Non | Choice::Blanc => None,
            };
            if let Some(number) = first {
                *sums.entry(number).or_default() += votes;
            }
        }
        sums
    }
}

/// Text of a choice in exports and in a load generator's truth file: `oui`, `non`, `blanc`,
/// `candidate:7`, `ranking:3>1>2`.
pub(crate) fn choice_text(choice: &Choice) -> String {
    match choice {
        Choice::Oui => "oui".to_owned(),
        Choice::Non => "non".to_owned(),
        Choice::Blanc => "blanc".to_owned(),
        Choice::Candidate(number) => format!("candidate:{number}"),
        Choice::Ranking(ranking) => {
            let ranks: Vec<String> = ranking.iter().map(u32::to_string).collect();
            format!("ranking:{}", ranks.join(">"))
        }
    }
}

/// Reads what [`choice_text`] writes; none where the text is no choice.
pub(crate) fn parse_choice(text: &str) -> Option<Choice> {
    match text {
        "oui" => Some(Choice::Oui),
        "non" => Some(Choice::Non),
        "blanc" => Some(Choice::Blanc),
        _ => {
            if let Some(number) = text.strip_prefix("candidate:") {
                return number.parse().ok().map(Choice::Candidate);
            }
            let ranks = text.strip_prefix("ranking:")?;
            let ranking: Result<Vec<u32>, _> = ranks.split('>').map(str::parse).collect();
            ranking.ok().map(Choice::Ranking)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_have_one_text() {
        let ranking = Choice::Ranking(vec![3, 1, 2]);
        for (choice, text) in [
            (Choice::Oui, "oui"),
            (Choice::Non, "non"),
            (Choice::Blanc, "blanc"),
            (Choice::Candidate(7), "candidate:7"),
            (ranking, "ranking:3>1>2"),
        ] {
            assert_eq!(choice_text(&choice), text);
            assert!(parse_choice(text) == Some(choice));
        }
        for text in [
            "",
            "yes",
            "candidate:",
            "candidate:x",
            "ranking:",
            "ranking:1>>2",
        ] {
            assert!(parse_choice(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_ranking_counts_for_its_first_preference() {
        let mut counts = Counts::default();
        counts.add(&Choice::Ranking(vec![3, 1]), 4);
        counts.add(&Choice::Ranking(vec![3, 2]), 1);
        counts.add(&Choice::Ranking(vec![2]), 2);
        assert_eq!(counts.first_preferences(), BTreeMap::from([(2, 2), (3, 5)]));
        assert_eq!(counts.total(), 7);
    }
}
