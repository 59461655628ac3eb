//! Which algorithm carries out a collective: one table of names and one
//! function per collective. A choice depends only on what every rank knows
//! alike (bytes, ranks, whether the operation commutes, which ranks share
//! hosts), never on an address or a local datatype, since all ranks have to
//! choose the same.
//!
//! An algorithm may be forced by name, for tests: `[collectives]` in the
//! configuration, or `MPI_SECURE_COLL=bcast=chain,reduce=binomial`. One that
//! cannot serve a call (an order to keep, no hosts to tell apart) is passed
//! over for that call.

use super::reduce::Reduction;
use super::schedule::Schedule;
use super::tree::Form;

macro_rules! algorithms {
    ($($(#[$doc:meta])* $field:ident: $name:ident { $($variant:ident = $text:literal),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub enum $name { $($variant),* }

            impl $name {
                pub const ALL: &'static [$name] = &[$($name::$variant),*];

                fn named(name: &str) -> Option<$name> {
                    match name { $($text => Some($name::$variant),)* _ => None }
                }
            }
        )*

        /// Algorithms forced by name; the table decides where none is.
        #[derive(Clone, Debug, Default)]
        pub struct Settings {
            $(pub $field: Option<$name>,)*
        }

        impl Settings {
            pub const DEFAULT: Settings = Settings { $($field: None),* };

            /// Forces one algorithm, both named as in this file; else says
            /// what is allowed.
            pub fn force(&mut self, collective: &str, algorithm: &str) -> Result<(), String> {
                match collective {
                    $(stringify!($field) => {
                        let known = $name::named(algorithm);
                        if known.is_none() {
                            let allowed: &[&str] = &[$($text),*];
                            return Err(format!(
                                "{collective} has no algorithm \"{algorithm}\"; allowed: {}",
                                allowed.join(", ")
                            ));
                        }
                        self.$field = known;
                        Ok(())
                    })*
                    _ => {
                        let known: &[&str] = &[$(stringify!($field)),*];
                        Err(format!(
                            "there is no choice of algorithms for \"{collective}\", only for {}",
                            known.join(", ")
                        ))
                    }
                }
            }

            /// Forces what a list says: `bcast=chain,reduce=binomial`.
            pub fn force_all(&mut self, list: &str) -> Result<(), String> {
                for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
                    let Some((collective, algorithm)) = entry.split_once('=') else {
                        return Err(format!("\"{entry}\" is not of the form collective=algorithm"));
                    };
                    self.force(collective.trim(), algorithm.trim())?;
                }
                Ok(())
            }
        }
    };
}

algorithms! {
    barrier: Barrier {
        Dissemination = "dissemination",
        Tree = "tree",
        Flat = "flat",
        ByHost = "by_host",
    }
    bcast: Bcast {
        Binomial = "binomial",
        Flat = "flat",
        ScatterRing = "scatter_ring",
        Chain = "chain",
        ByHost = "by_host",
    }
    reduce: Reduce {
        Binomial = "binomial",
        Flat = "flat",
        HalvingGather = "halving_gather",
        ByHost = "by_host",
    }
    allreduce: Allreduce {
        Doubling = "doubling",
        HalvingDoubling = "halving_doubling",
        Ring = "ring",
        ReduceBcast = "reduce_bcast",
        ByHost = "by_host",
    }
    gather: Gather { Binomial = "binomial", Linear = "linear", ByHost = "by_host" }
    scatter: Scatter { Binomial = "binomial", Linear = "linear", ByHost = "by_host" }
    allgather: Allgather {
        Doubling = "doubling",
        Bruck = "bruck",
        Ring = "ring",
        Window = "window",
        ByHost = "by_host",
    }
    allgatherv: Allgatherv { Bruck = "bruck", Ring = "ring", ByHost = "by_host" }
    alltoall: Alltoall {
        Bruck = "bruck",
        Pairwise = "pairwise",
        Window = "window",
        ByHost = "by_host",
    }
    reduce_scatter: ReduceScatter {
        Halving = "halving",
        Pairwise = "pairwise",
        Ordered = "ordered",
        ByHost = "by_host",
    }
    scan: Scan { Doubling = "doubling", Chain = "chain" }
}

/// What all ranks know of a collective.
#[derive(Clone, Copy)]
pub struct Shape {
    pub ranks: usize,
    /// Bytes of one contribution: the message of a broadcast or reduction,
    /// one block of a gather, scatter, allgather or alltoall.
    pub bytes: usize,
    /// Elements of a reduction.
    pub elements: usize,
    pub commutes: bool,
    pub spread: Spread,
}

/// How ranks are spread over hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    /// A host for each; or it is not known.
    Even,
    /// All on one host.
    Together,
    /// Some share hosts.
    Hosts,
    /// Some share hosts, and each host has a run of consecutive ranks.
    Runs,
}

impl Shape {
    pub(super) fn of(s: &Schedule, bytes: usize) -> Shape {
        let spread = match s.hosts() {
            None if s.is_together() => Spread::Together,
            None => Spread::Even,
            Some(hosts) if hosts.are_runs() => Spread::Runs,
            Some(_) => Spread::Hosts,
        };
        Shape { ranks: s.size(), bytes, elements: 0, commutes: true, spread }
    }

    pub(super) fn of_reduction(s: &Schedule, r: &Reduction) -> Shape {
        let commutes = r.op.commutative;
        Shape { elements: r.count, commutes, ..Shape::of(s, r.bytes()) }
    }

    fn has_hosts(&self) -> bool {
        matches!(self.spread, Spread::Hosts | Spread::Runs)
    }

    /// Whether everything at once is best: a message is cheap within a host, and a
    /// wait for somebody who waits may be a change of process.
    fn is_flat(&self) -> bool {
        self.spread == Spread::Together
            && (3..=FLAT_RANKS_MAX).contains(&self.ranks)
            && self.bytes <= FLAT_BYTES_MAX
    }

    /// Of a tree among those who take part.
    pub(super) fn form(&self) -> Form {
        if self.is_flat() { Form::Flat } else { Form::Binomial }
    }

    /// Whether data may be combined host by host.
    fn folds_by_host(&self) -> bool {
        match self.spread {
            Spread::Even | Spread::Together => false,
            Spread::Hosts => self.commutes,
            Spread::Runs => true,
        }
    }
}

/// Up to here rounds cost more than bytes: the usual bounds of the literature
/// (Thakur, Rabenseifner, Gropp 2005), to be measured again on sealed links.
const SHORT_BYTES_MAX: usize = 8 << 10;
/// Within a host. With 4 ranks on two cores, 8 bytes: `MPI_Bcast` takes 11 us instead of
/// 19, `MPI_Allreduce` 17 instead of 25, `MPI_Alltoall` 16 instead of 32, `MPI_Allgather`
/// 16 instead of 22, `MPI_Barrier` 15 instead of 18; with 8 ranks 41 instead of 91, 49
/// instead of 89, 63 instead of 150, 60 instead of 70, 42 instead of 59. A flat reduce
/// alone is no quicker: 27 instead of 21, 166 instead of 105 (medians of five rounds in
/// turns, 2026-11-28).
const FLAT_RANKS_MAX: usize = 8;
const FLAT_BYTES_MAX: usize = 8 << 10;
const GATHER_SHORT_BYTES_MAX: usize = 2 << 10;
const ALLGATHER_SHORT_TOTAL_MAX: usize = 64 << 10;
const ALLTOALL_SHORT_BYTES_MAX: usize = 256;
const BCAST_SHORT_BYTES_MAX: usize = 32 << 10;
const BCAST_CHAIN_BYTES_MIN: usize = 4 << 20;
const SCAN_CHAIN_BYTES_MIN: usize = 256 << 10;

/// Piece of a chain broadcast: one packet of the channel.
pub(super) const CHAIN_SEGMENT: usize = 64 << 10;
/// Partners an alltoall serves at a time.
pub(super) const ALLTOALL_WINDOW: usize = 16;

impl Settings {
    pub(super) fn barrier(&self, shape: Shape) -> Barrier {
        let forced =
            self.barrier.filter(|algorithm| shape.has_hosts() || *algorithm != Barrier::ByHost);
        forced.unwrap_or(match shape {
            _ if shape.has_hosts() => Barrier::ByHost,
            _ if shape.is_flat() => Barrier::Flat,
            _ => Barrier::Dissemination,
        })
    }

    pub(super) fn bcast(&self, shape: Shape) -> Bcast {
        let forced =
            self.bcast.filter(|algorithm| shape.has_hosts() || *algorithm != Bcast::ByHost);
        forced.unwrap_or(match shape {
            Shape { ranks: ..=2, .. } => Bcast::Binomial,
            _ if shape.has_hosts() => Bcast::ByHost,
            _ if shape.is_flat() => Bcast::Flat,
            Shape { bytes: ..=BCAST_SHORT_BYTES_MAX, .. } => Bcast::Binomial,
            Shape { ranks: ..=8, bytes: BCAST_CHAIN_BYTES_MIN.., .. } => Bcast::Chain,
            _ => Bcast::ScatterRing,
        })
    }

    pub(super) fn reduce(&self, shape: Shape) -> Reduce {
        let forced = self.reduce.filter(|algorithm| match algorithm {
            Reduce::Binomial | Reduce::Flat => true,
            Reduce::HalvingGather => shape.commutes,
            Reduce::ByHost => shape.folds_by_host(),
        });
        forced.unwrap_or(match shape {
            _ if shape.folds_by_host() => Reduce::ByHost,
            Shape { commutes: false, .. } => Reduce::Binomial,
            Shape { bytes: ..=SHORT_BYTES_MAX, .. } | Shape { ranks: ..=2, .. } => Reduce::Binomial,
            Shape { ranks, elements, .. } if elements < ranks => Reduce::Binomial,
            _ => Reduce::HalvingGather,
        })
    }

    pub(super) fn allreduce(&self, shape: Shape) -> Allreduce {
        let forced = self.allreduce.filter(|algorithm| match algorithm {
            Allreduce::Doubling | Allreduce::ReduceBcast => true,
            Allreduce::HalvingDoubling | Allreduce::Ring => shape.commutes,
            Allreduce::ByHost => shape.folds_by_host(),
        });
        forced.unwrap_or(match shape {
            _ if shape.folds_by_host() => Allreduce::ByHost,
            _ if shape.is_flat() => Allreduce::ReduceBcast,
            Shape { commutes: false, bytes, .. } if bytes > SHORT_BYTES_MAX => {
                Allreduce::ReduceBcast
            }
            Shape { commutes: false, .. } | Shape { bytes: ..=SHORT_BYTES_MAX, .. } => {
                Allreduce::Doubling
            }
            Shape { ranks, elements, .. } if elements < ranks => Allreduce::Doubling,
            Shape { ranks, .. } if ranks.is_power_of_two() => Allreduce::HalvingDoubling,
            _ => Allreduce::Ring,
        })
    }

    pub(super) fn gather(&self, shape: Shape) -> Gather {
        let forced =
            self.gather.filter(|algorithm| shape.has_hosts() || *algorithm != Gather::ByHost);
        forced.unwrap_or(match shape.bytes {
            ..=GATHER_SHORT_BYTES_MAX if shape.has_hosts() => Gather::ByHost,
            _ if shape.is_flat() => Gather::Linear,
            ..=GATHER_SHORT_BYTES_MAX if shape.ranks > 2 => Gather::Binomial,
            _ => Gather::Linear,
        })
    }

    pub(super) fn scatter(&self, shape: Shape) -> Scatter {
        let forced =
            self.scatter.filter(|algorithm| shape.has_hosts() || *algorithm != Scatter::ByHost);
        forced.unwrap_or(match shape.bytes {
            ..=GATHER_SHORT_BYTES_MAX if shape.has_hosts() => Scatter::ByHost,
            _ if shape.is_flat() => Scatter::Linear,
            ..=GATHER_SHORT_BYTES_MAX if shape.ranks > 2 => Scatter::Binomial,
            _ => Scatter::Linear,
        })
    }

    pub(super) fn allgather(&self, shape: Shape) -> Allgather {
        let power = shape.ranks.is_power_of_two();
        let forced = self.allgather.filter(|algorithm| match algorithm {
            Allgather::Doubling => power,
            Allgather::Bruck | Allgather::Ring | Allgather::Window => true,
            Allgather::ByHost => shape.has_hosts(),
        });
        forced.unwrap_or(match shape.bytes.saturating_mul(shape.ranks) {
            _ if shape.has_hosts() => Allgather::ByHost,
            _ if shape.is_flat() => Allgather::Window,
            ..=ALLGATHER_SHORT_TOTAL_MAX if power => Allgather::Doubling,
            ..=ALLGATHER_SHORT_TOTAL_MAX => Allgather::Bruck,
            _ => Allgather::Ring,
        })
    }

    /// `shape.bytes`: the bytes of all blocks together.
    pub(super) fn allgatherv(&self, shape: Shape) -> Allgatherv {
        let forced = self
            .allgatherv
            .filter(|algorithm| shape.has_hosts() || *algorithm != Allgatherv::ByHost);
        forced.unwrap_or(match shape.bytes {
            _ if shape.has_hosts() => Allgatherv::ByHost,
            ..=ALLGATHER_SHORT_TOTAL_MAX => Allgatherv::Bruck,
            _ => Allgatherv::Ring,
        })
    }

    pub(super) fn alltoall(&self, shape: Shape) -> Alltoall {
        let forced =
            self.alltoall.filter(|algorithm| shape.has_hosts() || *algorithm != Alltoall::ByHost);
        forced.unwrap_or(match shape {
            Shape { bytes: ..=ALLTOALL_SHORT_BYTES_MAX, .. } if shape.has_hosts() => {
                Alltoall::ByHost
            }
            _ if shape.is_flat() => Alltoall::Window,
            Shape { bytes: ..=ALLTOALL_SHORT_BYTES_MAX, ranks: 8.., .. } => Alltoall::Bruck,
            _ => Alltoall::Window,
        })
    }

    /// `shape.bytes` and `shape.elements` of the whole vector.
    pub(super) fn reduce_scatter(&self, shape: Shape) -> ReduceScatter {
        // Blocks in rank order are blocks in host order only for runs.
        let by_host = shape.spread == Spread::Runs;
        let forced = self.reduce_scatter.filter(|algorithm| match algorithm {
            ReduceScatter::Ordered => true,
            ReduceScatter::Halving | ReduceScatter::Pairwise => shape.commutes,
            ReduceScatter::ByHost => by_host,
        });
        forced.unwrap_or(match shape {
            _ if by_host => ReduceScatter::ByHost,
            Shape { commutes: false, .. } => ReduceScatter::Ordered,
            Shape { bytes: ..=ALLGATHER_SHORT_TOTAL_MAX, .. } => ReduceScatter::Halving,
            _ => ReduceScatter::Pairwise,
        })
    }

    pub(super) fn scan(&self, shape: Shape) -> Scan {
        // Doubling sends everything log2(ranks) times, a chain once.
        self.scan.unwrap_or(match shape {
            Shape { ranks: 3..=8, bytes: SCAN_CHAIN_BYTES_MIN.., .. } => Scan::Chain,
            _ => Scan::Doubling,
        })
    }
}
