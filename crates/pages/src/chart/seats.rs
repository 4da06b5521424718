//! The seats of an election as one bar: a segment a party, and the line that a majority must pass.

/// A segment narrower than this many thousandths has no room for the party's code.
const CODE_FROM_THOUSANDTHS: u64 = 70;
/// A code whose middle is nearer to the line of the majority would lie below it.
const CODE_FROM_LINE_THOUSANDTHS: u64 = 50;

/// A party's part of the bar, as SVG attributes.
pub(crate) struct Segment {
    pub(crate) x: String,
    pub(crate) width: String,
    /// Where the middle of the code stands; none where it has no room.
    pub(crate) code_x: Option<String>,
}

/// One segment for each number of seats, in that order, out of `all` seats, of which `needed` are a majority.
pub(crate) fn segments(seats: &[u64], all: u64, needed: u64) -> Vec<Segment> {
    let line = line_thousandths(needed, all);
    let mut before = 0;
    let mut segments = Vec::new();
    for seats in seats {
        let (start, end) = (thousandths(before, all), thousandths(before + seats, all));
        segments.push(Segment {
            x: percent(start),
            width: percent(end - start),
            code_x: (end - start >= CODE_FROM_THOUSANDTHS)
                .then(|| percent(code_middle((start, end), line))),
        });
        before += seats;
    }
    segments
}

/// The middle of a segment, or of its wider side where the line of the majority runs through the middle.
fn code_middle((start, end): (u64, u64), line: u64) -> u64 {
    let middle = (start + end) / 2;
    if middle.abs_diff(line) >= CODE_FROM_LINE_THOUSANDTHS {
        return middle;
    }
    if line.saturating_sub(start) >= end.saturating_sub(line) {
        (start + line) / 2
    } else {
        (line + end) / 2
    }
}

/// Where the line of the majority stands: whoever has `needed` of `all` seats is past it.
pub(crate) fn majority_line(needed: u64, all: u64) -> String {
    percent(line_thousandths(needed, all))
}

fn line_thousandths(needed: u64, all: u64) -> u64 {
    thousandths((needed * 2).saturating_sub(1), all * 2)
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
        let drawn = segments(&[63, 5, 40], 125, 63);
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
        assert_eq!(segments(&[0], 0, 1)[0].width, "0.0%");
        // The line runs through the middle of the second party: its code stands on the wider side.
        let codes = segments(&[51, 28, 46], 125, 63).into_iter();
        let codes: Vec<Option<String>> = codes.map(|segment| segment.code_x).collect();
        assert_eq!(codes[1].as_deref(), Some("56.6%"));
    }
}
