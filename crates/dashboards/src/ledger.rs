//! How the ledger is kept: its frames, its disk, its time.

use crate::panel::{Dashboard, Panel, Unit};

pub(crate) fn dashboard() -> Dashboard {
    let (name, title) = ("ledger", "Scrutin: ledger");
    let panels = vec![
        Panel::lines(
            "Frames",
            "Frames committed a second. Under load votes share frames, so this grows slower than votes.",
            Unit::PerSecond,
            "sum by (instance) (rate(ledger_frames_total[1m]))",
            "{{instance}}",
        ),
        Panel::lines(
            "Votes in a frame",
            "On average, duplicates included.",
            Unit::Count,
            "sum(rate(ledger_frame_submissions_sum[5m])) / (sum(rate(ledger_frame_submissions_count[5m])) > 0) or vector(0)",
            "votes",
        ),
        Panel::lines(
            "Time to keep a frame",
            "Of 100 frames the slowest: the disk's, or the database's with its standby.",
            Unit::Seconds,
            "scrutin:fsync_seconds:p99_5m",
            "{{instance}}",
        )
        .alert("FsyncSlow", 0.1),
        Panel::lines(
            "Votes that wait",
            "For the frame before theirs. From 8,192 on voters are told to try again.",
            Unit::Count,
            "sum by (instance) (ledger_queue_depth)",
            "{{instance}}",
        ),
        Panel::lines(
            "From the queue to the answer",
            "Of 100 votes the slowest.",
            Unit::Seconds,
            "histogram_quantile(0.99, sum by (instance, le) (rate(validation_latency_seconds_bucket[1m])))",
            "{{instance}}",
        ),
        Panel::lines(
            "Room",
            "Of the data directory's disk.",
            Unit::Bytes,
            "ledger_disk_free_bytes",
            "{{instance}}",
        )
        .page("DiskHoursLeft"),
        Panel::lines(
            "Room in six hours",
            "At the pace of the last hour. Below zero the disk is full before.",
            Unit::Bytes,
            "ledger_disk_free_bytes + 6 * delta(ledger_disk_free_bytes[1h])",
            "{{instance}}",
        ),
        Panel::lines(
            "Clock",
            "By how much the system's clock is ahead of the time that votes are stamped with. From 30 s on no vote is taken.",
            Unit::Seconds,
            "abs(ledger_clock_ahead_seconds)",
            "{{instance}}",
        )
        .alert("ClockDifference", 1.0),
        Panel::lines(
            "Ledger grows",
            "Bytes of frames a second.",
            Unit::Bytes,
            "sum by (instance) (rate(ledger_frame_bytes_total[1m]))",
            "{{instance}}",
        ),
    ];
    Dashboard {
        name,
        title,
        panels,
    }
}
