//! What a scene came to: what was lost, how long until voters and readers had what they came for, and what it took.

use serde::Serialize;

use crate::verdict::Verdict;

/// One disaster, and the way back from it.
#[derive(Clone, Debug, Serialize)]
pub struct Scene {
    /// What happened, in a few words.
    pub scene: &'static str,
    /// What was gone for good.
    pub gone: &'static str,
    /// What the way back took.
    pub needed: &'static str,
    /// From the loss to the first new vote; none where voters could vote all the time, or cannot in this event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vote_again_s: Option<f64>,
    /// From the loss to results by both hands; none where they stood all the time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results_again_s: Option<f64>,
    /// Votes that voters were told are recorded.
    pub acknowledged: u64,
    /// Receipts of acknowledged votes that are lost; exactly these.
    pub lost_receipts: Vec<String>,
    /// The last frame that each copy had, and what was foretold of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<Frames>,
    /// What programs said where they refused, in their words.
    pub said: Vec<String>,
    /// Whether everything held that it demands.
    pub verdict: Verdict,
}

impl Scene {
    /// A scene in which voters and results were not interrupted, and no vote was lost.
    pub(super) fn without_loss(
        [scene, gone, needed]: [&'static str; 3],
        acknowledged: u64,
        said: String,
        verdict: Verdict,
    ) -> Scene {
        Scene {
            scene,
            gone,
            needed,
            vote_again_s: None,
            results_again_s: None,
            acknowledged,
            lost_receipts: Vec::new(),
            frames: None,
            said: vec![said],
            verdict,
        }
    }
}

/// Where the copies of a ledger of one partition ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Frames {
    /// The last frame that anybody saw before the loss.
    pub before: u64,
    /// What the archive had to have at least, by the end of its newest segment.
    pub archive_at_least: u64,
    /// What it could have at most.
    pub archive_at_most: u64,
    /// What was restored from it.
    pub archive: u64,
    /// What the mirror had.
    pub mirror: u64,
}

impl Frames {
    /// What contradicts that the restored database has what the archive had, and the mirror no less.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if !(self.archive_at_least..=self.archive_at_most).contains(&self.archive) {
            faults.push(format!(
                "the restored database ends with frame {}, and the archive had {} at least and {} at most",
                self.archive, self.archive_at_least, self.archive_at_most
            ));
        }
        if self.mirror < self.archive {
            faults.push(format!(
                "the mirror ends with frame {}, before the archive's {}",
                self.mirror, self.archive
            ));
        }
        faults
    }
}

/// The scenes as a table, in the words of docs/backup.md.
#[must_use]
pub fn table(scenes: &[Scene]) -> String {
    let mut table = String::from(
        "| scene | lost | first vote again | results again | acknowledged | of these lost | what was needed |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let time = |seconds: Option<f64>| {
        seconds.map_or("not interrupted".to_owned(), |seconds| {
            format!("{seconds:.1} s")
        })
    };
    for scene in scenes {
        table += &format!(
            "| {} | {} | {} | {} | {} | {} | {} |\n",
            scene.scene,
            scene.gone,
            time(scene.vote_again_s),
            time(scene.results_again_s),
            scene.acknowledged,
            scene.lost_receipts.len(),
            scene.needed
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restore_is_held_against_what_the_archive_had() {
        let frames = |archive, mirror| Frames {
            before: 90,
            archive_at_least: 70,
            archive_at_most: 80,
            archive,
            mirror,
        };
        assert_eq!(frames(70, 70).faults(), Vec::<String>::new());
        assert_eq!(frames(80, 90).faults(), Vec::<String>::new());
        for (wrong, words) in [
            (frames(69, 90), "ends with frame 69"),
            (frames(81, 90), "ends with frame 81"),
            (frames(75, 74), "the mirror ends with frame 74"),
        ] {
            let found = wrong.faults();
            assert!(found.len() == 1 && found[0].contains(words), "{found:?}");
        }
    }
}
