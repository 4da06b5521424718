//! Forms that become votes.

use credentials::{Code, Nas};
use data_encoding::HEXLOWER;
use election::Ballot;
use listener::client::Prefix;
use pages::voter::{self, Activity, CredentialFault, End, MarkedBallot, Marks, ReceiptView};
use pages::{Form, Page, PageContext};

use super::page::html;
use super::proof;
use super::refused::{NotCast, not_cast};
use crate::app::App;
use crate::http::rejection::Rejection;
use crate::http::reply::Reply;
use crate::http::{idempotency, receipts};
use crate::vote::{Credential, IdempotencyKey, Recorded, Sender};

/// The page that shows the choice as it will be cast, or the ballot again with what is wrong.
///
/// # Errors
/// The system has no random key to give.
pub(super) fn review(
    context: &PageContext<'_>,
    ballot: &Ballot,
    form: &Form,
) -> Result<Page, Rejection> {
    if let Some(page) = voter::unless_open(context, ballot) {
        return Ok(page);
    }
    let (region, choice) = match voter::marked(ballot, form) {
        Ok(marked) => marked,
        Err(fault) => {
            let marks = Marks::of_form(ballot, form);
            return Ok(voter::mark(context, ballot, &marks, Some(&fault)));
        }
    };
    let key = draw_key()?;
    let marked = MarkedBallot {
        ballot,
        region,
        choice: &choice,
        key: &key,
    };
    Ok(voter::review(context, &marked, &[], None))
}

/// The key under which the browser may send the vote of a form again: 128 random bits. Each review
/// has another one, so a key stands for one choice.
fn draw_key() -> Result<String, Rejection> {
    let mut bits = [0; 16];
    match getrandom::fill(&mut bits) {
        Ok(()) => Ok(HEXLOWER.encode(&bits)),
        Err(error) => {
            tracing::error!(%error, "the system gives no randomness: restart the machine");
            Err(Rejection::Failed)
        }
    }
}

/// Casts: the receipt, or a page that says why not. The form is wiped before the ledger is asked.
pub(super) async fn cast(
    app: &App,
    client: Option<Prefix>,
    context: &PageContext<'_>,
    ballot: &Ballot,
    form: Form,
) -> Reply {
    let refused = |marked, end: &End| {
        let casting = Activity::Casting { ballot, marked };
        html(voter::ended(context, casting, end))
    };
    let Ok((region, choice)) = voter::marked(ballot, &form) else {
        return refused(None, &End::Broken);
    };
    let key = form.get(voter::KEY_FIELD).unwrap_or_default().to_owned(); // none, as programs send
    let sender = Sender {
        client,
        key: IdempotencyKey::parse(key.as_bytes()),
    };
    if sender.key.is_none() && !key.is_empty() {
        return refused(None, &End::Broken);
    }
    let marked = MarkedBallot {
        ballot,
        region,
        choice: &choice,
        key: &key,
    };
    let again = |faults: &[CredentialFault], tries_left| {
        html(voter::review(context, &marked, faults, tries_left))
    };
    let credential = match credential(&form) {
        Ok(credential) => credential,
        Err(faults) => return again(&faults, None),
    };
    drop(form);
    let station = &app.station;
    let own_region = ballot.election().map(|_| u32::from(region));
    let ballot_key = station.ballots.of(ballot);
    let cast = station.cast(&sender, ballot_key, credential, own_region, choice.clone());
    match cast.await {
        Ok(recorded) => {
            app.metrics.note_recorded(&recorded);
            receipt(app, context, ballot, &recorded)
        }
        Err(refusal) => {
            app.metrics.note_refusal(&refusal);
            match not_cast(&refusal) {
                NotCast::Again { fault, tries_left } => again(&[fault], tries_left),
                NotCast::OwnBallot { region } => html(voter::own_ballot(context, ballot, region)),
                NotCast::End(end) => refused(Some((region, &choice)), &end),
            }
        }
    }
}

/// The receipt is the answer itself: nothing has to be asked for again that might be refused.
fn receipt(app: &App, context: &PageContext<'_>, ballot: &Ballot, recorded: &Recorded) -> Reply {
    let id = recorded.receipt.to_string();
    // No checkpoint covers the vote of this moment.
    let desk = app.desk.as_ref();
    let promise = desk.and_then(|desk| desk.promise(&recorded.receipt, recorded.time_ms));
    let promise = promise.and_then(|promise| proof::view(app, &recorded.receipt, promise));
    let view = ReceiptView {
        id: &id,
        ballot: Some(ballot),
        time_ms: receipts::hour_of(recorded.time_ms),
        proof: promise.as_ref(),
    };
    let mut reply = html(voter::receipt(context, &view));
    if recorded.replayed {
        idempotency::mark_replayed(&mut reply);
    }
    reply
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
