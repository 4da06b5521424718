//! The line that says which witnesses have seen the frames that are counted.

use super::view::CheckedBy;
use crate::messages::Messages;
use crate::wording::NO_BREAK_SPACE;

/// The witnesses as a page names them.
pub(super) struct CheckedLine {
    pub(super) said: String,
    /// How long ago, which no paper can say.
    pub(super) ago: Option<String>,
    pub(super) witnesses: Vec<WitnessLink>,
}

pub(super) struct WitnessLink {
    pub(super) name: String,
    /// None where the address is not one that browsers open safely.
    pub(super) url: Option<String>,
    pub(super) seen: bool,
}

impl CheckedLine {
    pub(super) fn of(t: &Messages, checked: &CheckedBy) -> CheckedLine {
        let witnesses = checked.witnesses.iter();
        let seen: Vec<u64> = witnesses.clone().filter_map(|w| w.seconds_ago).collect();
        let (count, all) = (seen.len(), checked.witnesses.len());
        let enough = u32::try_from(count).is_ok_and(|count| count >= checked.required);
        // So long ago at most have all of these seen it.
        let longest = seen.iter().max().filter(|_| enough);
        let said = match longest {
            Some(_) => t.fill(
                "checked-line",
                [("count", count.into()), ("all", all.into())],
            ),
            None => t.fill(
                "checked-few",
                [
                    ("count", count.into()),
                    ("all", all.into()),
                    ("required", checked.required.into()),
                ],
            ),
        };
        let opens = |url: &&str| ["https://", "http://"].iter().any(|p| url.starts_with(p));
        let link = |url: &str| Some(url).filter(opens).map(str::to_owned);
        CheckedLine {
            said,
            ago: longest.map(|seconds| t.fill("checked-ago", [("ago", ago(*seconds).into())])),
            witnesses: witnesses
                .map(|witness| WitnessLink {
                    name: witness.name.clone(),
                    url: link(&witness.url),
                    seen: witness.seconds_ago.is_some(),
                })
                .collect(),
        }
    }
}

/// A time in the one unit that says enough, whose sign is the same in both languages: `12 s`, `3 min`, `5 h`.
fn ago(seconds: u64) -> String {
    let (number, unit) = match seconds {
        0..120 => (seconds, "s"),
        120..7_200 => (seconds / 60, "min"),
        _ => (seconds / 3_600, "h"),
    };
    format!("{number}{NO_BREAK_SPACE}{unit}")
}

#[cfg(test)]
mod tests {
    use super::ago;

    #[test]
    fn a_time_is_said_in_one_unit() {
        for (seconds, said) in [
            (0, "0\u{a0}s"),
            (119, "119\u{a0}s"),
            (120, "2\u{a0}min"),
            (7_199, "119\u{a0}min"),
            (7_200, "2\u{a0}h"),
        ] {
            assert_eq!(ago(seconds), said);
        }
    }
}
