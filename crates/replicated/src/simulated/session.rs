//! Connections to simulated servers.

use std::sync::Arc;
use std::time::Duration;

use super::cluster::{Cluster, Wire};
use super::network::{Network, Told, ended};
use super::statement::{Inserted, LeaseRow, Statement};
use crate::server::{
    Changed, Head, Holder, NewLink, NoAnswer, Replication, SeenLease, Server, Session, StoredLink,
};

/// Links that are read at a time.
const LINKS_MAX: usize = 7;

impl Server for Network {
    fn name(&self) -> String {
        "simulated database".to_owned()
    }

    fn connect(&self) -> Result<Box<dyn Session>, NoAnswer> {
        let mut net = self.net();
        net.pass(1);
        let Some(wire) = net.cluster.connect() else {
            return Err(net.give_up_after(1_000));
        };
        let network = self.clone();
        Ok(Box::new(SimSession { network, wire }))
    }
}

struct SimSession {
    network: Network,
    wire: Wire,
}

impl SimSession {
    fn read<T>(&self, look: impl FnOnce(&Cluster, usize) -> Option<T>) -> Result<T, NoAnswer> {
        let mut net = self.network.net();
        net.arrive(self.wire)?;
        look(&net.cluster, self.wire.node).ok_or_else(ended)
    }

    fn change(&self, statement: Statement) -> Result<Changed<Told>, NoAnswer> {
        self.network.net().change(self.wire, statement)
    }

    fn change_row(&self, statement: Statement) -> Result<Changed<Option<LeaseRow>>, NoAnswer> {
        Ok(self.change(statement)?.map(|(row, _)| row))
    }
}

fn ms(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).expect("short leases")
}

impl Session for SimSession {
    fn replication(&self) -> Result<Replication, NoAnswer> {
        self.read(Cluster::replication)
    }

    fn flushed(&self) -> Result<u64, NoAnswer> {
        self.read(|cluster, node| Some(cluster.flushed(node)))
    }

    fn commit_nothing(&self) -> Result<Changed<()>, NoAnswer> {
        Ok(self.change(Statement::Nothing)?.map(drop))
    }

    fn begin(&self, _: u16) -> Result<Changed<bool>, NoAnswer> {
        Ok(self.change_row(Statement::Begin)?.map(|row| row.is_some()))
    }

    fn lease(&self, _: u16) -> Result<Option<SeenLease>, NoAnswer> {
        self.read(|cluster, node| Some(cluster.seen_lease(node)))
    }

    fn take(
        &self,
        _: u16,
        owner: &str,
        lasts: Duration,
        silent: Option<&str>,
    ) -> Result<Changed<Option<i64>>, NoAnswer> {
        let taken = self.change_row(Statement::Take {
            owner: owner.to_owned(),
            lasts_ms: ms(lasts),
            silent: silent.map(str::to_owned),
        })?;
        Ok(taken.map(|row| row.map(|row| row.epoch)))
    }

    fn raise_attempt(
        &self,
        _: u16,
        epoch: u32,
        lasts: Duration,
    ) -> Result<Changed<Option<(i64, Head)>>, NoAnswer> {
        let lasts_ms = ms(lasts);
        let raised = self.change_row(Statement::Raise { epoch, lasts_ms })?;
        Ok(raised.map(|row| row.map(|row| (row.attempt, row.head()))))
    }

    fn renew(&self, holder: &Holder, lasts: Duration) -> Result<Changed<bool>, NoAnswer> {
        let (holder, lasts_ms) = (*holder, ms(lasts));
        let renewed = self.change_row(Statement::Renew { holder, lasts_ms })?;
        Ok(renewed.map(|row| row.is_some()))
    }

    fn give_back(&self, holder: &Holder) -> Result<Changed<bool>, NoAnswer> {
        let given = self.change_row(Statement::GiveBack { holder: *holder })?;
        Ok(given.map(|row| row.is_some()))
    }

    fn append(
        &self,
        holder: &Holder,
        link: &NewLink<'_>,
        lasts: Duration,
    ) -> Result<Changed<(u64, String)>, NoAnswer> {
        let stored = StoredLink {
            number: link.number,
            frame: link.frame,
            hash: link.hash,
            bytes: link.bytes.to_vec(),
        };
        let appended = self.change(Statement::Append {
            holder: *holder,
            link: Inserted {
                stored: Arc::new(stored),
                segment: link.segment,
                previous: link.previous,
                hash: link.hash,
            },
            lasts_ms: ms(lasts),
        })?;
        Ok(appended.map(|(row, names)| (u64::from(row.is_some()), names)))
    }

    fn is_held_by(&self, holder: &Holder) -> Result<Option<(bool, bool)>, NoAnswer> {
        self.read(|cluster, node| {
            let (row, _) = cluster.seen(node)?;
            Some(row.map(|row| {
                let has_epoch = row.epoch == i64::from(holder.epoch);
                (has_epoch, row.attempt == holder.attempt)
            }))
        })
    }

    fn head(&self, _: u16) -> Result<Option<Head>, NoAnswer> {
        self.read(|cluster, node| {
            let (row, _) = cluster.seen(node)?;
            Some(row.map(LeaseRow::head))
        })
    }

    fn links(&self, _: u16, (first, last): (u64, u64)) -> Result<Vec<StoredLink>, NoAnswer> {
        self.read(|cluster, node| {
            let (_, links) = cluster.seen(node)?;
            let found = links.iter().skip_while(|link| link.number < first);
            let found = found.take_while(|link| link.number <= last);
            Some(found.take(LINKS_MAX).map(|link| (**link).clone()).collect())
        })
    }

    fn is_link_from(&self, _: u16, number: u64) -> Result<bool, NoAnswer> {
        self.read(|cluster, node| {
            let (_, links) = cluster.seen(node)?;
            Some(links.iter().any(|link| link.number >= number))
        })
    }

    fn number_of_frame(
        &self,
        _: u16,
        sequence: u64,
        (first, last): (u64, u64),
    ) -> Result<Option<u64>, NoAnswer> {
        self.read(|cluster, node| {
            let (_, links) = cluster.seen(node)?;
            let found = links.iter().find(|link| link.frame == Some(sequence));
            let number = found.map(|link| link.number);
            Some(number.filter(|number| (first..=last).contains(number)))
        })
    }

    fn headers_before(&self, _: u16, number: u64) -> Result<Vec<u64>, NoAnswer> {
        self.read(|cluster, node| {
            let (_, links) = cluster.seen(node)?;
            let before = links.iter().rev().filter(|link| link.number < number);
            let headers = before.filter(|link| link.frame.is_none());
            Some(headers.map(|link| link.number).collect())
        })
    }
}
