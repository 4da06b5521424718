//! What anybody on the network may send to a witness.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transparency::{Checkpoint, Hash, Submission, verify_consistency};

fuzz_target!(|bytes: &[u8]| {
    let Ok(submission) = Submission::parse(bytes) else {
        return;
    };
    assert_eq!(submission.to_string().as_bytes(), bytes);
    if let Ok(checkpoint) = Checkpoint::parse(submission.checkpoint.text()) {
        let old = (submission.old_size, Hash::default());
        let new = (checkpoint.size, checkpoint.root);
        let _ = verify_consistency(old, new, &submission.proof);
    }
});
