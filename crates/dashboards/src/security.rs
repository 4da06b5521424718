//! Who attacks, and whether what others rely on holds: witnesses, certificates, the package.

use crate::panel::{Dashboard, Panel, Unit};

pub(crate) fn dashboard() -> Dashboard {
    let (name, title) = ("security", "Scrutin: security");
    let panels = [attacks(), seals()].concat();
    Dashboard {
        name,
        title,
        panels,
    }
}

/// What comes from outside and is refused.
fn attacks() -> Vec<Panel> {
    vec![
        Panel::lines(
            "Guesses refused",
            "A second, because both NAS and client had used up their tries.",
            Unit::PerSecond,
            "sum(rate(requests_refused_total{reason=\"too-many-failed-attempts\"}[5m]))",
            "guesses",
        )
        .alert("CodesGuessed", 0.5),
        Panel::lines(
            "Wrong credentials",
            "Votes that named nobody on the roll, a second.",
            Unit::PerSecond,
            "sum(rate(requests_refused_total{reason=\"not-eligible\"}[5m]))",
            "not on the roll",
        )
        .page("InvalidVotesRising"),
        Panel::lines(
            "Requests refused",
            "By reason, a second.",
            Unit::PerSecond,
            "sum by (reason) (rate(requests_refused_total[5m]))",
            "{{reason}}",
        ),
        Panel::lines(
            "Connections cut off",
            "By what ended them, a second.",
            Unit::PerSecond,
            "sum by (reason) (rate(connections_ended_total[5m]))",
            "{{reason}}",
        ),
        Panel::lines(
            "One client, too many connections",
            "Closed at once, a second.",
            Unit::PerSecond,
            "sum by (job) (rate(connections_over_client_cap_total[5m]))",
            "{{job}}",
        ),
        Panel::lines(
            "Failed handshakes",
            "TLS, a second.",
            Unit::PerSecond,
            "sum by (job) (rate(connections_handshakes_failed_total[5m]))",
            "{{job}}",
        ),
    ]
}

/// What others vouch for: witnesses, certificates, officers.
fn seals() -> Vec<Panel> {
    vec![
        Panel::lines(
            "Silence of witnesses",
            "Since each cosigned last.",
            Unit::Seconds,
            "time() - max by (witness) (log_witness_cosigned_timestamp_seconds)",
            "{{witness}}",
        )
        .alert("WitnessSilent", 60.0),
        Panel::number(
            "Witnesses that contradict",
            "They say that this ledger is not the one that they have seen.",
            Unit::Count,
            "sum(max by (witness) (log_witness_contradicts)) or vector(0)",
        )
        .alert("WitnessSilent", 1.0),
        Panel::lines(
            "Frames that witnesses have not seen",
            "Some while votes come. Results wait for them.",
            Unit::Count,
            "max by (partition) (ledger_last_sequence) - on (partition) max by (partition) (log_frames_covered)",
            "{{partition}}",
        ),
        Panel::lines(
            "Certificates",
            "Days until each ends.",
            Unit::Count,
            "(tls_certificate_expires_timestamp_seconds - time()) / 86400",
            "{{instance}} {{listener}}",
        )
        .page("CertificateExpires"),
        Panel::number(
            "Damaged packages",
            "Validators whose roll has changed on its disk.",
            Unit::Count,
            "sum(package_damaged)",
        )
        .alert("PackageDamaged", 1.0),
        Panel::lines(
            "Checks of the package",
            "Since the start, that found it sound.",
            Unit::Count,
            "package_checks_total",
            "{{instance}}",
        ),
    ]
}
