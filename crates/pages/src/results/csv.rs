//! Results as CSV (RFC 4180): one header line, one line per region and choice, integers only. Each line
//! says how final its numbers are, in the words of the JSON documents: lines are copied alone. A number that
//! is not known yet is empty, never 0.

use election::{Ballot, CandidateStatus, Election};

use super::night::Night;
use super::view::{AnswerCounts, ElectionView, LawView, Progress, RegionAnswers};

/// A law's answers by region, or one line per answer without a region where only the total may be
/// seen; only the header while counts are hidden.
#[must_use]
pub fn law_csv(night: &Night<'_>, ballot: &Ballot, view: &LawView) -> String {
    let mut csv = line(&[
        "ballot",
        "region",
        "region_name",
        "choice",
        "votes",
        "recount",
        "status",
        "position",
        "as_of",
        "releases",
    ]);
    let as_of = as_of(night, &view.progress);
    let releases = view.progress.releases.to_string();
    let recount = view.seen.counts().map(|counts| counts.recount);
    let recount = once_complete(&view.progress, recount.unwrap_or_default());
    let mut add = |region: &str, name: &str, answers: AnswerCounts| {
        let cast = answers.valid().saturating_add(answers.blanc);
        let votes = [answers.oui, answers.non, answers.blanc];
        let votes = votes.map(|votes| figure(&view.progress, votes, cast));
        for (choice, votes) in ["oui", "non", "blanc"].iter().zip(votes) {
            csv.push_str(&line(&[
                &ballot.id,
                region,
                name,
                choice,
                &votes,
                recount,
                view.progress.status(),
                &view.progress.position,
                &as_of,
                &releases,
            ]));
        }
    };
    match view
        .seen
        .counts()
        .map(|counts| (&counts.regions, counts.total))
    {
        Some((Some(regions), _)) => {
            for RegionAnswers { region, answers } in regions {
                add(&region.to_string(), &region_name(night, *region), *answers);
            }
        }
        Some((None, total)) => add("", "", total),
        None => {}
    }
    csv
}

/// An election's candidates by region; only the header while counts are hidden.
#[must_use]
pub fn election_csv(
    night: &Night<'_>,
    ballot: &Ballot,
    election: &Election,
    view: &ElectionView,
) -> String {
    let mut csv = line(&[
        "ballot",
        "region",
        "region_name",
        "candidate",
        "name",
        "party",
        "votes",
        "leading",
        "elected",
        "tied",
        "recount",
        "status",
        "position",
        "as_of",
        "withdrawn",
        "releases",
    ]);
    let as_of = as_of(night, &view.progress);
    let releases = view.progress.releases.to_string();
    let is_complete = view.progress.is_complete();
    for region in &view.regions {
        let place = region_name(night, region.region);
        let cast = region.candidates.iter().map(|c| c.votes);
        let cast = cast.fold(0, u64::saturating_add);
        for votes in &region.candidates {
            let Some(candidate) = election.candidate(votes.number) else {
                continue;
            };
            csv.push_str(&line(&[
                &ballot.id,
                &region.region.to_string(),
                &place,
                &votes.number.to_string(),
                &format!("{} {}", candidate.first_name, candidate.last_name),
                candidate.party.as_deref().unwrap_or_default(),
                &figure(&view.progress, votes.votes, cast),
                truth(votes.wins && !is_complete),
                truth(votes.wins && is_complete),
                truth(region.tied.contains(&votes.number)),
                once_complete(&view.progress, region.recount),
                view.progress.status(),
                &view.progress.position,
                &as_of,
                truth(candidate.status == CandidateStatus::Withdrawn),
                &releases,
            ]));
        }
    }
    csv
}

fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// Votes of a choice; empty where no vote of those `cast` is in the counts yet.
fn figure(progress: &Progress, votes: u64, cast: u64) -> String {
    match cast == 0 && !progress.is_complete() {
        true => String::new(),
        false => votes.to_string(),
    }
}

/// What only a whole count can say; empty before.
fn once_complete(progress: &Progress, value: bool) -> &'static str {
    match progress.is_complete() {
        true => truth(value),
        false => "",
    }
}

/// Commit time of the last frame that is counted; empty before the first vote.
fn as_of(night: &Night<'_>, progress: &Progress) -> String {
    let time = progress.time_ms.map(|ms| night.moment(ms).machine);
    time.unwrap_or_default()
}

fn region_name(night: &Night<'_>, number: u16) -> String {
    let place = night.context.event.region(number);
    place.map_or_else(String::new, |place| {
        place.name.in_language(night.lang()).to_owned()
    })
}

fn line(fields: &[&str]) -> String {
    let fields: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
    fields.join(",") + "\r\n"
}

/// Quoted where RFC 4180 asks for it. A text that a spreadsheet would run as a formula gets an
/// apostrophe before it: names come from a definition, not from us.
fn quoted(field: &str) -> String {
    let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let field = if formula {
        format!("'{field}")
    } else {
        field.to_owned()
    };
    if field.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_and_never_formulas() {
        assert_eq!(line(&["a", "b,c", "d\"e"]), "a,\"b,c\",\"d\"\"e\"\r\n");
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert_eq!(quoted("Québec"), "Québec");
    }
}
