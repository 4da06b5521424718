//! The voter's flow over a ballot box in memory. The NAS's last digit says what happens:
//! 1 unknown, 2 already voted, 3 other region, 4 too many tries, 5 busy once and then accepted,
//! 6 closed meanwhile, 7 always busy; any other votes once.

use std::collections::HashMap;
use std::sync::Mutex;

use election::Ballot;
use pages::voter::{
    self, Activity, CheckFault, CosignedBy, CredentialFault, End, MarkedBallot, Marks, PolicyView,
    ProofShows, ProofView, ReceiptView, TriesLeft, WitnessView,
};
use pages::{Astray, Form, Page, PageContext, Program, astray};

use crate::http::{self, Answer, Request};
use crate::log;

/// Submissions per ballot and NAS, and those that a busy server turned away. Synthetic numbers only.
#[derive(Default)]
pub(crate) struct BallotBox {
    submissions: Mutex<HashMap<(String, String), u32>>,
    turned_away: Mutex<HashMap<(String, String), u32>>,
    /// The form under whose key a vote was recorded.
    keys: Mutex<HashMap<(String, String), String>>,
}

const RECEIPT: &str = "0-1234-0123456789abcdefghjkmnpqrs";
/// Of the first, the two last and others among the 1,300 frames of the log: their paths differ in form.
const OTHER_RECEIPTS: [&str; 4] = [
    "0-1-0123456789abcdefghjkmnpqrs",
    "0-1024-0123456789abcdefghjkmnpqrs",
    "0-1299-0123456789abcdefghjkmnpqrs",
    "0-1300-0123456789abcdefghjkmnpqrs",
];
const RECORDED_MS: i64 = 1_763_771_400_000;

impl BallotBox {
    pub(crate) fn answer(
        &self,
        context: &PageContext<'_>,
        request: &Request,
        query: &Form,
    ) -> Answer {
        let parts: Vec<&str> = request.path().split('/').skip(1).collect();
        let ballot = |id: &str| context.event.ballot(id);
        let found = match (request.method.as_str(), parts.as_slice()) {
            ("GET", [""]) => Some(voter::home(context)),
            ("GET", ["receipts"]) => Some(voter::check(context, None)),
            ("POST", ["receipts"]) if request.form().get(voter::SAVE_FIELD).is_some() => {
                return saved(request.form().get("id"));
            }
            ("POST", ["receipts"]) => Some(check(context, request.form().get("id"))),
            ("GET", ["ballots", id] | ["ballots", id, "review" | "cast"]) => {
                let marks = Marks::of_address(query);
                ballot(id).map(|ballot| voter::mark(context, ballot, &marks, None))
            }
            ("POST", ["ballots", id]) => ballot(id).map(|ballot| {
                let marks = Marks::of_form(ballot, &request.form());
                voter::mark(context, ballot, &marks, None)
            }),
            ("POST", ["ballots", id, "review"]) => {
                ballot(id).map(|ballot| review(context, ballot, &request.form()))
            }
            ("POST", ["ballots", id, "cast"]) => match ballot(id) {
                Some(ballot) => match self.cast(context, ballot, &request.form()) {
                    Ok(id) => {
                        let proof = proof(&id, false);
                        let cast = (Some(ballot), context.now_ms);
                        Some(receipt(context, &id, cast, &proof))
                    }
                    Err(page) => Some(*page),
                },
                None => None,
            },
            _ => None,
        };
        http::page(
            found.unwrap_or_else(|| astray(context, Program::Validator, Astray::NoSuchPage)),
            pages::NO_STORE,
        )
    }

    fn cast(
        &self,
        context: &PageContext<'_>,
        ballot: &Ballot,
        form: &Form,
    ) -> Result<String, Box<Page>> {
        let Ok((region, choice)) = voter::marked(ballot, form) else {
            let casting = Activity::Casting {
                ballot,
                marked: None,
            };
            return Err(voter::ended(context, casting, &End::Broken).into());
        };
        let casting = Activity::Casting {
            ballot,
            marked: Some((region, &choice)),
        };
        let end = |end: End| Err(voter::ended(context, casting, &end).into());
        let digits: String = form
            .get("nas")
            .unwrap_or_default()
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        let faults = faults(&digits, form.get("code").unwrap_or_default());
        if !faults.is_empty() {
            let key = form.get(voter::KEY_FIELD).unwrap_or_default();
            let marked = MarkedBallot {
                ballot,
                region,
                choice: &choice,
                key,
            };
            let tries_left = TriesLeft {
                count: 3,
                pause_s: 600,
            };
            return Err(voter::review(context, &marked, &faults, Some(tries_left)).into());
        }
        let key = (ballot.id.clone(), digits.clone());
        let count = |map: &Mutex<HashMap<_, u32>>| {
            let mut map = map.lock().expect("no thread panics while it counts");
            let count = map.entry(key.clone()).or_insert(0);
            *count += 1;
            *count
        };
        match digits.as_bytes().last() {
            Some(b'3') if region != 0 => {
                let own = if region == 1 { 2 } else { 1 };
                return Err(voter::own_ballot(context, ballot, own).into());
            }
            Some(b'4') => return end(End::TooManyTries { retry_after_s: 600 }),
            Some(b'5') if count(&self.turned_away) == 1 => {
                return end(End::Busy { retry_after_s: 1 });
            }
            Some(b'6') => {
                return end(End::Closed {
                    closed_ms: context.now_ms - 60_000,
                });
            }
            Some(b'7') => return end(End::Busy { retry_after_s: 2 }),
            _ => {}
        }
        let sent = form.get(voter::KEY_FIELD).unwrap_or_default().to_owned();
        let mut keys = self.keys.lock().expect("no thread panics while it looks");
        if keys.get(&key) == Some(&sent) {
            return Ok(RECEIPT.to_owned());
        }
        let earlier = u32::from(digits.ends_with('2'));
        match count(&self.submissions) + earlier {
            1 => {
                keys.insert(key, sent);
                Ok(RECEIPT.to_owned())
            }
            attempt_count => end(End::Duplicate { attempt_count }),
        }
    }
}

fn faults(digits: &str, code: &str) -> Vec<CredentialFault> {
    let mut faults = Vec::new();
    match digits.len() {
        0 => faults.push(CredentialFault::NasMissing),
        9 => {}
        _ => faults.push(CredentialFault::NasMalformed),
    }
    match code.len() {
        0 => faults.push(CredentialFault::CodeMissing),
        6..=40 => {}
        _ => faults.push(CredentialFault::CodeMalformed),
    }
    match digits.as_bytes().last() {
        _ if !faults.is_empty() => {}
        Some(b'1') => faults.push(CredentialFault::NotRecognised),
        _ => {}
    }
    faults
}

fn review(context: &PageContext<'_>, ballot: &Ballot, form: &Form) -> Page {
    if let Some(page) = voter::unless_open(context, ballot) {
        return page;
    }
    match voter::marked(ballot, form) {
        Ok((region, choice)) => {
            let now = std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .expect("a clock after 1970");
            let marked = MarkedBallot {
                ballot,
                region,
                choice: &choice,
                key: &format!("{:032x}", now.as_nanos()),
            };
            voter::review(context, &marked, &[], None)
        }
        Err(fault) => {
            let marks = Marks::of_form(ballot, form);
            voter::mark(context, ballot, &marks, Some(&fault))
        }
    }
}

fn check(context: &PageContext<'_>, id: Option<&str>) -> Page {
    match id {
        None => voter::check(context, None),
        Some("") => voter::check(context, Some(("", CheckFault::Missing))),
        Some(id) if id == RECEIPT || OTHER_RECEIPTS.contains(&id) => {
            receipt(context, id, (None, RECORDED_MS), &proof(id, true))
        }
        Some(id) if id.split('-').count() == 3 => {
            voter::check(context, Some((id, CheckFault::Unknown)))
        }
        Some(id) => voter::check(context, Some((id, CheckFault::Malformed))),
    }
}

fn receipt(
    context: &PageContext<'_>,
    id: &str,
    (ballot, time_ms): (Option<&Ballot>, i64),
    proof: &ProofView,
) -> Page {
    let view = ReceiptView {
        id,
        ballot,
        time_ms,
        proof: Some(proof),
    };
    voter::receipt(context, &view)
}

/// A promise right after the vote, the proof for whoever asks later.
fn proof(id: &str, is_proof: bool) -> ProofView {
    let made = log::Made::of(id);
    let cosigned = |(name, time_s): (&str, i64)| CosignedBy {
        name: name.to_owned(),
        time_ms: time_s * 1_000,
    };
    let time_ms = RECORDED_MS;
    ProofView {
        shows: match is_proof {
            true => ProofShows::Proof {
                cosigned: log::COSIGNED.map(cosigned).to_vec(),
            },
            false => ProofShows::Promise { time_ms },
        },
        policy: PolicyView {
            log: made.log,
            witnesses: made
                .witnesses
                .into_iter()
                .map(|(name, key)| WitnessView { name, key })
                .collect(),
            required: log::REQUIRED,
        },
        text: if is_proof { made.proof } else { made.promise },
    }
}

/// The proof as a file, for the one receipt that there is.
fn saved(id: Option<&str>) -> Answer {
    let proof = proof(RECEIPT, id == Some(RECEIPT));
    let name = proof.file_name();
    let mut answer = Answer::text("text/plain; charset=utf-8", proof.text);
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = &mut answer.headers;
    headers.push(("content-disposition".to_owned(), disposition));
    headers.push(("cache-control".to_owned(), pages::NO_STORE.to_owned()));
    answer
}
