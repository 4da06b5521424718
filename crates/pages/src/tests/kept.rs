//! What is marked stays marked, and every wrong field is marked as wrong.

use election::{Ballot, Choice, Language};

use super::{OPEN_MS, ballot, event, review, values};
use crate::voter::{self, Activity, CredentialFault, End, MarkError, Marks, marked};
use crate::{Form, Page, PageContext};

fn form(body: &str) -> Form {
    Form::parse(body.as_bytes()).expect("a form of these pages")
}

/// Ballots with nothing marked and with something, with a fault and without.
pub(super) fn marked_pages(
    context: &PageContext<'_>,
    [law, single, ranked]: [&Ballot; 3],
) -> Vec<Page> {
    let mut pages = Vec::new();
    for (ballot, body) in [
        (law, ""),
        (law, "vote=oui"),
        (single, ""),
        (single, "region=999"),
        (single, "region=1"),
        (single, "region=1&candidate=2"),
        (ranked, "region=1"),
        (ranked, "region=1&rank-1=2&rank-2=2"),
    ] {
        let marks = Marks::of_form(ballot, &form(body));
        let refused = marked(ballot, &form(body)).err();
        pages.push(voter::mark(context, ballot, &marks, None));
        let nothing = refused.unwrap_or(MarkError::Nothing);
        pages.push(voter::mark(context, ballot, &marks, Some(&nothing)));
    }
    pages
}

fn english(event: &election::Event) -> PageContext<'_> {
    PageContext {
        event,
        logo: None,
        lang: Language::English,
        now_ms: OPEN_MS,
    }
}

/// The page of a ballot whose form came back with its fault.
fn returned(event: &election::Event, id: &str, body: &str) -> Page {
    let ballot = ballot(event, id);
    let fault = marked(ballot, &form(body)).expect_err("a fault");
    let marks = Marks::of_form(ballot, &form(body));
    voter::mark(&english(event), ballot, &marks, Some(&fault))
}

#[test]
fn a_fault_keeps_what_is_marked_and_names_the_list() {
    let event = event();
    let page = returned(&event, "E2025-RG", "region=1&rank-1=3&rank-3=1&rank-4=3");
    let html = &page.html;
    assert_eq!(html.matches(" selected>").count(), 3, "{html}");
    assert!(html.contains("href=\"#rank-4\""));
    let wrong: Vec<&str> = html
        .split("<select ")
        .filter(|list| {
            list.split('>')
                .next()
                .unwrap_or("")
                .contains("aria-invalid")
        })
        .filter_map(|list| list.split('"').nth(1))
        .collect();
    assert_eq!(wrong, ["rank-1", "rank-4"]);
    let region = returned(&event, "E2025-QC", "region=&candidate=2");
    assert!(region.html.contains("Choose your riding"));
    assert!(region.html.contains("aria-invalid=\"true\""));
}

#[test]
fn an_unknown_credential_marks_both_fields_and_says_what_is_left() {
    let event = event();
    let law = ballot(&event, "L2025-001");
    let fault = [CredentialFault::NotRecognised];
    let page = review(&english(&event), law, 0, &Choice::Oui, &fault);
    let html = &page.html;
    assert_eq!(html.matches("aria-invalid=\"true\"").count(), 2, "{html}");
    assert!(html.contains("<title>Error: "), "{html}");
    for words in ["1 more try", "after 6 minutes", "lost your letter"] {
        assert!(html.contains(words), "{words}: {html}");
    }
    let summary = html.split("class=\"faults\"").nth(1).expect("a summary");
    let (summary, _) = summary.split_once("</ul>").expect("a list");
    assert_eq!(summary.matches("<li>").count(), 1, "said once");
}

/// Browsers would say in their own language what the page says in the voter's.
#[test]
fn no_form_is_judged_by_the_browser() {
    let event = event();
    let context = english(&event);
    for page in super::voter_pages(&context) {
        for form in page.html.split("<form ").skip(1) {
            let (opening, rest) = form.split_once('>').expect("a whole tag");
            let (body, _) = rest.split_once("</form>").expect("a whole form");
            let asks = body.contains(" required");
            assert!(!asks || opening.contains("novalidate"), "{opening}");
        }
    }
}

#[test]
fn what_is_marked_stands_in_no_address() {
    let event = event();
    for page in super::voter_pages(&english(&event)) {
        let addresses = ["href", "action", "formaction"];
        for address in addresses.iter().flat_map(|name| values(&page.html, name)) {
            for name in ["vote=", "candidate=", "rank-1=", "?id="] {
                assert!(!address.contains(name), "{address}");
            }
        }
    }
}

/// The answer to a vote cannot be had a second time: the switch once led to the empty ballot.
#[test]
fn an_end_without_a_way_on_says_the_same_in_the_other_language() {
    let event = event();
    let law = ballot(&event, "L2025-001");
    let marked = Some((0, &Choice::Blanc));
    let casting = Activity::Casting {
        ballot: law,
        marked,
    };
    let duplicate = End::Duplicate { attempt_count: 3 };
    let closed = End::Closed { closed_ms: OPEN_MS };
    let unsure = End::Unsure { retry_after_s: 5 };
    let busy = End::Busy { retry_after_s: 5 };
    for (activity, end, stands) in [
        (casting, &duplicate, Some("C’est la tentative nº 3")),
        (casting, &closed, Some("Votre envoi est arrivé trop tard")),
        (casting, &unsure, Some("rechargez cette page")),
        // Here the choice is posted anew, and an address says the same to everybody.
        (casting, &busy, None),
        (Activity::Looking, &closed, None),
    ] {
        let html = voter::ended(&english(&event), activity, end).html;
        let switched = html.contains("<a class=\"switch\" href=\"#other-language\" lang=\"fr\">");
        let below = html.split_once("id=\"other-language\" lang=\"fr\"");
        assert_eq!(switched, stands.is_some(), "{end:?}");
        assert_eq!(below.is_some(), stands.is_some(), "{end:?}");
        if let (Some(text), Some((_, below))) = (stands, below) {
            assert!(below.contains(text), "{end:?}: {below}");
        }
    }
}
