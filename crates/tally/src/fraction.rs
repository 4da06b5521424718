//! An exact share of a whole. It becomes a percentage only where it is written.

/// A number of votes or voters out of a larger or equal number of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fraction {
    pub(crate) part: u64,
    pub(crate) whole: u64,
}

impl Fraction {
    /// The fraction `part` / `whole`.
    ///
    /// # Panics
    /// Where `part` is larger: then one of the two was not counted within the other, and no
    /// percentage of them means anything.
    pub(crate) fn of(part: u64, whole: u64) -> Fraction {
        assert!(part <= whole, "{part} of {whole}: a part exceeds its whole");
        Fraction { part, whole }
    }

    /// Hundredths of a per cent, from 0 to 10,000, rounded half up; none where the whole is 0.
    pub(crate) fn hundredths(self) -> Option<u16> {
        let (part, whole) = (u128::from(self.part), u128::from(self.whole));
        let hundredths = (part * 20_000 + whole).checked_div(whole * 2)?;
        Some(u16::try_from(hundredths).expect("a part is at most its whole, so at most 10,000"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_rounded_half_up_from_integers() {
        for (part, whole, expected) in [
            (0, 0, None),
            (0, 3, Some(0)),
            (1, 3, Some(3_333)),
            (2, 3, Some(6_667)),
            (1, 20_000, Some(1)),
            (3, 3, Some(10_000)),
            (u64::MAX, u64::MAX, Some(10_000)),
        ] {
            let hundredths = Fraction::of(part, whole).hundredths();
            assert_eq!(hundredths, expected, "{part} of {whole}");
        }
    }

    #[test]
    #[should_panic(expected = "a part exceeds its whole")]
    fn a_part_never_exceeds_its_whole() {
        Fraction::of(4, 3);
    }
}
