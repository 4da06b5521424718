//! The formats of a transparency log: bytes in, bytes out. Who holds a ledger's keys can write another
//! ledger; with these, nobody can without others noticing.
//!
//! A partition of the ledger is a log: a tree ([`TreeBuilder`], [`TiledTree`]) with one [`Leaf`] a frame. Its
//! operator signs a [`Checkpoint`] as a [`Note`], and sends it as a [`Submission`] to witnesses, which
//! cosign what continues all that they saw before ([`verify_consistency`]). A [`LogProof`] shows a leaf in a
//! checkpoint, and with [`ReceiptExtra`] a vote in a leaf, to whoever has a [`Policy`]: which log, which
//! witnesses, how many. Until there is such a proof, a [`Promise`] is what the operator can be held to.
//!
//! The forms are those of C2SP (signed-note, tlog-checkpoint, tlog-cosignature, tlog-witness, tlog-tiles,
//! tlog-proof, tlog-policy) and RFC 6962. docs/transparency.md gives the bytes, and what is stricter here.
//! This crate knows no ledger, no files, no clock and no network.

mod bundle;
mod checkpoint;
mod hash;
mod key;
mod leaf;
mod lines;
mod note;
mod policy;
mod promise;
mod proof_file;
mod receipt;
mod signing;
mod submission;
mod text;
mod tile;
mod tree;

pub use bundle::{BundleError, EntryTooLong, bundle_bytes, read_bundle};
pub use checkpoint::{Checkpoint, CheckpointError};
pub use hash::{HASH_BYTES, Hash};
pub use key::{
    KEY_NAME_BYTES_MAX, KEY_TEXT_BYTES_MAX, KeyError, KeyId, KeyName, KeyUse, PrivateKey,
    VerifierKey,
};
pub use leaf::{LEAF_BYTES, Leaf, LeafError, TRACKER_BYTES, tracker_path, trackers_root};
pub use lines::HashLineError;
pub use note::{NOTE_BYTES_MAX, Note, NoteError, NoteSignature, SIGNATURES_MAX, parse_signatures};
pub use policy::check::{Attested, Cosigned, NotAttested};
pub use policy::reader::{POLICY_BYTES_MAX, POLICY_ITEMS_MAX, PolicyError, PolicyFault};
pub use policy::rules::{Policy, Quorum, TrustedLog, TrustedWitness};
pub use promise::{NotPromised, Promise, PromiseError};
pub use proof_file::{EXTRA_BYTES_MAX, LogProof, LogProofError, PROOF_BYTES_MAX, Unproven};
pub use receipt::{ProvenVote, ReceiptExtra, ReceiptExtraError, ReceiptUnproven};
pub use signing::{BadSignature, CosignError, Statement, TIME_S_MAX};
pub use submission::{SUBMISSION_BYTES_MAX, Submission, SubmissionError};
pub use tile::{Contents, TILE_WIDTH, Tile, TileError, TilePath, TilePathError};
pub use tree::builder::{TreeBuilder, TreeFull};
pub use tree::list::{list_path, list_root};
pub use tree::proof::{ProofError, verify_consistency, verify_inclusion};
pub use tree::size::{PROOF_HASHES_MAX, SIZE_MAX};
pub use tree::tiled::{TiledTree, Tiles};
