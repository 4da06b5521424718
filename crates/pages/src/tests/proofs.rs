//! The receipt with its proof or promise.

#[path = "../../examples/preview/log.rs"]
mod log;

use election::Language;

use super::{OPEN_MS, RECEIPT, event, values};
use crate::voter::{self, CosignedBy, PolicyView, ProofShows, ProofView, ReceiptView, WitnessView};
use crate::{Page, PageContext, assets};

/// Proof or promise of the example's receipt.
pub(super) fn proof(is_proof: bool) -> ProofView {
    let made = log::Made::of(RECEIPT);
    let cosigned = |(name, time_s): (&str, i64)| CosignedBy {
        name: name.to_owned(),
        time_ms: time_s * 1_000,
    };
    ProofView {
        shows: match is_proof {
            true => ProofShows::Proof {
                cosigned: log::COSIGNED.map(cosigned).to_vec(),
            },
            false => ProofShows::Promise { time_ms: OPEN_MS },
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

pub(super) fn receipt(context: &PageContext<'_>, proof: Option<&ProofView>) -> Page {
    let view = ReceiptView {
        id: RECEIPT,
        ballot: context.event.ballot("L2025-001"),
        time_ms: OPEN_MS,
        proof,
    };
    voter::receipt(context, &view)
}

/// A proof of an event that asks no witnesses.
pub(super) fn proof_without_witnesses() -> ProofView {
    let mut proof = proof(true);
    proof.policy.witnesses.clear();
    proof.policy.required = 0;
    proof.shows = ProofShows::Proof { cosigned: vec![] };
    proof
}

#[test]
fn a_receipt_says_what_the_server_says_of_its_proof() {
    let event = event();
    let mut views = [proof(true), proof(false)];
    let bad = "</script><script>alert(1)</script>";
    views[1].policy.witnesses[0].name = bad.to_owned();
    let says: [&[&str]; 2] = [
        &[
            "your vote is in the log, checked by 2 of 3 witnesses:",
            "<span translate=\"no\">paper</span>, <time datetime=\"2025-11-22T00:30:11Z\">November\u{a0}21, 2025, 7:30\u{a0}p.m. Eastern time",
            "name=\"save\" value=\"1\">Save the proof</button>",
            "come from the server that is being checked",
            "tally receipt check",
        ],
        &[
            "Signed promise of November\u{a0}21, 2025, 7:30\u{a0}p.m. Eastern time",
            "The proof comes within a minute",
            "name=\"save\" value=\"1\">Save the promise</button> <button class=\"button quiet\">Ask for the proof</button>",
        ],
    ];
    let context = PageContext {
        event: &event,
        logo: None,
        lang: Language::English,
        now_ms: OPEN_MS,
    };
    for (view, says) in views.iter().zip(says) {
        let html = receipt(&context, Some(view)).html;
        for words in says {
            assert!(html.contains(words), "{words}: {html}");
        }
        assert!(!html.contains("<script>alert"), "{html}");
        // The number of the receipt is in forms alone, never in an address.
        for path in values(&html, "href")
            .into_iter()
            .chain(values(&html, "action"))
        {
            assert!(!path.contains(RECEIPT), "{path}");
        }
    }
    assert_eq!(
        views.each_ref().map(ProofView::file_name),
        ["receipt.tlog-proof", "receipt.promise"]
    );
    let none = receipt(&context, None).html;
    assert!(
        !none.contains("data-proof") && !none.contains("save"),
        "{none}"
    );
}

/// It is ours alone, without libraries, and a browser reads all of it before it says a word.
#[test]
fn the_module_that_checks_proofs_stays_small() {
    let module = assets().find(|asset| asset.name.starts_with("proof."));
    let bytes = module.expect("an asset").identity.len();
    assert!(bytes <= 6 << 10, "{bytes}");
}
