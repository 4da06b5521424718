//! Ties as they are recorded, and the lots that decide them.

/// Whether a tie is about who wins or about who loses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one picked is elected.
    Winner,
    /// The one picked is eliminated.
    Loser,
}

/// A lot drawn by hand, for one tie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    /// Round in which the tie arises, from 1.
    pub round: u32,
    /// The tied candidates, by position, in any order.
    pub tied: Vec<u16>,
    /// The candidate on whom the lot fell.
    pub picked: u16,
    /// What the one drawn becomes.
    pub side: Side,
}

/// A tie that arose, and its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tie {
    /// Round in which the tie arose, from 1.
    pub round: u32,
    /// The tied candidates, by position, in the order of the list.
    pub tied: Vec<u16>,
    /// The candidate whom the lot or the rule picked.
    pub picked: u16,
    /// What the one picked becomes.
    pub side: Side,
    /// Which lot or rule picked.
    pub method: TieMethod,
}

/// What decided a tie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TieMethod {
    /// A lot given to the count.
    Lot,
    /// The order of the list.
    CandidateOrder,
    /// A draw from the published seed.
    Seed(i64),
    /// The order of names shuffled from the published seed.
    ShuffledOrder(i64),
    /// The votes of that earlier round.
    PreviousRound(u32),
}

/// A tie that only a lot can decide, and for which none was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "round {round}: {} are tied to be {}, and the rules leave it to a lot: draw one and give it in `lots`",
    tied.join(", "), match side { Side::Winner => "elected", Side::Loser => "eliminated" }
)]
pub struct TieUndecided {
    /// Round in which the tie arose, from 1.
    pub round: u32,
    /// Ids of the tied candidates, in the order of the list.
    pub tied: Vec<String>,
    /// Whether the lot decides who is elected or who is eliminated.
    pub side: Side,
}
