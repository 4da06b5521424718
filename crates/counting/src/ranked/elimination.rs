//! Who leaves a round: write-ins first, then a batch, then the last one.

use super::count::{Count, TieUndecided};
use super::rules::Method;
use super::tie::Side;

impl Count<'_> {
    /// Candidates to eliminate now, in list order; empty where nobody has to leave.
    pub(super) fn losers(&mut self) -> Result<Vec<usize>, TieUndecided> {
        let standing = self.standing();
        if !self.goes_on_eliminating(&standing) {
            return Ok(Vec::new());
        }
        if let Some(write_in) = self.write_in_with_votes() {
            return Ok(vec![write_in]);
        }
        if let Some(batch) = self.batch(&standing) {
            return Ok(batch);
        }
        let leavable = standing.iter().copied().filter(|c| !self.is_elected(*c));
        let fewest = leavable.clone().map(|c| self.piles.votes(c)).min();
        let last: Vec<usize> = leavable
            .filter(|c| Some(self.piles.votes(*c)) == fewest)
            .collect();
        Ok(vec![self.one_of(&last, Side::Loser)?])
    }

    fn goes_on_eliminating(&self, standing: &[usize]) -> bool {
        let wanted = if self.rules.down_to_percentage() {
            self.winners.is_empty()
        } else {
            self.seats_left() > 0
        };
        let final_pair =
            self.rules.method == Method::Irv && self.rules.continue_until_two && standing.len() > 2;
        (wanted || final_pair) && standing.iter().any(|c| !self.is_elected(*c))
    }

    /// The largest group of the last whose votes together are fewer than the next one's, where it
    /// has two members or more. Enough stay for the seats, and two for a final pair.
    fn batch(&self, standing: &[usize]) -> Option<Vec<usize>> {
        if !self.rules.batch_elimination {
            return None;
        }
        let keep = if self.rules.continue_until_two {
            2
        } else {
            self.seats_left().max(1)
        };
        let mut order = standing.to_vec();
        order.sort_by_key(|c| self.piles.votes(*c));
        let (mut together, mut largest) = (0, 0);
        for (at, candidate) in order.iter().enumerate() {
            let votes = self.piles.votes(*candidate);
            if together < votes && order.len() - at >= keep {
                largest = at;
            }
            if self.is_elected(*candidate) {
                break;
            }
            together += votes;
        }
        if largest < 2 {
            return None;
        }
        order.truncate(largest);
        order.sort_unstable();
        Some(order)
    }
}
