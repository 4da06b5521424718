//! Which failure each alert is for, and which other alerts may rightly fire beside it.

use super::failures::Failure;

/// An alert, what causes it here, and what that causes besides.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The alert that must fire, and then resolve.
    pub alert: &'static str,
    /// What is done, for people.
    pub cause: &'static str,
    /// Alerts that may fire too: they tell of the same failure.
    pub beside: &'static [&'static str],
    /// What goes wrong in this case.
    pub failure: Failure,
}

const fn case(
    alert: &'static str,
    cause: &'static str,
    beside: &'static [&'static str],
    failure: Failure,
) -> Case {
    Case {
        alert,
        cause,
        beside,
        failure,
    }
}

/// Every alert but the one that always fires, in the order in which their failures are played.
pub const ALL: [Case; 18] = [
    case(
        "WitnessSilent",
        "one witness of three is stopped",
        &["ProgramDown"],
        Failure::StoppedWitness,
    ),
    case(
        "ProgramDown",
        "the mask hand is killed",
        &["TallyBehind", "ReleaseBehind"],
        Failure::KilledProgram,
    ),
    case(
        "BackupOld",
        "the last backup was made three days ago",
        &[],
        Failure::OldBackup,
    ),
    case("NoVotesWhileOpen", "nobody votes", &[], Failure::NoVoters),
    case(
        "InvalidVotesRising",
        "80 votes/s with credentials that are on no roll",
        &["CodesGuessed"],
        Failure::Strangers,
    ),
    case(
        "CodesGuessed",
        "80 wrong codes/s for one voter",
        &["InvalidVotesRising"],
        Failure::Guessing,
    ),
    case(
        "FsyncSlow",
        "the synchronous standby stands still for 0.7 s of each 1.1 s",
        &[],
        Failure::SlowStandby,
    ),
    case(
        "FramesBehind",
        "the database's processes that read to the following validator stand still",
        // The mirror and the mask hand read from the first validator, which may be the one that follows.
        &["MirrorBehind", "TallyBehind", "ReleaseBehind"],
        Failure::StuckFollower,
    ),
    case(
        "TallyBehind",
        "the mask hand's line to the validator passes nothing",
        &["ReleaseBehind"],
        Failure::CutMaskHand,
    ),
    case(
        "ReleaseBehind",
        "the count hand is stopped",
        &[],
        Failure::StoppedCountHand,
    ),
    case(
        "MirrorBehind",
        "the mirror's line to the validator passes nothing",
        &["ReleaseBehind"],
        Failure::CutMirror,
    ),
    case(
        "ClockDifference",
        "a validator is started with a clock that is 1.2 s fast",
        &[],
        Failure::MovedClock,
    ),
    case(
        "DiskHoursLeft",
        "the 64 MiB under a validator's data fill by 1 MB/s",
        &["VotesRefused"],
        Failure::FillingDisk,
    ),
    case(
        "CertificateExpires",
        "a validator is given a certificate that ends tomorrow",
        &[],
        Failure::EndingCertificate,
    ),
    case(
        "PackageDamaged",
        "a byte in each block of a validator's digests changes on its disk",
        &["VotesRefused"],
        Failure::DamagedPackage,
    ),
    case(
        "LeasesChanging",
        "the ledger's owner is restarted every 4 s",
        &[
            "ProgramDown",
            "VotesRefused",
            "FsyncSlow",
            "TallyBehind",
            "MirrorBehind",
            "ReleaseBehind",
        ],
        Failure::RestartedOwners,
    ),
    case(
        "ReplicaMissing",
        "the machine of the synchronous standby is lost",
        &["ProgramDown", "FsyncSlow"],
        Failure::LostStandby,
    ),
    case(
        "VotesRefused",
        "both validators stand still",
        &["ProgramDown", "NoVotesWhileOpen", "LeasesChanging"],
        Failure::FrozenValidators,
    ),
];

/// Those that a test plays: a program that is gone, and a file that the node exporter passes on.
#[must_use]
pub fn few() -> Vec<Case> {
    ALL[1..3].to_vec()
}
