//! The machines: validators that share a ledger, their database, the gateway.

use crate::panel::{Dashboard, Panel, Unit};

pub(crate) fn dashboard() -> Dashboard {
    let (name, title) = ("cluster", "Scrutin: cluster");
    let panels = [validators(), machines()].concat();
    Dashboard {
        name,
        title,
        panels,
    }
}

/// The validators that share a ledger, and its standby.
fn validators() -> Vec<Panel> {
    vec![
        Panel::lines(
            "Programs that answer",
            "1 while Prometheus reaches it.",
            Unit::Count,
            "up",
            "{{job}} {{instance}}",
        ),
        Panel::lines(
            "Partitions owned",
            "By validator: an even share each, while all are up.",
            Unit::Count,
            "ledger_partitions_owned",
            "{{instance}}",
        ),
        Panel::lines(
            "Changes of owners",
            "Partitions taken in 15 minutes. Each is a pause of seconds.",
            Unit::Count,
            "sum(increase(ledger_lease_changes_total[15m]))",
            "taken",
        )
        .alert("LeasesChanging", 6.0),
        Panel::lines(
            "Frames behind",
            "Of partitions that another validator owns. Beyond 256 it cannot take them over.",
            Unit::Count,
            "max by (instance) (ledger_frames_behind)",
            "{{instance}}",
        )
        .alert("FramesBehind", 256.0),
        Panel::number(
            "Standby is missing",
            "1 while the database has no standby in step: nothing is acknowledged.",
            Unit::Count,
            "1 - min(ledger_standby_in_step)",
        )
        .alert("ReplicaMissing", 1.0),
        Panel::lines(
            "Clock against the database",
            "From 2 s on a validator owns nothing.",
            Unit::Seconds,
            "abs(ledger_database_clock_seconds)",
            "{{instance}}",
        )
        .alert("ClockDifference", 0.5),
    ]
}

/// The database, its backups, machines and the gateway.
fn machines() -> Vec<Panel> {
    vec![
        Panel::lines(
            "Database servers that run",
            "1 while PostgreSQL runs there; the primary has 2.",
            Unit::Count,
            "patroni_postgres_running + on (instance) patroni_primary",
            "{{instance}}",
        ),
        Panel::lines(
            "Age of the newest backup",
            "Of the database.",
            Unit::Seconds,
            "time() - max(scrutin_backup_last_success_timestamp_seconds)",
            "base backup",
        )
        .alert("BackupOld", 28_800.0),
        Panel::lines(
            "Memory",
            "In use, mapped files of the package included.",
            Unit::Bytes,
            "process_resident_memory_bytes",
            "{{job}} {{instance}}",
        ),
        Panel::lines(
            "Processors",
            "Busy, of all of a machine.",
            Unit::Share,
            "1 - avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[1m]))",
            "{{instance}}",
        ),
        Panel::lines(
            "Requests at the gateway",
            "By frontend, a second.",
            Unit::PerSecond,
            "sum by (proxy) (rate(haproxy_frontend_http_requests_total[1m]))",
            "{{proxy}}",
        ),
    ]
}
