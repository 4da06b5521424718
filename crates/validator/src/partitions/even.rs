//! Who should own which partitions: evenly, and by what everybody can see alone, so that no two validators have to
//! agree on it. Whoever is wrong for a moment is stopped by the lease.

use std::collections::BTreeMap;

/// How many partitions each validator owns that may own any, itself among them.
pub(super) type Owned<'a> = BTreeMap<&'a str, usize>;

/// Whether `me` may take one more partition that nobody owns: those who own fewest may at once, and whoever has less
/// than a full share once it has waited for them (`is_left`).
pub(super) fn may_take(me: &str, owned: &Owned<'_>, partitions: usize, is_left: bool) -> bool {
    let share = partitions.div_ceil(owned.len().max(1));
    let fewest = owned.values().min();
    owned
        .get(me)
        .is_some_and(|mine| *mine < share && (is_left || Some(mine) == fewest))
}

/// Whether `me` should give one back, because it then still has no fewer than whoever owns fewest. Of several who own
/// most, the first by name gives; nobody does while some partition has no owner.
pub(super) fn should_give(me: &str, owned: &Owned<'_>, partitions: usize) -> bool {
    let counts = || owned.values().copied();
    let (Some(fewest), Some(most)) = (counts().min(), counts().max()) else {
        return false;
    };
    let giver = owned.iter().find(|(_, of)| **of == most);
    let is_giver = giver.is_some_and(|(name, _)| *name == me);
    is_giver && most >= fewest + 2 && counts().sum::<usize>() == partitions
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// From wherever it starts, ownership ends even, and then stays as it is.
        #[test]
        fn ownership_becomes_even(start in prop::collection::vec(0usize..9, 1..5), free in 0usize..9) {
            let names = ["a", "b", "c", "d"];
            let mut owned: Owned<'_> = names.into_iter().zip(start.iter().copied()).collect();
            let partitions = start.iter().sum::<usize>() + free;
            let (mut free, mut steps) = (free, 0);
            loop {
                let taker = owned.keys().find(|me| free > 0 && may_take(me, &owned, partitions, false)).copied();
                let giver = owned.keys().find(|me| should_give(me, &owned, partitions)).copied();
                match (taker, giver) {
                    (Some(me), _) => {
                        *owned.entry(me).or_default() += 1;
                        free -= 1;
                    }
                    (None, Some(me)) => {
                        *owned.entry(me).or_default() -= 1;
                        free += 1;
                    }
                    (None, None) => break,
                }
                steps += 1;
                prop_assert!(steps < 100, "it never ends");
            }
            prop_assert_eq!(free, 0);
            let (least, most) = (owned.values().min(), owned.values().max());
            prop_assert!(most.copied() <= least.map(|least| least + 1));
        }
    }

    #[test]
    fn whoever_may_own_nothing_takes_nothing() {
        let owned = Owned::from([("a", 1)]);
        assert!(!may_take("b", &owned, 4, true));
        assert!(!should_give("b", &owned, 4));
        assert!(may_take("a", &owned, 4, false));
    }

    #[test]
    fn whoever_owns_more_waits_for_whoever_owns_least() {
        let owned = Owned::from([("a", 2), ("b", 0)]);
        assert!(!may_take("a", &owned, 5, false));
        assert!(may_take("a", &owned, 5, true));
        assert!(may_take("b", &owned, 5, false));
    }
}
