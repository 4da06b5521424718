//! The receipt of a recorded vote, with the proof that it is in the log.
//!
//! The server says in words what the proof shows. Where scripts run, `proof.js` checks it in the browser and says
//! what it found in place of those words.

use askama::Template;
use election::Ballot;
use serde_json::json;

use crate::frame::{Frame, HiddenForm, Page, PageContext, Switch};
use crate::messages::Messages;
use crate::qr::Qr;
use crate::wording::{Moment, moment};

/// The field of the form on the receipt's page that asks for the proof as a file: posted to the page's own
/// address together with `id`, so that the id is in no address.
pub const SAVE_FIELD: &str = "save";

/// A recorded vote: the answer to a cast, and to a check.
#[derive(Clone, Copy, Debug)]
pub struct ReceiptView<'a> {
    /// The request id in its text form.
    pub id: &'a str,
    /// What was voted on, where it was voted just now: a ledger does not tell it of a receipt.
    pub ballot: Option<&'a Ballot>,
    /// Commit time of its frame, in milliseconds UTC since 1970.
    pub time_ms: i64,
    /// What the log says of the vote; none where the event has no log.
    pub proof: Option<&'a ProofView>,
}

/// A proof or a promise, and what it takes to check it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofView {
    /// The file: a `c2sp.org/tlog-proof@v1`, or a promise as docs/transparency.md defines it.
    pub text: String,
    /// What the file shows, as the server says it.
    pub shows: ProofShows,
    /// Whom the page's script believes.
    pub policy: PolicyView,
}

/// Whether the frame of the vote is in the log yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProofShows {
    /// The frame is in the log, and these witnesses of the policy have cosigned.
    Proof {
        /// Those who cosigned, as many as the policy requires at least.
        cosigned: Vec<CosignedBy>,
    },
    /// The log's operator has signed that it will be.
    Promise {
        /// The minute that the promise names, in milliseconds UTC since 1970.
        time_ms: i64,
    },
}

/// A witness that has cosigned, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosignedBy {
    /// Its name in the policy.
    pub name: String,
    /// When it cosigned, by its own clock, in milliseconds UTC since 1970.
    pub time_ms: i64,
}

/// The facts of a policy: one log, some witnesses, and how many of them must have cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyView {
    /// Public key of the log of this vote's partition, as C2SP's signed-note writes it.
    pub log: String,
    /// All witnesses of the policy, in its order.
    pub witnesses: Vec<WitnessView>,
    /// How many of them must have cosigned; 0 where none is asked for.
    pub required: u32,
}

/// A witness whose cosignature counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessView {
    /// Its name in the policy.
    pub name: String,
    /// Its public key, as C2SP's signed-note writes it.
    pub key: String,
}

impl ProofView {
    /// The name under which the file is saved.
    #[must_use]
    pub fn file_name(&self) -> &'static str {
        match self.shows {
            ProofShows::Proof { .. } => "receipt.tlog-proof",
            ProofShows::Promise { .. } => "receipt.promise",
        }
    }

    /// The proof, the policy and the event's zone for the page's script, safe inside a `script` element.
    fn data(&self, zone: &str) -> String {
        let witnesses = self.policy.witnesses.iter();
        let witnesses: Vec<_> = witnesses.map(|w| [w.name.as_str(), &w.key]).collect();
        let PolicyView { log, required, .. } = &self.policy;
        json!({"proof": self.text, "log": log, "witnesses": witnesses, "required": required, "zone": zone})
            .to_string()
            .replace('<', "\\u003c")
    }
}

#[derive(Template)]
#[template(path = "voter/receipt.html")]
struct ReceiptPage<'a> {
    frame: Frame<'a>,
    id: &'a str,
    /// The same in parts that people can compare.
    groups: Vec<&'a str>,
    /// Title of what was voted on.
    voted: Option<&'a str>,
    /// Where the receipt can be checked.
    address: Option<String>,
    time: Moment,
    qr: Qr,
    proof: Option<ProofPart>,
}

/// The part of the page that is about the proof.
struct ProofPart {
    said: String,
    seen: Vec<(String, Moment)>,
    promised: bool,
    save: &'static str,
    data: String,
}

/// The receipt of a recorded vote.
#[must_use]
pub fn receipt<'a>(context: &PageContext<'a>, view: &ReceiptView<'a>) -> Page {
    let t = Messages::of(context.lang);
    let title = t.get("receipt-title").into_owned();
    let mut frame = Frame::new(context, title, "/receipts");
    frame.switch = Switch::Post(HiddenForm {
        action: frame.link_of_other("/receipts"),
        fields: vec![("id".to_owned(), view.id.to_owned())],
    });
    frame.scripts = &["receipt.js"];
    frame.script_prefixes = &["script-"];
    let authority = context.event.authority.as_ref();
    let address = authority.map(|authority| format!("{}/receipts", authority.site));
    Page::new(
        context.lang,
        &ReceiptPage {
            frame,
            id: view.id,
            groups: groups(view.id),
            voted: view
                .ballot
                .map(|ballot| ballot.title.in_language(context.lang)),
            qr: Qr::of(&match &address {
                // Browsers send what follows "#" to nobody.
                Some(address) => format!("{address}#{}", view.id),
                None => view.id.to_owned(),
            }),
            address,
            time: moment(context.lang, &context.event.time_zone, view.time_ms),
            proof: view.proof.map(|proof| proof_part(context, proof)),
        },
    )
}

/// The numbers with their hyphens, and what follows them in fours. Put together, they are the id again.
fn groups(id: &str) -> Vec<&str> {
    const LETTERS: usize = 4;
    let (numbers, mut rest) = id.split_at(id.rfind('-').map_or(0, |at| at + 1));
    let mut groups = vec![numbers];
    while let Some((group, after)) = rest.split_at_checked(LETTERS) {
        groups.push(group);
        rest = after;
    }
    groups.push(rest);
    groups.retain(|group| !group.is_empty());
    groups
}

fn proof_part(context: &PageContext<'_>, proof: &ProofView) -> ProofPart {
    let t = Messages::of(context.lang);
    let moment = |ms| moment(context.lang, &context.event.time_zone, ms);
    let all = proof.policy.witnesses.len();
    let (said, seen) = match &proof.shows {
        ProofShows::Promise { time_ms } => {
            let time = moment(*time_ms).text;
            (t.fill("proof-promised", [("time", time.into())]), vec![])
        }
        ProofShows::Proof { cosigned } => {
            let seen = cosigned.iter();
            let seen: Vec<_> = seen
                .map(|by| (by.name.clone(), moment(by.time_ms)))
                .collect();
            let counts = [("count", seen.len().into()), ("all", all.into())];
            let said = match all {
                0 => t.get("proof-signed").into_owned(),
                _ => t.fill("proof-checked", counts),
            };
            (said, seen)
        }
    };
    let promised = matches!(proof.shows, ProofShows::Promise { .. });
    ProofPart {
        said,
        seen,
        promised,
        save: if promised {
            "proof-save-promise"
        } else {
            "proof-save"
        },
        data: proof.data(&context.event.time_zone),
    }
}
