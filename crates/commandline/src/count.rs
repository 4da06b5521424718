//! Numbers of things, in English.

/// So many things: `1 vote`, `0 votes`, `2 votes`. `one` takes an s in the plural.
#[must_use]
pub fn count(number: u64, one: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {one}{ending}")
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn one_is_no_plural() {
        let counted = [0, 1, 2].map(|number| count(number, "vote"));
        assert_eq!(counted, ["0 votes", "1 vote", "2 votes"]);
    }
}
