//! Whom to call and which address is the real one, on every page; the receipt with its address.

use election::{Event, Language};

use super::{
    OPEN_MS, RECEIPT, ballot, event, monitor_page, proofs, results_pages, review, voter_pages,
};
use crate::voter::{self, Activity, CredentialFault, End, ReceiptView};
use crate::{Astray, PageContext, Program, astray};

/// Whether the example's authority has named this address, or its telephone.
pub(super) fn is_of_authority(path: &str) -> bool {
    let named = [
        "tel:18005550100",
        "https://vote.example/",
        "https://results.example/",
        "https://authority.example/",
    ];
    named.iter().any(|start| path.starts_with(start))
}

fn context(event: &Event, lang: Language) -> PageContext<'_> {
    PageContext {
        event,
        logo: None,
        lang,
        now_ms: OPEN_MS,
    }
}

#[test]
fn every_page_says_whom_to_call_and_which_address_is_real() {
    let event = event();
    for (lang, name, receipt) in [
        (Language::French, "Élections Exemple", "Vérifier un reçu"),
        (Language::English, "Elections Example", "Check a receipt"),
    ] {
        let context = context(&event, lang);
        for (pages, site, other) in [
            (
                voter_pages(&context),
                "https://vote.example/ – ",
                "https://results.example/?lang=",
            ),
            (
                results_pages(&context),
                "https://results.example/ – ",
                "https://vote.example/?lang=",
            ),
        ] {
            let tally = astray(&context, Program::Tally, Astray::OtherMethod).html;
            for page in pages
                .iter()
                .filter(|page| !page.html.contains("class=\"embed\""))
            {
                let (_, footer) = page.html.split_once("<footer").expect("a footer");
                let words = [name, "href=\"tel:18005550100\"", receipt];
                for words in words {
                    assert!(footer.contains(words), "{words}: {footer}");
                }
                // The page for somebody astray at the results stands among the voter's.
                let (site, other) = match page.html == tally {
                    true => ("https://results.example/ – ", "https://vote.example/?lang="),
                    false => (site, other),
                };
                assert!(footer.contains(site) && footer.contains(other), "{footer}");
            }
        }
        let monitor = monitor_page(&context, Program::Validator, &[]).html;
        assert!(!monitor.contains("tel:"), "operators know whom to call");
    }
}

#[test]
fn an_event_without_an_authority_names_the_letter() {
    let mut event = event();
    let english = Language::English;
    let law = event.ballot("L2025-001").expect("a law").clone();
    let end = End::Duplicate { attempt_count: 2 };
    let casting = Activity::Casting {
        ballot: &law,
        marked: None,
    };
    let lost = |event: &Event| {
        let fault = [CredentialFault::NotRecognised];
        review(
            &context(event, english),
            &law,
            0,
            &election::Choice::Oui,
            &fault,
        )
        .html
    };
    let with = voter::ended(&context(&event, english), casting, &end).html;
    assert!(with.contains("call Elections Example at 1-800-555-0100 without delay"));
    assert!(lost(&event).contains("call Elections Example at 1-800-555-0100"));
    event.authority = None;
    let without = voter::ended(&context(&event, english), casting, &end).html;
    assert!(without.contains("call the number on your letter without delay"));
    assert!(lost(&event).contains("call the election authority"));
    assert!(!without.contains("class=\"help\""));
}

#[test]
fn a_receipt_names_the_ballot_and_where_it_can_be_checked() {
    let event = event();
    let context = context(&event, Language::English);
    let html = proofs::receipt(&context, None).html;
    let title = &ballot(&event, "L2025-001").title.en;
    assert!(
        html.contains(&format!("<p class=\"voted\">{title}</p>")),
        "{html}"
    );
    assert!(html.contains(">https://vote.example/receipts</span>"));
    let (_, id) = html
        .split_once("id=\"id\" translate=\"no\">")
        .expect("the number");
    let (id, _) = id.split_once("</p>").expect("its end");
    let groups: Vec<&str> = id.split("<span>").skip(1).collect();
    let groups: Vec<&str> = groups
        .iter()
        .map(|g| g.trim_end_matches("</span>"))
        .collect();
    assert_eq!(groups[..3], ["0-1234-", "0123", "4567"]);
    assert_eq!(groups.concat(), RECEIPT);
    let silent = "does not say which ballot";
    assert!(!html.contains(silent));
    let looked_up = ReceiptView {
        id: RECEIPT,
        ballot: None,
        time_ms: 0,
        proof: None,
    };
    assert!(voter::receipt(&context, &looked_up).html.contains(silent));
    // The code is that of the address; the number stands behind "#", which nobody is sent.
    let qr = crate::qr::Qr::of(&format!("https://vote.example/receipts#{RECEIPT}"));
    assert!(html.contains(&qr.path));
}
