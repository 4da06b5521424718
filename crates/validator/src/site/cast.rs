//! Forms that become votes.

use super::{end_of, html, see_other};
use crate::app::App;
use crate::ballots::Entry;
use crate::http::face;
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::vote::{self, Credential};
use credentials::{Code, Nas};
use election::{Ballot, BallotKind};
use listener::client::Prefix;
use pages::voter::{self, End, Fault};
use pages::{Form, Page, Site};

/// The choice as it will be cast, or the ballot again with what is wrong.
pub(super) fn review(site: &Site<'_>, ballot: &Ballot, form: &Form) -> Page {
    match voter::marked(ballot, form) {
        Ok((region, choice)) => voter::review(site, ballot, region, &choice, &[]),
        Err(fault) => {
            let region = form.get("region").and_then(|value| value.parse().ok());
            voter::mark(site, ballot, region, Some(&fault))
        }
    }
}

/// Casts: on to the receipt, or a page that says why not. The form is wiped before the ledger is
/// asked.
pub(super) async fn cast(
    app: &App,
    client: Option<Prefix>,
    site: &Site<'_>,
    ballot: &Ballot,
    form: Form,
) -> Reply {
    let refused = |end: &End| html(voter::ended(site, Some(ballot), end));
    let (Ok((region, choice)), Some(entry)) = (voter::marked(ballot, &form), entry(app, ballot))
    else {
        return refused(&End::Broken);
    };
    let again = |faults: &[Fault]| html(voter::review(site, ballot, region, &choice, faults));
    let credential = match credential(&form) {
        Ok(credential) => credential,
        Err(faults) => return again(&faults),
    };
    drop(form);
    let own_region = ballot.election().map(|_| u32::from(region));
    match vote::cast(app, client, entry, credential, own_region, choice.clone()).await {
        Ok(receipt) => {
            app.metrics.note_accepted();
            see_other(&format!("/receipts?id={receipt}&lang={}", site.lang.tag()))
        }
        Err(problem) => {
            app.metrics.note_problem(problem.face);
            match fault_of(&problem) {
                Some(fault) => again(&[fault]),
                None => refused(&end_of(&problem)),
            }
        }
    }
}

fn entry<'a>(app: &'a App, ballot: &Ballot) -> Option<&'a Entry> {
    match &ballot.kind {
        BallotKind::Law(_) => app.ballots.law(&ballot.id),
        BallotKind::Election(election) => app.ballots.election(election.number),
    }
}

/// NAS and code of a form, or every fault of both.
fn credential(form: &Form) -> Result<Credential, Vec<Fault>> {
    let text = |name| form.get(name).unwrap_or_default();
    let nas = match text("nas") {
        "" => Err(Fault::NasMissing),
        nas => Nas::parse(nas.as_bytes()).map_err(|_| Fault::NasMalformed),
    };
    let code = match text("code") {
        "" => Err(Fault::CodeMissing),
        code => Code::parse(code.as_bytes()).map_err(|_| Fault::CodeMalformed),
    };
    match (nas, code) {
        (Ok(nas), Ok(code)) => Ok(Credential { nas, code }),
        (nas, code) => Err([nas.err(), code.err()].into_iter().flatten().collect()),
    }
}

/// Problems that the voter can mend on the form.
fn fault_of(problem: &Problem) -> Option<Fault> {
    let slug = problem.face.slug;
    if slug == face::NOT_ELIGIBLE.slug {
        Some(Fault::NotRecognised)
    } else if slug == face::OTHER_REGION.slug {
        Some(Fault::NotYourRegion)
    } else {
        None
    }
}
