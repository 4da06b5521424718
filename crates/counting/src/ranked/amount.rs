//! Votes with a fixed number of decimals: integers all the way, printed without trailing zeros.

use std::fmt;

/// An amount of votes, in units of 10^-decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount {
    /// The amount, counted in units of 10^-`decimals` votes.
    pub units: u128,
    /// Decimals of a unit, 0 to 12.
    pub decimals: u8,
}

impl Amount {
    /// Units of one vote at that many decimals.
    pub(crate) fn scale(decimals: u8) -> u128 {
        10u128.pow(u32::from(decimals))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = Amount::scale(self.decimals);
        let (whole, rest) = (self.units / scale, self.units % scale);
        if rest == 0 {
            return f.pad(&whole.to_string());
        }
        let digits = format!("{rest:0width$}", width = usize::from(self.decimals));
        f.pad(&format!("{whole}.{}", digits.trim_end_matches('0')))
    }
}

#[cfg(test)]
mod tests {
    use super::Amount;

    #[test]
    fn amounts_print_as_people_write_them() {
        let show = |units, decimals| Amount { units, decimals }.to_string();
        assert_eq!(show(72_501, 4), "7.2501");
        assert_eq!(show(70_000, 4), "7");
        assert_eq!(show(70_010, 4), "7.001");
        assert_eq!(show(5, 4), "0.0005");
        assert_eq!(show(5, 0), "5");
        assert_eq!(show(0, 12), "0");
    }
}
