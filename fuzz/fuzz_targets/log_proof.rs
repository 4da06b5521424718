//! A receipt's proof, as voters bring it years later.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transparency::{Hash, LogProof, Policy, ReceiptExtra};

const POLICY: &str = "log example.com/scrutin/0+cea050fa+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4\n\
    witness w witness.example/w1+e75f6532+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4\n\
    quorum w\n";

fuzz_target!(|bytes: &[u8]| {
    let Ok(proof) = LogProof::parse(bytes) else {
        return;
    };
    assert_eq!(proof.to_string().as_bytes(), bytes);
    let policy = Policy::parse(POLICY.as_bytes()).expect("a policy");
    assert!(proof.verify(Hash::default(), &policy).is_err());
    let _ = ReceiptExtra::verify(&proof, &policy);
    if let Some(Ok(extra)) = proof.extra.as_deref().map(ReceiptExtra::decode) {
        assert_eq!(Some(extra.encode()), proof.extra);
    }
});
