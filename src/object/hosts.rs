//! Where the members of a group run: which of them share a host. Collective
//! operations send between hosts as little as they can, and split_type tells
//! hosts apart.
//!
//! Every member must see the same, so the numbers come from what the launcher
//! told all of them alike.

use std::sync::Arc;

/// What is known of where the members of a group run.
#[derive(Clone, Debug, Default)]
pub enum Placement {
    /// On a host each; or it is not known.
    #[default]
    Apart,
    /// All on one host.
    Together,
    /// On several hosts, one of which has several of them.
    Mixed(Arc<Hosts>),
}

impl Placement {
    /// `keys`: any number per rank that is the same for ranks of one host.
    pub fn new(keys: impl IntoIterator<Item = u32> + Clone) -> Placement {
        let mut all = keys.clone().into_iter();
        let first = all.next();
        match Hosts::new(keys) {
            Some(hosts) => Placement::Mixed(Arc::new(hosts)),
            None if first.is_some() && all.all(|key| Some(key) == first) => Placement::Together,
            None => Placement::Apart,
        }
    }

    pub fn hosts(&self) -> Option<&Arc<Hosts>> {
        match self {
            Placement::Mixed(hosts) => Some(hosts),
            Placement::Apart | Placement::Together => None,
        }
    }
}

/// Members of a group by host. Made only where it tells something: there are
/// several hosts, and one of them has several members.
#[derive(Debug)]
pub struct Hosts {
    /// Host of each rank; hosts are numbered in the order of their first rank.
    of: Vec<u32>,
    /// Ranks of each host, ascending.
    members: Vec<Vec<usize>>,
    /// Each host has a run of consecutive ranks.
    are_runs: bool,
}

impl Hosts {
    /// `keys`: any number per rank that is the same for ranks of one host.
    pub fn new(keys: impl IntoIterator<Item = u32>) -> Option<Hosts> {
        let mut known: Vec<u32> = Vec::new();
        let mut members: Vec<Vec<usize>> = Vec::new();
        let mut of = Vec::new();
        for (rank, key) in keys.into_iter().enumerate() {
            let host = known.iter().position(|&other| other == key).unwrap_or_else(|| {
                known.push(key);
                members.push(Vec::new());
                known.len() - 1
            });
            members[host].push(rank);
            of.push(host as u32);
        }
        let are_runs = of.is_sorted();
        let tells = members.len() > 1 && members.len() < of.len();
        tells.then_some(Hosts { of, members, are_runs })
    }

    pub fn count(&self) -> usize {
        self.members.len()
    }

    pub fn of(&self, rank: usize) -> usize {
        self.of[rank] as usize
    }

    /// The ranks of one host, ascending.
    pub fn members(&self, host: usize) -> &[usize] {
        &self.members[host]
    }

    /// The ranks of every host.
    pub fn all(&self) -> &[Vec<usize>] {
        &self.members
    }

    /// Whether each host has a run of consecutive ranks, so that going host by
    /// host keeps rank order.
    pub fn are_runs(&self) -> bool {
        self.are_runs
    }

    /// The first rank of each host, but `root` on its own host.
    pub fn leaders(&self, root: usize) -> Vec<usize> {
        let mut leaders: Vec<usize> = self.members.iter().map(|ranks| ranks[0]).collect();
        leaders[self.of(root)] = root;
        leaders
    }

    /// All ranks, host by host, beginning with `first` and its host.
    pub fn order_from(&self, first: usize) -> Vec<usize> {
        let home = self.of(first);
        let others = (0..self.count()).map(|step| (home + step) % self.count());
        let ranks = others.flat_map(|host| self.members[host].iter().copied());
        std::iter::once(first).chain(ranks.filter(|&rank| rank != first)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_of_one_host_are_together_and_ranks_of_a_host_each_apart() {
        assert!(matches!(Placement::new([7, 7, 7]), Placement::Together));
        assert!(matches!(Placement::new([7]), Placement::Together));
        assert!(matches!(Placement::new([1, 2, 3]), Placement::Apart));
        assert!(matches!(Placement::new([]), Placement::Apart));
        assert!(matches!(Placement::new([1, 2, 1]), Placement::Mixed(_)));
    }

    #[test]
    fn ranks_are_listed_by_host() {
        let hosts = Hosts::new([5, 9, 5, 9, 2]).unwrap();
        assert_eq!(hosts.count(), 3);
        assert_eq!(hosts.members(1), [1, 3]);
        assert_eq!(hosts.leaders(3), [0, 3, 4]);
        assert_eq!(hosts.order_from(3), [3, 1, 4, 0, 2]);
        assert!(!hosts.are_runs());
        assert!(Hosts::new([4, 4, 1]).unwrap().are_runs());
    }
}
