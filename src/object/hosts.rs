//! Where the members of a group run: which of them share a host. Collective
//! operations send between hosts as little as they can, and split_type tells
//! hosts apart.
//!
//! Every member must see the same, so the numbers come from what the launcher
//! told all of them alike.

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
    fn hosts_that_tell_nothing_are_none() {
        assert!(Hosts::new([7, 7, 7]).is_none());
        assert!(Hosts::new([1, 2, 3]).is_none());
        assert!(Hosts::new([]).is_none());
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
