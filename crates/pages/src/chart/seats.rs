//! The seats of an election as one bar: a segment a party, and the line that a majority must pass.

/// A segment narrower than this many thousandths has no room for the party's code.
const CODE_FROM_THOUSANDTHS: u64 = 70;

/// A party's part of the bar, as SVG attributes.
pub(crate) struct Segment {
    pub(crate) x: String,
    pub(crate) width: String,
    /// Where the middle of the code stands; none where it has no room.
    pub(crate) code_x: Option<String>,
}

/// One segment for each number of seats, in that order, out of `all` seats.
pub(crate) fn segments(seats: &[u64], all: u64) -> Vec<Segment> {
    let mut before = 0;
    let mut segments = Vec::new();
    for seats in seats {
        let (start, end) = (thousandths(before, all), thousandths(before + seats, all));
        segments.push(Segment {
            x: percent(start),
            width: percent(end - start),
            code_x: (end - start >= CODE_FROM_THOUSANDTHS).then(|| percent((start + end) / 2)),
        });
        before += seats;
    }
    segments
}

/// Where the line of the majority stands: whoever has `needed` of `all` seats is past it.
pub(crate) fn majority_line(needed: u64, all: u64) -> String {
    percent(thousandths(needed * 2 - 1, all * 2))
}

fn thousandths(part: u64, whole: u64) -> u64 {
    match whole {
        0 => 0,
        _ => part.min(whole).saturating_mul(1_000) / whole,
    }
}

fn percent(thousandths: u64) -> String {
    format!("{}.{}%", thousandths / 10, thousandths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_follow_each_other_and_a_majority_passes_the_line() {
        let drawn = segments(&[63, 5, 40], 125);
        let places: Vec<(&str, &str)> = drawn
            .iter()
            .map(|segment| (segment.x.as_str(), segment.width.as_str()))
            .collect();
        assert_eq!(
            places,
            [("0.0%", "50.4%"), ("50.4%", "4.0%"), ("54.4%", "32.0%")]
        );
        let codes: Vec<bool> = drawn.iter().map(|s| s.code_x.is_some()).collect();
        assert_eq!(codes, [true, false, true]);
        assert_eq!(majority_line(63, 125), "50.0%");
        assert_eq!(majority_line(4, 6), "58.3%");
        assert_eq!(segments(&[0], 0)[0].width, "0.0%");
    }
}
