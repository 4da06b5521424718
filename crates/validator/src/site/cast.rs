//! Forms that become votes.

use super::page::{html, see_other};
use super::refused::{NotCast, not_cast};
use crate::app::App;
use crate::http::reply::Reply;
use crate::vote::Credential;
use credentials::{Code, Nas};
use election::Ballot;
use listener::client::Prefix;
use pages::voter::{self, CredentialFault, End};
use pages::{Form, Page, PageContext};

/// The page that shows the choice as it will be cast, or the ballot again with what is wrong.
pub(super) fn review(context: &PageContext<'_>, ballot: &Ballot, form: &Form) -> Page {
    match voter::marked(ballot, form) {
        Ok((region, choice)) => voter::review(context, ballot, region, &choice, &[]),
        Err(fault) => {
            let region = form.get("region").and_then(|value| value.parse().ok());
            voter::mark(context, ballot, region, Some(&fault))
        }
    }
}

/// Casts: on to the receipt, or a page that says why not. The form is wiped before the ledger is
/// asked.
pub(super) async fn cast(
    app: &App,
    client: Option<Prefix>,
    context: &PageContext<'_>,
    ballot: &Ballot,
    form: Form,
) -> Reply {
    let refused = |end: &End| html(voter::ended(context, Some(ballot), end));
    let Ok((region, choice)) = voter::marked(ballot, &form) else {
        return refused(&End::Broken);
    };
    let again =
        |faults: &[CredentialFault]| html(voter::review(context, ballot, region, &choice, faults));
    let credential = match credential(&form) {
        Ok(credential) => credential,
        Err(faults) => return again(&faults),
    };
    drop(form);
    let station = &app.station;
    let own_region = ballot.election().map(|_| u32::from(region));
    let key = station.ballots.of(ballot);
    let cast = station.cast(client, key, credential, own_region, choice.clone());
    match cast.await {
        Ok(receipt) => {
            app.metrics.note_accepted();
            see_other(&format!(
                "/receipts?id={receipt}&lang={}",
                context.lang.tag()
            ))
        }
        Err(refusal) => {
            app.metrics.note_refusal(&refusal);
            match not_cast(&refusal) {
                NotCast::Again(fault) => again(&[fault]),
                NotCast::End(end) => refused(&end),
            }
        }
    }
}

/// NAS and code of a form, or every fault of both.
fn credential(form: &Form) -> Result<Credential, Vec<CredentialFault>> {
    let nas = match form.get("nas") {
        None | Some("") => Err(CredentialFault::NasMissing),
        Some(nas) => Nas::parse(nas.as_bytes()).map_err(|_| CredentialFault::NasMalformed),
    };
    let code = match form.get("code") {
        None | Some("") => Err(CredentialFault::CodeMissing),
        Some(code) => Code::parse(code.as_bytes()).map_err(|_| CredentialFault::CodeMalformed),
    };
    match (nas, code) {
        (Ok(nas), Ok(code)) => Ok(Credential { nas, code }),
        (nas, code) => Err([nas.err(), code.err()].into_iter().flatten().collect()),
    }
}
