//! The questions of one peer that are open: those that wait, and those that were handed to the connection.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use crate::frame::{CONTENT_BYTES_MAX, LINE_ID};

/// Most questions that a peer has open at a time, and that a server answers at a time for one connection.
pub const OPEN_QUESTIONS_MAX: usize = 4_096;

/// Why a question has no answer, and what that means.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// Certainly nothing of the question has reached the other node: it may be asked elsewhere.
    #[error("not sent: {0}")]
    NotSent(String),
    /// It may have been received, and carried out.
    #[error("no answer came, and the question may have been carried out: {0}")]
    Unknown(String),
}

type Answered = Result<Vec<u8>, NoAnswer>;

/// Where callers leave questions, and where the task of the connection fetches them.
#[derive(Default)]
pub(crate) struct Desk {
    open: Mutex<Open>,
    /// Told when a question was left.
    left: Notify,
}

#[derive(Default)]
struct Open {
    /// Why no question is taken. At first they wait for the first connection.
    shut: Option<String>,
    last_id: u64,
    /// Questions of which the connection has seen nothing, the oldest first.
    waiting: BTreeMap<u64, Waiting>,
    handed: HashMap<u64, oneshot::Sender<Answered>>,
}

struct Waiting {
    question: Vec<u8>,
    caller: oneshot::Sender<Answered>,
}

impl Desk {
    /// Leaves a question and waits for its answer. Nothing of it stays where the caller waits no longer.
    pub(crate) async fn ask(&self, question: Vec<u8>) -> Answered {
        let (id, answer) = self.leave(question).map_err(NoAnswer::NotSent)?;
        let _asked = Asked { desk: self, id };
        let gone = || NoAnswer::Unknown("the connection's task is gone".to_owned());
        answer.await.unwrap_or_else(|_| Err(gone()))
    }

    fn leave(&self, question: Vec<u8>) -> Result<(u64, oneshot::Receiver<Answered>), String> {
        let length = question.len();
        if length > CONTENT_BYTES_MAX {
            return Err(format!(
                "a question of {length} bytes, at most {CONTENT_BYTES_MAX} are carried"
            ));
        }
        let mut open = self.lock();
        if let Some(reason) = &open.shut {
            return Err(reason.clone());
        }
        if open.waiting.len() + open.handed.len() >= OPEN_QUESTIONS_MAX {
            return Err(format!("{OPEN_QUESTIONS_MAX} questions are open already"));
        }
        open.last_id += 1;
        let (id, (caller, answer)) = (open.last_id, oneshot::channel());
        debug_assert_ne!(id, LINE_ID, "ids begin with 1");
        open.waiting.insert(id, Waiting { question, caller });
        drop(open);
        self.left.notify_one();
        Ok((id, answer))
    }

    /// Waits until a question was left since the last call.
    pub(crate) async fn left(&self) {
        self.left.notified().await;
    }

    /// Gives questions to `take`, the oldest first, until `bytes_max` bytes are reached. They count as handed
    /// over from now on.
    pub(crate) fn hand_over(&self, bytes_max: usize, mut take: impl FnMut(u64, &[u8])) {
        let mut open = self.lock();
        let mut bytes = 0;
        while bytes < bytes_max
            && let Some((id, Waiting { question, caller })) = open.waiting.pop_first()
        {
            take(id, &question);
            bytes += question.len();
            open.handed.insert(id, caller);
        }
    }

    /// Gives an answer to its caller, where one still waits.
    pub(crate) fn answer(&self, id: u64, answer: Vec<u8>) {
        let caller = self.lock().handed.remove(&id);
        if let Some(caller) = caller {
            // A caller that has just gone needs no answer.
            let _ = caller.send(Ok(answer));
        }
    }

    /// Whether every question that was handed over has been answered or given up.
    pub(crate) fn is_all_answered(&self) -> bool {
        self.lock().handed.is_empty()
    }

    /// Takes questions from now on.
    pub(crate) fn open(&self) {
        self.lock().shut = None;
    }

    /// Takes no more questions, and gives back those that wait. Those handed over may still be answered.
    pub(crate) fn shut(&self, reason: &str) {
        let mut open = self.lock();
        open.shut = Some(reason.to_owned());
        let waiting = std::mem::take(&mut open.waiting);
        drop(open);
        for Waiting { caller, .. } in waiting.into_values() {
            let _ = caller.send(Err(NoAnswer::NotSent(reason.to_owned())));
        }
    }

    /// Shuts, and gives up the questions that were handed over. Of those in `unhanded` the connection has not
    /// seen a byte after all.
    pub(crate) fn give_up(&self, reason: &str, unhanded: impl Iterator<Item = u64>) {
        self.shut(reason);
        let mut handed = std::mem::take(&mut self.lock().handed);
        for caller in unhanded.filter_map(|id| handed.remove(&id)) {
            let _ = caller.send(Err(NoAnswer::NotSent(reason.to_owned())));
        }
        for caller in handed.into_values() {
            let _ = caller.send(Err(NoAnswer::Unknown(reason.to_owned())));
        }
    }

    fn forget(&self, id: u64) {
        let mut open = self.lock();
        open.waiting.remove(&id);
        open.handed.remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A caller that waits; when it is dropped, its question is forgotten.
struct Asked<'a> {
    desk: &'a Desk,
    id: u64,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.desk.forget(self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(mut answer: oneshot::Receiver<Answered>) -> Answered {
        answer.try_recv().expect("something came")
    }

    #[test]
    fn what_was_handed_over_is_unknown_unless_the_connection_saw_nothing_of_it() {
        let desk = Desk::default();
        let ask = |text: &str| desk.leave(text.into()).expect("the desk is open").1;
        let (first, second, third) = (ask("one"), ask("two"), ask("three"));
        let mut taken = Vec::new();
        desk.hand_over(usize::MAX, |id, question| {
            taken.push((id, question.to_vec()))
        });
        let expected = [(1, "one"), (2, "two"), (3, "three")];
        let expected = expected.map(|(id, text)| (id, text.as_bytes().to_vec()));
        assert_eq!(taken, expected);
        let waiting = ask("four");
        desk.answer(2, b"yes".to_vec());
        desk.give_up("why", [3].into_iter());
        assert_eq!(answered(first), Err(NoAnswer::Unknown("why".to_owned())));
        assert_eq!(answered(second), Ok(b"yes".to_vec()));
        for unsent in [third, waiting] {
            assert_eq!(answered(unsent), Err(NoAnswer::NotSent("why".to_owned())));
        }
        let refused = desk.leave(b"five".to_vec()).map(|(id, _)| id);
        assert_eq!(refused, Err("why".to_owned()));
        desk.open();
        desk.leave(b"six".to_vec()).expect("it is open again");
    }

    #[tokio::test]
    async fn a_dropped_question_leaves_nothing_behind_before_and_after_it_went() {
        for goes in [false, true] {
            let desk = Desk::default();
            let mut asking = Box::pin(desk.ask(vec![7; 1_000]));
            tokio::select! {
                biased;
                _ = &mut asking => panic!("nobody answers"),
                () = desk.left() => {}
            }
            if goes {
                desk.hand_over(1, |_, _| {});
            }
            drop(asking);
            let open = desk.lock();
            assert_eq!((open.waiting.len(), open.handed.len()), (0, 0));
        }
    }

    #[test]
    fn a_batch_ends_when_it_has_its_bytes() {
        let desk = Desk::default();
        for _ in 0..5 {
            let left = desk.leave(vec![7; 10]);
            left.expect("the desk is open");
        }
        let batch = || {
            let mut count = 0;
            desk.hand_over(20, |_, _| count += 1);
            count
        };
        assert_eq!([batch(), batch(), batch(), batch()], [2, 2, 1, 0]);
    }
}
