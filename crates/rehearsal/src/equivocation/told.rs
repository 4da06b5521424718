//! What each party saw while somebody lied, as a table for people and as JSON.

use std::fmt::Write as _;

use serde::Serialize;
use tokio::time::Instant;

use crate::verdict::Verdict;

/// Characters of a party's words that the table shows.
const WORDS_MAX: usize = 160;

/// What one party saw.
#[derive(Clone, Debug, Serialize)]
pub struct Saw {
    /// Who looked, in a few words.
    pub party: String,
    /// Whether it refused what it was shown.
    pub refused: bool,
    /// Whether it must: a party that cannot know better must not.
    pub must_refuse: bool,
    /// Seconds from the beginning of the scene until it had answered.
    pub after_s: f64,
    /// What it said, or what was read from it.
    pub words: String,
}

/// One lie, or one fault that looks like a lie, and everybody who looked.
#[derive(Clone, Debug, Serialize)]
pub struct Scene {
    /// A short name of the scene.
    pub scene: &'static str,
    /// Who does what, in a sentence.
    pub story: &'static str,
    /// Everybody who looked, in the order in which they were asked.
    pub seen: Vec<Saw>,
    #[serde(skip)]
    began: Instant,
}

/// All scenes, and what they come to.
#[derive(Clone, Debug, Serialize)]
pub struct Equivocation {
    /// In the order in which they were played.
    pub scenes: Vec<Scene>,
    /// Whether everybody who should notice a lie did, and nobody was disturbed without one.
    pub verdict: Verdict,
}

impl Scene {
    pub(super) fn begin(scene: &'static str, story: &'static str) -> Scene {
        Scene {
            scene,
            story,
            seen: Vec::new(),
            began: Instant::now(),
        }
    }

    /// Writes down that a party refuses, as it must.
    pub(super) fn refused(&mut self, party: &str, words: &str) {
        self.saw(party, (true, true), words);
    }

    /// Writes down that a party goes on, as it may.
    pub(super) fn went_on(&mut self, party: &str, words: &str) {
        self.saw(party, (false, false), words);
    }

    /// Writes down whether a party refused, and whether it must have.
    pub(super) fn saw(&mut self, party: &str, refused: (bool, bool), words: &str) {
        self.saw_at(Instant::now(), party, refused, words);
    }

    /// The same of a party that had answered then.
    pub(super) fn saw_at(
        &mut self,
        at: Instant,
        party: &str,
        (refused, must_refuse): (bool, bool),
        words: &str,
    ) {
        let after = at.duration_since(self.began);
        self.seen.push(Saw {
            party: party.to_owned(),
            refused,
            must_refuse,
            after_s: (after.as_secs_f64() * 100.0).round() / 100.0,
            words: words.trim().to_owned(),
        });
    }

    fn faults(&self) -> impl Iterator<Item = String> {
        let wrong = self
            .seen
            .iter()
            .filter(|saw| saw.refused != saw.must_refuse);
        wrong.map(|saw| {
            let did = match saw.refused {
                true => "refuses what is in order",
                false => "does not notice",
            };
            format!("{}: {} {did}: {}", self.scene, saw.party, saw.words)
        })
    }
}

impl Equivocation {
    pub(super) fn of(scenes: Vec<Scene>) -> Equivocation {
        let faults = scenes.iter().flat_map(Scene::faults).collect();
        let clean = "everybody who can notice a lie did, and nobody was disturbed without one";
        Equivocation {
            scenes,
            verdict: Verdict::new(clean, faults),
        }
    }

    /// The table for people.
    #[must_use]
    pub fn table(&self) -> String {
        let mut table = String::new();
        for Scene {
            scene, story, seen, ..
        } in &self.scenes
        {
            let _ = writeln!(table, "\n{scene}: {story}");
            for saw in seen {
                let did = if saw.refused { "REFUSES" } else { "goes on" };
                let words: String = saw.words.chars().take(WORDS_MAX).collect();
                let _ = writeln!(
                    table,
                    "  {:<44} {did} {:>7.2} s  {words}",
                    saw.party, saw.after_s
                );
            }
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lie_that_nobody_noticed_and_a_false_alarm_are_faults() {
        for (refused, must_refuse, is_clean) in [
            (true, true, true),
            (false, false, true),
            (false, true, false),
            (true, false, false),
        ] {
            let mut scene = Scene::begin("scene", "somebody lies");
            scene.saw("party", (refused, must_refuse), "words");
            let told = Equivocation::of(vec![scene]);
            assert_eq!(told.verdict.is_clean(), is_clean, "{refused} {must_refuse}");
        }
    }
}
