//! stub
use crate::error::LedgerError;
use crate::index::FrameIndex;
use crate::invalid::InvalidCounters;
use crate::partition::{OnFatal, Options};
use crate::recovery::RecoveryReport;
use crate::shape::Shape;
use crate::state::PartitionState;
use crate::submission::{Reply, Submission};
use durable::{Clock, Storage};
use std::path::Path;
use std::sync::Arc;

pub(crate) struct Shared {
    pub(crate) state: PartitionState,
    pub(crate) invalid: InvalidCounters,
    pub(crate) index: FrameIndex,
}
/// stub
pub struct Committer<R: Reply> {
    shared: Arc<Shared>,
    _r: std::marker::PhantomData<R>,
}
impl<R: Reply> Committer<R> {
    /// stub
    pub fn open(
        _s: Arc<dyn Storage>,
        _c: Arc<dyn Clock>,
        _d: &Path,
        _shape: Shape,
        _o: Options,
    ) -> Result<(Committer<R>, OnFatal, RecoveryReport), LedgerError> {
        Err(LedgerError::Keys {
            source: std::io::Error::other("not built yet"),
        })
    }
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
    /// stub
    pub fn step(&mut self, batch: &mut Vec<Submission<R>>) -> Result<(), LedgerError> {
        batch.clear();
        Ok(())
    }
    /// stub
    pub fn maintain(&mut self) -> Result<(), LedgerError> {
        Ok(())
    }
    /// stub
    pub fn close(&mut self) -> Result<(), LedgerError> {
        Ok(())
    }
}
