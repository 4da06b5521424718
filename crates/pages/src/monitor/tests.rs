//! What the monitor says of made-up metrics.

use election::{Event, Language};

use super::*;

fn event() -> Event {
    Event::from_toml(include_str!("../../../../fixtures/election.toml")).expect("the example")
}

/// 8:10 p.m. in the zone of the example.
const START_MS: i64 = 1_791_331_800_000;

/// Metrics of a validator that is well but for what is asked for.
fn validator(damaged: bool, slow: bool) -> MonitorHistory {
    let mut history = MonitorHistory::new(Program::Validator);
    for second in (0..=600).step_by(10) {
        let quick = if slow { second / 2 } else { second };
        let text = format!(
            "ledger_votes_total {}\nready_obstacle{{obstacle=\"full\"}} 0\nready_obstacle{{obstacle=\"stopping\"}} 1\n\
             package_damaged {}\nledger_queue_depth 3\nledger_fsync_seconds_bucket{{le=\"0.1\"}} {quick}\n\
             ledger_fsync_seconds_bucket{{le=\"0.25\"}} {second}\nledger_fsync_seconds_bucket{{le=\"+Inf\"}} {second}\n",
            second * 1_234,
            u8::from(damaged)
        );
        history.take(START_MS + second * 1_000, &text, true);
    }
    history
}

/// The page, 20 seconds after the newest sample of [`validator`].
fn page(history: &MonitorHistory, lang: Language) -> String {
    page_at(START_MS + 620_000, history, lang)
}

fn page_at(now_ms: i64, history: &MonitorHistory, lang: Language) -> String {
    let event = event();
    let context = PageContext {
        event: &event,
        logo: None,
        lang,
        now_ms,
    };
    let watched = Watched {
        history,
        ready: true,
        tables: &[],
    };
    monitor(&context, &watched).html
}

#[test]
fn an_alarm_says_what_is_wrong_and_what_to_do_and_the_worst_comes_first() {
    let html = page(&validator(true, true), Language::English);
    let slow = "Recording takes longer than usual: 99% within 250 ms; more than 100 ms is slow. What to do:";
    let damaged = "A file of the package is not what the officers signed";
    let [slow, damaged] = [slow, damaged].map(|text| html.find(text).expect(text));
    assert!(damaged < slow);
    assert!(html.contains("docs/runbook/FsyncSlow.md"));
    assert!(html.contains("class=\"panel soon\" data-key=\"panel-fsync\""));
    assert!(html.contains("class=\"panel now\" data-key=\"panel-package\""));
    let french = page(&validator(false, true), Language::French);
    assert!(
        french.contains("99\u{a0}% en 250\u{a0}ms au plus"),
        "{french}"
    );
}

#[test]
fn without_an_alarm_it_says_so_and_stopping_is_none() {
    let html = page(&validator(false, false), Language::English);
    assert!(html.contains("No alarm: every value is within its limit."));
    assert!(!html.contains("class=\"alarm "));
    assert!(
        html.contains("Alarm above 100 ms"),
        "a limit is told before it is passed"
    );
    assert!(html.contains("<strong>1,234 per s</strong>"));
    assert!(
        html.replace('\u{a0}', " ")
            .contains("As of October 6, 2026, 8:20 p.m. Eastern time. The curves begin at 8:10 p.m. Eastern time"),
        "{html}"
    );
    // What the program does not have has no panel.
    assert!(html.contains("panel-queue") && !html.contains("panel-standby"));
    let new = page(&MonitorHistory::new(Program::Tally), Language::English);
    assert!(new.contains("No sample has been taken yet"));
}

#[test]
fn what_is_not_measured_is_an_alarm_and_never_well() {
    let old = validator(false, false);
    let none = MonitorHistory::new(Program::Tally);
    let late_ms = START_MS + 600_000 + 31_000;
    for (lang, history, says) in [
        (
            Language::English,
            &old,
            "Nothing has been measured for 31 s",
        ),
        (Language::French, &old, "Rien n’a été mesuré depuis 31 s"),
        (Language::English, &none, "Nothing has been measured yet"),
        (Language::French, &none, "Rien n’a encore été mesuré"),
    ] {
        let html = page_at(late_ms, history, lang).replace('\u{a0}', " ");
        assert!(html.contains(says), "{says}: {html}");
        assert!(!html.contains("class=\"calm\""), "{says}");
        assert_eq!(html.matches("class=\"alarm now\"").count(), 1, "{says}");
    }
}

#[test]
fn numbers_are_said_with_their_units() {
    for (unit, value, expected) in [
        (Unit::Count, 12_345.0, "12,345"),
        (Unit::Count, -3.0, "−3"),
        (Unit::PerSecond, 0.25, "0.3 per s"),
        (Unit::Milliseconds, 0.0025, "2.5 ms"),
        (Unit::Percent, 0.25, "25%"),
        (Unit::Days, 13.96, "14 d"),
        (Unit::UpAt(1), 1.0, "up"),
        (Unit::UpAt(1), 0.0, "down"),
        (Unit::UpAt(0), 0.0, "up"),
        (Unit::UpAt(0), 2.0, "down"),
    ] {
        assert_eq!(said(Language::English, unit, value), expected, "{unit:?}");
    }
}
